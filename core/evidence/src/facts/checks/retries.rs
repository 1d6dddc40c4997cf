//! What an automatic retry of a stage does to its approvals.

use std::collections::BTreeMap;

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::{RetriedBy, Sight};
use crate::facts::{Fact, Verdict};

pub(super) const AUTOMATIC: Fact = Fact {
    id: "automatic-retry-opens-new-attempts",
    says: "after `onFailure: RETRY` the history has the old and the new attempts of the approvals in one \
           execution, with different ids",
    if_not: "the gate cannot distinguish the attempts; if it does not know the newest, the approval does not \
             count",
};

pub(super) fn automatic(sight: &Sight) -> (Verdict, Seen) {
    let mut stages = sight.state.iter().flatten();
    let retried = stages.any(|stage| {
        stage.retried_by == Some(RetriedBy::Itself)
            && stage.execution_id.as_deref() == Some(&*sight.execution.id)
    });
    if !retried {
        return (
            Verdict::NotSeen,
            Seen::words("the state shows no stage of this execution that retried itself"),
        );
    }
    let mut attempts: BTreeMap<_, Vec<Option<&str>>> = BTreeMap::new();
    for approval in sight.approvals() {
        let attempt = &approval.attempt;
        let place = (attempt.stage.as_deref(), attempt.action.as_deref());
        attempts.entry(place).or_default().push(attempt.id.as_deref());
    }
    let again: Vec<&Vec<Option<&str>>> = attempts.values().filter(|ids| ids.len() > 1).collect();
    let are_distinct = |ids: &&&Vec<Option<&str>>| {
        let mut unique: Vec<Option<&str>> = (**ids).clone();
        unique.sort_unstable();
        unique.dedup();
        unique.len() == ids.len() && !ids.contains(&None)
    };
    let good = again.iter().filter(are_distinct).count();
    let seen = Seen::count(
        good,
        again.len(),
        "approvals that were asked again have attempts with different ids",
    );
    (verdict(good, again.len()), seen)
}
