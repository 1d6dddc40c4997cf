//! The fuzz target `account`.

#![no_main]

fuzz::fuzz!(account);
