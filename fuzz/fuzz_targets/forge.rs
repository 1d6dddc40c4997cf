//! The fuzz target `forge`.

#![no_main]

fuzz::fuzz!(forge);
