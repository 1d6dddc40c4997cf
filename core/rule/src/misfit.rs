//! A rule that does not fit the execution that it must judge, so a verdict is impossible.

use std::collections::BTreeSet;

use crate::identity::AmbiguousPerson;
use crate::roster::missing_entry;
use crate::rule::Rule;

/// Why the rule cannot judge this execution. This is a configuration error, never a verdict.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Misfit {
    /// `people` gives a principal to two people.
    #[error(transparent)]
    Ambiguous(#[from] AmbiguousPerson),
    /// There is a roster, but it has no entry for a required action.
    #[error("`roster` {}", missing_entry(action))]
    NoRoster {
        /// The required action.
        action: String,
    },
    /// The rule and the pipeline spell an action's name in different cases.
    #[error(
        "`{key}` names `{written}`, and the pipeline has `{actual}`: names are case-sensitive, so write `{actual}`"
    )]
    Case {
        /// The key of the rule.
        key: &'static str,
        /// The name in the rule.
        written: String,
        /// The name in the pipeline.
        actual: String,
    },
}

/// Checks that the rule fits an execution whose judged stage has the approvals `found`, and that
/// requires the actions `required`.
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
    match required.iter().find(|action| rule.roster().has_no_entry_for(action)) {
        Some(action) => Err(Misfit::NoRoster { action: action.clone() }),
        None => Ok(()),
    }
}
