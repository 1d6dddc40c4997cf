//! The colours of text for people. The output layer removes them if they are not wanted.

use anstyle::{AnsiColor, Style};

use crate::Severity;

/// Something is wrong.
pub const BAD: Style = AnsiColor::Red.on_default().bold();
/// Something may be wrong.
pub const DOUBTFUL: Style = AnsiColor::Yellow.on_default().bold();
/// All is well.
pub const GOOD: Style = AnsiColor::Green.on_default().bold();
/// What matters less.
pub const DIMMED: Style = Style::new().dimmed();

const NOTE: Style = AnsiColor::Cyan.on_default().bold();

/// The style of a severity.
#[must_use]
pub fn of(severity: Severity) -> Style {
    match severity {
        Severity::Error => BAD,
        Severity::Warning => DOUBTFUL,
        Severity::Note => NOTE,
    }
}
