//! What a stage that retries itself does to its approvals.

use std::collections::BTreeMap;

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::{RetriedBy, Sight};
use crate::facts::{Fact, Verdict};

pub(super) const AUTOMATIC: Fact = Fact {
    id: "automatic-retry-opens-new-attempts",
    says: "after `onFailure: RETRY` the history has the old and the new attempts of the approvals, with different ids, in one execution",
    if_not: "the gate cannot tell the attempts apart: where it does not know the newest, the approval does not count",
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
    let told_apart = |ids: &&&Vec<Option<&str>>| {
        let mut unique: Vec<Option<&str>> = (**ids).clone();
        unique.sort_unstable();
        unique.dedup();
        unique.len() == ids.len() && !ids.contains(&None)
    };
    let good = again.iter().filter(told_apart).count();
    let seen = Seen::count(
        good,
        again.len(),
        "approvals that were asked for again have attempts with ids of their own",
    );
    (verdict(good, again.len()), seen)
}
