//! The fuzz target `pipeline`.

#![no_main]

fuzz::fuzz!(pipeline);
