//! The fuzz target `rule`.

#![no_main]

fuzz::fuzz!(rule);
