//! The fuzz target `seal`.

#![no_main]

fuzz::fuzz!(seal);
