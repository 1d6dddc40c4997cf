//! What the gate may report as a success.

use job::Success;
use rule::Satisfied;

/// A release that passes.
///
/// INVARIANT (fail closed): it is made from the proof of a satisfied decision, which only a
/// decision can give, and the gate can report nothing else as a success.
#[derive(Clone, Copy, Debug)]
pub struct Passed<'a>(Satisfied<'a>);

impl<'a> Passed<'a> {
    /// The proof.
    #[must_use]
    pub fn satisfied(self) -> Satisfied<'a> {
        self.0
    }
}

impl<'a> From<Satisfied<'a>> for Passed<'a> {
    fn from(satisfied: Satisfied<'a>) -> Self {
        Self(satisfied)
    }
}

impl Success for Passed<'_> {
    fn output_variables(&self) -> Vec<(&'static str, String)> {
        self.0.output_variables(crate::VERSION).into()
    }
}
