//! The fuzz target `token`.

#![no_main]

fuzz::fuzz!(token);
