//! The fuzz target `cloudtrail`.

#![no_main]

fuzz::fuzz!(cloudtrail);
