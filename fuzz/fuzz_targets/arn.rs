//! The fuzz target `arn`.

#![no_main]

fuzz::fuzz!(arn);
