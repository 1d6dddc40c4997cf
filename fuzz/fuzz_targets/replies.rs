//! The fuzz target `replies`.

#![no_main]

fuzz::fuzz!(replies);
