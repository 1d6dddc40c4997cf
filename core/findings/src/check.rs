//! The check catalogue: what a verb looks for, defined once and shared by the examination, SARIF,
//! the accept file and the docs.
//!
//! Each check is one file that declares one [`Check`]. The crate's build script
//! (`core/findings/list_checks.rs`) reads the folder and writes the list, so a new check needs no
//! other change in the code.

use crate::{Finding, Severity};

/// One thing that a verb looks for. `F` is the function that finds it; a [`Catalog`] holds checks
/// without it.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check<F = ()> {
    /// In kebab-case. It never changes, and it names the check's file and its anchor in the docs.
    pub code: &'static str,
    /// How bad it usually is. A finding may be less or more than that.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: &'static str,
    /// Finds it.
    pub find: F,
}

impl<F> Check<F> {
    /// A finding of this check, without evidence and witness for now.
    pub fn finding(&self, subject: String, message: String, help: String) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            called: name_in(&subject).to_owned(),
            subject,
            message,
            evidence: Vec::new(),
            witness: None,
            help,
            location: None,
            gate: None,
        }
    }

    /// The check without its function.
    const fn described(&self) -> Check {
        Check { code: self.code, severity: self.severity, title: self.title, find: () }
    }
}

/// The last part of an ARN, which is what messages call a principal.
pub(crate) fn name_in(arn: &str) -> &str {
    arn.rsplit(['/', ':']).next().unwrap_or(arn)
}

/// The checks of a list without their functions, for a [`Catalog`].
pub const fn described<F, const N: usize>(checks: &[Check<F>; N]) -> [Check; N] {
    let mut described = [Check { code: "", severity: Severity::Note, title: "", find: () }; N];
    let mut at = 0;
    while at < N {
        #[expect(clippy::indexing_slicing, reason = "a const fn has no iterators; both have N")]
        {
            described[at] = checks[at].described();
        }
        at += 1;
    }
    described
}

/// Everything that one verb looks for, and the page that explains it.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    /// The page, as a path in the repository.
    pub page: &'static str,
    /// The checks, sorted by code.
    pub checks: &'static [Check],
}

impl Catalog {
    /// The place in the docs that explains a code.
    pub fn anchor(&self, code: &str) -> String {
        format!("{}#{code}", self.page)
    }

    /// Whether a check of this catalog has the code.
    pub fn has(&self, code: &str) -> bool {
        self.checks.iter().any(|check| check.code == code)
    }
}

/// The address of a page of the documentation, which is given as a path in the repository.
pub fn link(page: &str) -> String {
    format!("{}/blob/main/{page}", env!("CARGO_PKG_REPOSITORY"))
}
