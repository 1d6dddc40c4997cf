//! The fuzz target `file`.

#![no_main]

fuzz::fuzz!(file);
