//! The fuzz target `parameters`.

#![no_main]

fuzz::fuzz!(parameters);
