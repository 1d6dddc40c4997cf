//! The report as a table (RFC 4180), with one row per finding.

use csv::Writer;

use super::Report;
use crate::{Disposition, Finding};

const HEADER: [&str; 11] = [
    "severity", "code", "subject", "message", "evidence", "witness", "help", "accepted", "expires",
    "ticket", "reviewer",
];

/// Renders the report as CSV.
///
/// # Errors
/// As the `csv` crate.
pub fn render(report: &Report) -> Result<Vec<u8>, csv::Error> {
    let mut table = Writer::from_writer(Vec::new());
    table.write_record(HEADER)?;
    for finding in &report.findings {
        table.write_record(row(finding, None))?;
    }
    for accepted in &report.accepted {
        table.write_record(row(&accepted.finding, Some(&accepted.disposition)))?;
    }
    table.into_inner().map_err(|error| error.into_error().into())
}

/// If nobody accepted the finding, `accepted` is empty.
fn row(finding: &Finding, disposition: Option<&Disposition>) -> [String; 11] {
    let chain =
        finding.evidence.iter().map(|link| format!("{} {}: {}", link.kind, link.name, link.detail));
    let place = finding.location.iter().map(|location| format!("at {location}"));
    let chain: Vec<String> = chain.chain(place).collect();
    let said = |text: Option<&String>| plain(text.map(String::as_str).unwrap_or_default());
    [
        finding.severity.as_str().to_owned(),
        finding.code.to_owned(),
        plain(&finding.subject),
        plain(&finding.message),
        plain(&chain.join("; ")),
        plain(finding.witness.as_deref().unwrap_or_default()),
        plain(&finding.help),
        said(disposition.map(|it| &it.reason)),
        disposition.map(|it| it.expires.to_string()).unwrap_or_default(),
        said(disposition.and_then(|it| it.ticket.as_ref())),
        said(disposition.and_then(|it| it.reviewer.as_ref())),
    ]
}

/// The characters that a spreadsheet may treat as the start of a formula (OWASP, "CSV Injection").
/// The last four are full-width.
const FORMULA: [char; 11] = ['=', '+', '-', '@', '\t', '\r', '\n', '＝', '＋', '－', '＠'];

/// Text that no spreadsheet treats as a formula. Names in a report are chosen by other people, who
/// may not be friendly.
pub fn plain(text: &str) -> String {
    if text.starts_with(FORMULA) {
        return format!("'{text}");
    }
    text.to_owned()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn nothing_is_a_formula() {
        for text in ["=1+1", "+1", "-1", "@SUM(A1)", "\t=1", "\r=1", "\n=1", "＝1"] {
            assert_eq!(plain(text), format!("'{text}"));
        }
        for text in ["", "arn:aws:iam::111122223333:user/alice", "a=1"] {
            assert_eq!(plain(text), text);
        }
    }
}
