//! The fuzz target `event`.

#![no_main]

fuzz::fuzz!(event);
