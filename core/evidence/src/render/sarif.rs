//! Writes a report as SARIF 2.1.0, in the form of the findings of `audit` and `doctor`.

use findings::Judged;

use crate::judge::CATALOG;
use crate::report::Report;

/// The exceptions as findings, which have more formats than a report of evidence. `judged` is the
/// result of [`Report::accept`].
pub fn findings(report: &Report, judged: Judged) -> findings::Report {
    findings::Report::new(judged.open, judged.accepted, report.checked())
}

/// The exceptions as SARIF. `judged` is the result of [`Report::accept`].
///
/// # Errors
/// If it cannot be written as JSON.
pub fn render(report: &Report, judged: Judged) -> Result<String, serde_json::Error> {
    findings::sarif(&findings(report, judged), &CATALOG)
}
