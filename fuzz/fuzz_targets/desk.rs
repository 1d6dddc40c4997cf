//! The fuzz target `desk`.

#![no_main]

fuzz::fuzz!(desk);
