//! The fuzz target `key`.

#![no_main]

fuzz::fuzz!(key);
