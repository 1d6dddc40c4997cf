//! Writes a report as SARIF 2.1.0, in the form of the findings of `audit` and `doctor`.

use findings::Judged;

use crate::judge::CATALOG;
use crate::report::Report;

/// The exceptions as SARIF. `judged` is the result of [`Report::accept`].
///
/// # Errors
/// If it cannot be written as JSON.
pub fn render(report: &Report, judged: Judged) -> Result<String, serde_json::Error> {
    let findings = findings::Report::new(judged.open, judged.accepted, report.checked());
    findings::sarif(&findings, &CATALOG)
}
