//! What the execution showed, in words that name nobody.

use jiff::SignedDuration;

use crate::render::counted;

/// What the execution showed about a fact.
///
/// INVARIANT (no names): it accepts words of this program, numbers, and codes that AWS defines. A
/// text from outside can only enter as a short code of letters and digits.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Seen(String);

impl Seen {
    /// Words of this program.
    pub(super) fn words(text: &'static str) -> Self {
        Self::default().and(text)
    }

    /// A part of a whole, for example `2 of 3 approvals`.
    pub(super) fn count(of: usize, all: usize, what: &'static str) -> Self {
        Self::default().number(of).and("of").number(all).and(what)
    }

    /// A number of things, such as `1 run` and `2 runs`, and more words.
    pub(super) fn counted(count: usize, noun: &'static str, what: &'static str) -> Self {
        Self::default().with(&counted(count, noun)).and(what)
    }

    /// More words.
    pub(super) fn and(self, text: &'static str) -> Self {
        self.with(text)
    }

    /// A number.
    pub(super) fn number(self, number: usize) -> Self {
        self.with(&number.to_string())
    }

    /// A duration in seconds, to the tenth.
    pub(super) fn seconds(self, duration: SignedDuration) -> Self {
        self.with(&format!("{:.1} s", duration.as_secs_f64()))
    }

    /// A duration in whole minutes.
    pub(super) fn minutes(self, duration: SignedDuration) -> Self {
        self.with(&format!("{} min", duration.as_mins()))
    }

    /// A code that AWS defines, such as `PermissionError`: a capital, then letters and digits. The
    /// method does not show anything else.
    pub(super) fn code(self, code: &str) -> Self {
        let is_code = (3..=40).contains(&code.len())
            && code.starts_with(|c: char| c.is_ascii_uppercase())
            && code.bytes().all(|b| b.is_ascii_alphanumeric());
        self.with(if is_code { code } else { "(a code of another form)" })
    }

    fn with(mut self, text: &str) -> Self {
        let follows = text.starts_with([',', ';', ':']);
        if !self.0.is_empty() && !follows {
            self.0.push(' ');
        }
        self.0.push_str(text);
        self
    }

    /// The text.
    pub fn as_str(&self) -> &str {
        &self.0
    }
}
