//! What a check finds. One type for all checks: `audit` and `doctor` differ in what they look at,
//! not in what they say.

/// How bad it is. In order: a note is less than a warning is less than an error.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Severity {
    /// Good to know.
    Note,
    /// A way round that takes another step, or a practice that invites one.
    Warning,
    /// The two-person rule does not hold, or nobody can release.
    Error,
}

/// One finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Finding {
    /// Kebab-case; the name of the rule's file and its anchor in the docs.
    pub code: &'static str,
    /// How bad it is.
    pub severity: Severity,
    /// The ARN of what it is about: a principal, a group, a pipeline, a stage or an action.
    pub subject: String,
    /// What is wrong: whole sentences.
    pub message: String,
    /// The chain that leads to it, outermost first: user, group, policy, statement.
    pub evidence: Vec<Evidence>,
    /// A concrete ARN that shows that the finding is real.
    pub witness: Option<String>,
    /// What to do about it: whole sentences.
    pub help: String,
}

/// One link of the chain.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Evidence {
    /// What it is: `user`, `group`, `role`, `policy`, `statement`, `condition`, `stage`, `action`,
    /// …
    pub kind: &'static str,
    /// Its ARN where it has one, else its name or text.
    pub name: String,
    /// What it does here, in a few words.
    pub detail: String,
}
