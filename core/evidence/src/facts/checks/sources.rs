//! What the Source actions delivered.

use rule::{ActionKind, Status, revisions};

use std::collections::BTreeSet;

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

pub(super) const REVISION: Fact = Fact {
    id: "source-names-its-revision",
    says: "the history names what each Source action delivered (`externalExecutionId`), and \
           GetPipelineExecution names the same revisions",
    if_not: "signed approvals do not count, and a rule with `signingKeys` can end in an error",
};

pub(super) fn revision(sight: &Sight) -> (Verdict, Seen) {
    let attempts = sight.actions.iter().map(|action| (*action.attempt).clone());
    let attempts: Vec<_> = attempts.collect();
    let sources = attempts.iter().filter(|attempt| {
        attempt.kind == ActionKind::Source && attempt.status == Status::Succeeded
    });
    let named = sources.clone().filter(|source| source.revision.is_some()).count();
    let seen = Seen::count(named, sources.count(), "Source actions");
    let Ok(delivered) = revisions(&attempts) else {
        return (Verdict::DoesNotHold, seen);
    };
    let shown: BTreeSet<&str> =
        sight.execution.revisions.iter().filter_map(|revision| revision.id.as_deref()).collect();
    let same = delivered.iter().filter(|revision| shown.contains(*revision)).count();
    let all = delivered.union(&shown).count();
    // After a rollback the history has no Source action.
    let (same, all) = if delivered.is_empty() { (0, 0) } else { (same, all) };
    let seen = seen.and("name a revision;").number(same).and("of").number(all);
    (verdict(same, all), seen.and("revisions are in both"))
}
