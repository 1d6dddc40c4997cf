//! The router without AWS.
