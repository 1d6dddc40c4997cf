//! The fuzz target `relay`.

#![no_main]

fuzz::fuzz!(relay);
