//! The proof of one execution: `evidence --format proof`. Nobody signs it, so it shows what people
//! signed themselves.

use evidence::{Evaluated, Verdict};
use jiff::Timestamp;
use proof::{Made, StatementError, statement};
use rule::{ProofSettings, Rule};

use crate::VERSION;

/// Why there is no proof.
#[derive(Debug, thiserror::Error)]
pub(crate) enum NotProven {
    #[error("a proof is about one execution of one pipeline; give --pipeline and --execution")]
    Several,
    /// It would be a proof of something that is not so.
    #[error(
        "there is no proof of the execution `{execution}`, because it is not satisfied: its \
         verdict is {verdict}{why}"
    )]
    NotSatisfied { execution: String, verdict: &'static str, why: String },
    #[error(transparent)]
    Statement(#[from] StatementError),
}

/// The proof of an execution, as JSON in one line. The report must be about it alone, so that it
/// has the facts. What the rule's `proof` says about environment and validity is in it, too.
///
/// # Errors
/// [`NotProven`] if it is not satisfied, or nobody can tell what it releases.
pub(crate) fn proof(
    evaluated: &Evaluated,
    rule: &Rule,
    now: Timestamp,
) -> Result<String, NotProven> {
    let Evaluated { verdict, decision, facts, .. } = evaluated;
    let satisfied = decision.as_ref().filter(|_| *verdict == Verdict::Satisfied);
    let satisfied = satisfied.and_then(|decision| decision.satisfied()).zip(facts.as_deref());
    let Some((satisfied, facts)) = satisfied else {
        return Err(not_satisfied(evaluated));
    };
    let settings = rule.proof();
    let made = Made {
        version: VERSION,
        environment: settings.and_then(ProofSettings::environment),
        expires: settings.map(|settings| now + settings.valid()),
        artifacts: &[],
    };
    Ok(statement(satisfied, facts, &made)?.to_json() + "\n")
}

fn not_satisfied(evaluated: &Evaluated) -> NotProven {
    let Evaluated { execution, verdict, problem, decision, .. } = evaluated;
    let reasons = decision.iter().flat_map(|decision| &decision.record().reasons);
    let reasons = reasons.map(|reason| reason.message.as_str());
    let why = Vec::from_iter(problem.as_deref().into_iter().chain(reasons)).join("; ");
    NotProven::NotSatisfied {
        execution: execution.id.clone(),
        verdict: verdict.as_str(),
        why: if why.is_empty() { why } else { format!(": {why}") },
    }
}
