//! How many persons a rule requires.

use serde::Serialize;

use crate::error::RuleError;

/// The number of distinct persons required. Never below 2.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(transparent)]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Quorum(u32);

impl Quorum {
    /// Two persons: the minimum, and the default.
    pub const TWO: Self = Self(2);

    /// # Errors
    /// [`RuleError::Value`] below 2.
    pub fn new(persons: u32) -> Result<Self, RuleError> {
        if persons < Self::TWO.0 {
            return Err(RuleError::value(
                "quorum",
                format!("{persons} would let one person release alone; write 2 or more"),
            ));
        }
        Ok(Self(persons))
    }

    /// The number of persons.
    #[must_use]
    pub fn get(self) -> u32 {
        self.0
    }

    /// Whether this many persons are enough.
    #[must_use]
    pub fn is_met_by(self, persons: usize) -> bool {
        u32::try_from(persons).is_ok_and(|persons| persons >= self.0)
    }
}
