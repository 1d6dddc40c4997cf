//! The ports over the AWS SDK and over signed requests, against a service on loopback.

#![cfg(test)]

mod reader;
mod secret;
mod service;
mod signed;
