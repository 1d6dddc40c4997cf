//! A report in the form that is asked for.

pub mod csv;
pub mod html;
pub mod human;
pub mod json;

use findings::shown;

/// The first line of a text from outside.
fn first_line(text: &str) -> String {
    shown(text.lines().next().unwrap_or_default())
}

/// The last part of an ARN, by which people know who it is; anything else as it is.
fn short_principal(arn: &str) -> &str {
    if !arn.starts_with("arn:") {
        return arn;
    }
    arn.rsplit(':').next().unwrap_or(arn)
}

/// A status as AWS spells it.
fn status_name(status: rule::Status) -> &'static str {
    match status {
        rule::Status::InProgress => "InProgress",
        rule::Status::Abandoned => "Abandoned",
        rule::Status::Succeeded => "Succeeded",
        rule::Status::Failed => "Failed",
        rule::Status::Unknown => "Unknown",
    }
}
