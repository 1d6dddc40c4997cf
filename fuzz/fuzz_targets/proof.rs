//! The fuzz target `proof`.

#![no_main]

fuzz::fuzz!(proof);
