//! The fuzz target `signature`.

#![no_main]

fuzz::fuzz!(signature);
