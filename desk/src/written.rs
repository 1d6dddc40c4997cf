//! The rule of a stage as somebody wrote it.

use rule::{Rule, RuleError};

/// A rule as JSON: the function's own, and the UserParameters that tighten it.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(crate) struct Written {
    pub(crate) floor: String,
    pub(crate) parameters: Option<String>,
    pub(crate) stage: String,
}

impl Written {
    /// The rule.
    ///
    /// # Errors
    /// [`RuleError`] if the gate would refuse it.
    pub(crate) fn read(&self) -> Result<Rule, RuleError> {
        let floor = Rule::floor(&self.floor)?;
        match &self.parameters {
            Some(parameters) => floor.tightened_by(parameters, &self.stage),
            None => Ok(floor),
        }
    }
}
