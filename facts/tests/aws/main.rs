//! The ports over the AWS SDK and over signed requests, against a service on loopback.

#![cfg(test)]

mod kms;
mod reader;
mod s3;
mod secret;
mod service;
mod signed;
