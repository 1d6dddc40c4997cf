//! What the gate may report as a success.

use job::Success;
use rule::{ProofSettings, Satisfied, output_variable};

use crate::prove::Stored;

/// A release that passes.
///
/// INVARIANT (fail closed): it is made from the proof of a satisfied decision, which only a
/// decision can give, and the gate can report nothing else as a success. If the rule demands a
/// proof for others, it is made only with one that is stored.
#[derive(Clone, Debug)]
pub struct Passed<'a> {
    satisfied: Satisfied<'a>,
    proof: Option<Stored>,
}

impl<'a> Passed<'a> {
    /// A release whose rule demands no proof for others.
    ///
    /// # Errors
    /// The proof that the rule demands.
    pub(crate) fn without_proof(satisfied: Satisfied<'a>) -> Result<Self, &'a ProofSettings> {
        match &satisfied.decision().record().rule.proof {
            None => Ok(Self { satisfied, proof: None }),
            Some(settings) => Err(settings),
        }
    }

    /// A release whose proof for others is stored.
    pub(crate) fn with_proof(satisfied: Satisfied<'a>, proof: Stored) -> Self {
        Self { satisfied, proof: Some(proof) }
    }

    /// The proof that the decision is satisfied.
    #[must_use]
    pub fn satisfied(&self) -> Satisfied<'a> {
        self.satisfied
    }
}

impl Success for Passed<'_> {
    fn output_variables(&self) -> Vec<(&'static str, String)> {
        let proof = self.proof.iter().map(|it| (output_variable::PROOF, it.place().to_string()));
        self.satisfied.output_variables(crate::VERSION).into_iter().chain(proof).collect()
    }
}
