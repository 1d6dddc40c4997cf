//! The exceptions of all pipelines as SARIF 2.1.0.

use findings::Judged;

use crate::judge::CATALOG;
use crate::overview::Overview;

/// The exceptions as findings. `judged` is the second result of [`Overview::new`].
pub fn findings(overview: &Overview, judged: Judged) -> findings::Report {
    findings::Report::new(judged.open, judged.accepted, overview.checked())
}

/// The exceptions as SARIF. `judged` is the second result of [`Overview::new`].
///
/// # Errors
/// If it cannot be written as JSON.
pub fn render(overview: &Overview, judged: Judged) -> Result<String, serde_json::Error> {
    findings::sarif(&findings(overview, judged), &CATALOG)
}
