//! placeholder
use crate::evidence::report::Report;
pub(crate) fn render(_report: &Report) -> String {
    String::new()
}
