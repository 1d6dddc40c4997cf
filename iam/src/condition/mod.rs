//! One condition of a statement: an operator, a key and the values wanted of it.

use std::fmt;

use thiserror::Error;

use crate::context::Context;
use crate::truth::Truth;

/// One operator with one key of a `Condition` block.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    operator: String,
    key: String,
    values: Vec<String>,
}

/// Why something is no condition.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ConditionError {
    /// An empty key.
    #[error("the condition `{0}` names no key")]
    NoKey(String),
}

impl Condition {
    /// Reads one.
    ///
    /// # Errors
    /// [`ConditionError`].
    pub fn parse(operator: &str, key: &str, values: &[String], _variables: bool) -> Result<Self, ConditionError> {
        if key.is_empty() {
            return Err(ConditionError::NoKey(operator.to_owned()));
        }
        Ok(Self {
            operator: operator.to_owned(),
            key: key.to_owned(),
            values: values.to_vec(),
        })
    }

    /// The key, as written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key, and those that policy variables in the values name.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str())
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, _context: &Context) -> Truth {
        Truth::Unknown
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{} {} = {}", self.operator, self.key, self.values.join(", "))
    }
}
