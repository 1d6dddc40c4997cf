//! What is fixed about a code, whatever is found: one definition, which SARIF, the accept file and
//! the docs share.

use crate::{Evidence, Finding, Severity};

/// One thing that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Check {
    /// Kebab-case and stable; the name of the check's file, and its anchor in the docs.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// What is wrong, in one line.
    pub title: &'static str,
}

impl Check {
    /// A finding of this check, with neither evidence nor witness yet.
    pub fn finding(&self, subject: String, message: String, help: String) -> Finding {
        Finding {
            code: self.code,
            severity: self.severity,
            subject,
            message,
            evidence: Vec::new(),
            witness: None,
            help,
        }
    }
}

/// Everything that one verb looks for, and the page on which it is explained.
#[derive(Clone, Copy, Debug)]
pub struct Catalog {
    /// The page, as a path in the repository.
    pub page: &'static str,
    pub checks: &'static [Check],
}

impl Catalog {
    /// Where in the docs a code is explained.
    pub fn anchor(&self, code: &str) -> String {
        format!("{}#{code}", self.page)
    }

    pub fn has(&self, code: &str) -> bool {
        self.checks.iter().any(|check| check.code == code)
    }
}

impl Evidence {
    pub fn new(kind: &'static str, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, name: name.into(), detail: detail.into() }
    }
}

impl Severity {
    /// As it is written everywhere.
    pub fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}
