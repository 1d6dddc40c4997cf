//! Writes a report, one format per file.

pub mod csv;
pub mod html;
pub mod human;
pub mod json;
pub mod sarif;

use names::{Arn, shown};

use crate::judge::exception::Exception;

/// Until when and why an exception is accepted, or `None` if it is open.
fn accepted(exception: &Exception) -> Option<String> {
    let acceptance = exception.acceptance.as_ref()?;
    Some(format!("accepted until {}: {}", acceptance.expires, shown(&acceptance.reason)))
}

/// The first line of a text from outside, safe to print.
fn first_line(text: &str) -> String {
    shown(text.lines().next().unwrap_or_default())
}

/// The last part of an ARN, which people recognise. Another text is returned as it is.
fn short_principal(text: &str) -> &str {
    Arn::parse(text).and_then(|arn| arn.resource.rsplit(':').next()).unwrap_or(text)
}

/// A status in the spelling of AWS.
fn status_name(status: rule::Status) -> &'static str {
    match status {
        rule::Status::InProgress => "InProgress",
        rule::Status::Abandoned => "Abandoned",
        rule::Status::Succeeded => "Succeeded",
        rule::Status::Failed => "Failed",
        rule::Status::Unknown => "Unknown",
    }
}
