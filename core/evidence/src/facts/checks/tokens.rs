//! The token of an approval.

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

pub(super) const TOKEN: Fact = Fact {
    id: "token-is-the-attempt",
    says: "the token of an approval is its `actionExecutionId`; once answered, the history has it as \
           `externalExecutionId`",
    if_not: "evidence finds the CloudTrail event of an approval by time and action instead of by token",
};

pub(super) fn token(sight: &Sight) -> (Verdict, Seen) {
    if sight.is_parallel() {
        return (
            Verdict::NotSeen,
            Seen::words("the execution ran in PARALLEL mode; see the next line"),
        );
    }
    tokens(sight)
}

pub(super) const PARALLEL: Fact = Fact {
    id: "token-in-parallel-mode",
    says: "the same holds in PARALLEL mode",
    if_not: "evidence finds the CloudTrail event of an approval by time and action instead of by token",
};

pub(super) fn parallel(sight: &Sight) -> (Verdict, Seen) {
    if !sight.is_parallel() {
        return (Verdict::NotSeen, Seen::words("the execution did not run in PARALLEL mode"));
    }
    tokens(sight)
}

fn tokens(sight: &Sight) -> (Verdict, Seen) {
    let ids = sight.approval_ids();
    let of_execution = |id: &Option<String>| id.as_deref().is_some_and(|id| ids.contains(id));
    let open = sight.runs().filter(|run| of_execution(&run.id));
    let open = open.filter_map(|run| Some(run.token.as_ref()? == run.id.as_ref()?));
    let open: Vec<bool> = open.collect();
    let answered = sight.answered();
    let answered = answered.filter_map(|approval| {
        Some(approval.external_id.as_ref()? == approval.attempt.id.as_ref()?)
    });
    let answered: Vec<bool> = answered.collect();
    let same = |of: &[bool]| of.iter().filter(|same| **same).count();
    let (good, all) = (same(&open) + same(&answered), open.len() + answered.len());
    let seen = Seen::count(same(&open), open.len(), "open approvals,")
        .number(same(&answered))
        .and("of")
        .number(answered.len())
        .and("answered approvals");
    (verdict(good, all), seen)
}
