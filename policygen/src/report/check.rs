//! What is fixed about a code, whatever is found: one definition, which SARIF, the accept file and
//! the docs share.

use crate::finding::{Evidence, Finding, Severity};

/// One thing that is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Check {
    /// Kebab-case and stable; the name of the check's file, and its anchor in the docs.
    pub(crate) code: &'static str,
    /// How bad it is.
    pub(crate) severity: Severity,
    /// What is wrong, in one line.
    pub(crate) title: &'static str,
}

impl Check {
    /// A finding of this check, with neither evidence nor witness yet.
    pub(crate) fn finding(&self, subject: String, message: String, help: String) -> Finding {
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
pub(crate) struct Catalog {
    /// The page, as a path in the repository.
    pub(crate) page: &'static str,
    pub(crate) checks: &'static [Check],
}

impl Catalog {
    /// Where in the docs a code is explained.
    pub(crate) fn anchor(&self, code: &str) -> String {
        format!("{}#{code}", self.page)
    }

    pub(crate) fn has(&self, code: &str) -> bool {
        self.checks.iter().any(|check| check.code == code)
    }
}

impl Evidence {
    pub(crate) fn new(
        kind: &'static str,
        name: impl Into<String>,
        detail: impl Into<String>,
    ) -> Self {
        Self { kind, name: name.into(), detail: detail.into() }
    }
}

impl Severity {
    /// As it is written everywhere.
    pub(crate) fn word(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// For the tests of each catalog: every code has a file and an anchor of its name, and there are no
/// others.
///
/// `folder` is below `src/`; `others` are the files in it that hold no check.
#[cfg(test)]
pub(crate) fn assert_documented(catalog: &Catalog, folder: &str, others: &[&str]) {
    use std::collections::BTreeSet;
    use std::path::Path;

    let root = Path::new(env!("CARGO_MANIFEST_DIR"));
    let codes: BTreeSet<String> =
        catalog.checks.iter().map(|check| check.code.to_owned()).collect();
    assert_eq!(codes.len(), catalog.checks.len(), "a code is there twice");
    let files: BTreeSet<String> = std::fs::read_dir(root.join("src").join(folder))
        .unwrap()
        .map(|entry| entry.unwrap().path().file_stem().unwrap().to_str().unwrap().to_owned())
        .filter(|file| !others.contains(&file.as_str()))
        .map(|file| file.replace('_', "-"))
        .collect();
    assert_eq!(files, codes, "the files of src/{folder} and the codes");
    let page = std::fs::read_to_string(root.join("..").join(catalog.page)).unwrap();
    let anchors: BTreeSet<String> =
        page.lines().filter_map(|line| line.strip_prefix("### ")).map(str::to_owned).collect();
    assert_eq!(anchors, codes, "the `###` headings of {} and the codes", catalog.page);
    for check in catalog.checks {
        let severity = format!("### {}\n\n*{}*", check.code, check.severity.word());
        assert!(page.contains(&severity), "{} has to say:\n{severity}", catalog.page);
    }
}
