//! A rule that does not fit the execution it is to judge: no verdict can come of it.

use std::collections::BTreeSet;

use crate::identity::AmbiguousPerson;
use crate::rule::{Rule, lacks_entry};

/// Why the rule cannot judge this execution: a configuration error, and never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// `people` gives a principal to two people.
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousPerson),
    /// There is a roster, and it has no entry for an action that is required.
    #[error("`roster` {}", lacks_entry(action))]
    NoRoster {
        /// The required action.
        action: String,
    },
    /// The rule spells an action's name in another case than the pipeline does.
    #[error(
        "`{key}` names `{written}`, and the pipeline has `{actual}`: upper and lower case tell names apart, so write `{actual}`"
    )]
    Case {
        /// The key of the rule.
        key: &'static str,
        /// The name as the rule has it.
        written: String,
        /// The name as the pipeline has it.
        actual: String,
    },
}

/// Whether the rule fits an execution with these manual approvals in the judged stage, and these
/// required actions.
pub(crate) fn check(
    rule: &Rule,
    found: &BTreeSet<String>,
    required: &BTreeSet<String>,
) -> Result<(), Misfit> {
    let named = rule.named_actions().map(|name| ("actions", name));
    let rostered = rule.roster().actions().map(|name| ("roster", name));
    for (key, written) in named.chain(rostered).filter(|(_, name)| !found.contains(*name)) {
        if let Some(actual) = found.iter().find(|name| name.eq_ignore_ascii_case(written)) {
            return Err(Misfit::Case { key, written: written.to_owned(), actual: actual.clone() });
        }
    }
    match required.iter().find(|action| rule.roster().lacks(action)) {
        Some(action) => Err(Misfit::NoRoster { action: action.clone() }),
        None => Ok(()),
    }
}
