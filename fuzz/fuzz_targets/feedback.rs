//! The fuzz target `feedback`.

#![no_main]

fuzz::fuzz!(feedback);
