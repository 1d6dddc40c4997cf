//! The fuzz target `request`.

#![no_main]

fuzz::fuzz!(request);
