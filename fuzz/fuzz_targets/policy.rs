//! The fuzz target `policy`.

#![no_main]

fuzz::fuzz!(policy);
