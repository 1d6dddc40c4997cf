//! The engine through the API, so that every reply is checked against AWS's model as well.

mod approvals;
mod jobs;
mod lag;
mod modes;
mod properties;
mod retries;
mod rollback;
mod stops;
mod structure;
