//! Writes a report, one format per file.

pub(crate) mod causes;
mod cover;
mod cover_json;
pub mod csv;
pub mod html;
pub mod human;
pub mod json;
mod json_summary;
pub mod overview;
pub mod sarif;

use names::{Arn, shown};

use crate::judge::exception::Exception;

/// A number and its noun.
pub(crate) fn counted(count: usize, noun: &str) -> String {
    let plural = if count == 1 { "" } else { "s" };
    format!("{count} {noun}{plural}")
}

/// Until when and why an exception is or was accepted, or `None` if nobody accepted it.
fn acceptance(exception: &Exception) -> Option<String> {
    match (&exception.acceptance, &exception.expired) {
        (Some(valid), _) => {
            Some(format!("accepted until {}: {}", valid.expires, shown(&valid.in_words())))
        }
        (None, Some(expired)) => Some(format!(
            "acceptance expired after {}: {}",
            expired.expires,
            shown(&expired.in_words())
        )),
        (None, None) => None,
    }
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
