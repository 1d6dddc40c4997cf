//! Tests of the engine through the API, so that every reply is also checked against AWS's model.

mod approvals;
mod jobs;
mod lag;
mod modes;
mod properties;
mod retries;
mod rollback;
mod sources;
mod stops;
mod structure;
