//! What a check finds. `audit` and `doctor` look at different things and report in the same form.

use serde::Deserialize;

/// How bad a finding is. A note is less than a warning, and a warning is less than an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Severity {
    /// Good to know.
    Note,
    /// A bypass that takes another step, or a practice that invites one.
    Warning,
    /// The two-person rule does not hold, or nobody can release.
    Error,
}

impl Severity {
    /// The word for it in every report and in the docs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Note => "note",
            Self::Warning => "warning",
            Self::Error => "error",
        }
    }
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// The code of the check that found it.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The ARN of what it is about: a principal, a group, a pipeline, a stage or an action.
    pub subject: String,
    /// What the message calls the subject, for lists of several.
    pub called: String,
    /// What is wrong, in whole sentences.
    pub message: String,
    /// The chain that leads to it, outermost first: user, group, policy, statement.
    pub evidence: Vec<Evidence>,
    /// A concrete ARN that shows that the finding is real.
    pub witness: Option<String>,
    /// What to do about it, in whole sentences.
    pub help: String,
    /// Where it is written, if it was found in code.
    pub location: Option<Location>,
    /// What the gate makes of it, if it is about somebody who can answer two slots.
    pub gate: Option<Gate>,
}

/// What the gate makes of two approvals that one human can give.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash, Deserialize)]
#[serde(rename_all = "kebab-case")]
pub enum Gate {
    /// It refuses: it counts at most one person.
    Refuses,
    /// It counts two people.
    CountsTwo,
}

impl Gate {
    /// The word for it in JSON and SARIF.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Refuses => "refuses",
            Self::CountsTwo => "counts-two",
        }
    }
}

/// A place in a file.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Deserialize)]
pub struct Location {
    /// The path, as the user gave it.
    pub file: String,
    /// The line, from 1, if it is known.
    pub line: Option<usize>,
    /// What the file calls it: a logical ID of CloudFormation or an address of Terraform.
    pub id: Option<String>,
}

impl std::fmt::Display for Location {
    /// `FILE:LINE (ID)`.
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str(&self.file)?;
        if let Some(line) = self.line {
            write!(f, ":{line}")?;
        }
        match &self.id {
            Some(id) => write!(f, " ({id})"),
            None => Ok(()),
        }
    }
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What it is: `user`, `group`, `role`, `policy`, `statement`, `condition`, `stage`, `action`
    /// and so on.
    pub kind: &'static str,
    /// Its ARN if it has one, otherwise its name or text.
    pub name: String,
    /// What it does here, in a few words.
    pub detail: String,
    /// The text of a statement of a policy, for people. Programs have the policy and the number.
    pub text: Option<String>,
}

impl Evidence {
    /// A link of the chain.
    pub fn new(kind: &'static str, name: impl Into<String>, detail: impl Into<String>) -> Self {
        Self { kind, name: name.into(), detail: detail.into(), text: None }
    }
}
