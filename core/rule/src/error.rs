//! Why a text is not a rule.

use names::ActionName;

/// Why a text is not a rule.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RuleError {
    /// It is not a JSON object, or the object repeats a key.
    #[error("not a rule: {0}")]
    Form(String),
    /// The value of a key has no meaning, or contradicts another key.
    #[error("`{key}`: {problem}")]
    Value {
        /// The key, with its path if it is nested.
        key: String,
        /// What is wrong and what to write instead.
        problem: String,
    },
}

impl RuleError {
    pub(crate) fn value(key: impl Into<String>, problem: impl Into<String>) -> Self {
        Self::Value { key: key.into(), problem: problem.into() }
    }
}

/// Checks the name of a stage or an action; CodePipeline has the same rules for both.
pub(crate) fn check_codepipeline_name(key: &str, name: &str) -> Result<(), RuleError> {
    if ActionName::is_valid(name) {
        return Ok(());
    }
    Err(RuleError::value(
        key,
        format!("`{name}` is not a name that CodePipeline allows: 1 to 100 of A-Z a-z 0-9 . @ - _"),
    ))
}
