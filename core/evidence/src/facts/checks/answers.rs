//! When CodePipeline notices an answer, and what a time-out looks like.

use jiff::SignedDuration;
use rule::Status;

use super::verdict;
use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

/// The longest delay that `maxAgeMinutes` tolerates. The recordings show 16 to 35 seconds.
const LATEST: SignedDuration = SignedDuration::from_mins(1);
/// The shortest time-out of an approval (CodePipeline User Guide, "Quotas").
const SHORTEST_TIMEOUT: SignedDuration = SignedDuration::from_mins(5);

pub(super) const NOTICED: Fact = Fact {
    id: "answer-is-noticed-within-a-minute",
    says: "the history's `lastUpdateTime` of an approval is at most a minute later than the answer \
           (`lastStatusChange` in the state, or the time of CloudTrail's event)",
    if_not: "if only the history has the time, `maxAgeMinutes` is wrong by the difference",
};

pub(super) fn noticed(sight: &Sight) -> (Verdict, Seen) {
    let lags = sight.answered().filter_map(|approval| {
        let noticed = approval.attempt.updated?;
        let by_state = sight.run_of(approval).and_then(|run| run.changed);
        // CloudTrail drops fractions of a second.
        let (answered, latest) = match by_state {
            Some(answered) => (answered, LATEST),
            None => (sight.recorded(approval)?.at, LATEST + SignedDuration::from_secs(1)),
        };
        let lag = noticed.duration_since(answered);
        Some((lag, (SignedDuration::ZERO..=latest).contains(&lag)))
    });
    let lags: Vec<(SignedDuration, bool)> = lags.collect();
    let good = lags.iter().filter(|(_, good)| *good).count();
    let lags: Vec<SignedDuration> = lags.into_iter().map(|(lag, _)| lag).collect();
    let seen = match (lags.iter().min(), lags.iter().max()) {
        (Some(least), Some(most)) => Seen::counted(lags.len(), "answer", ", noticed after")
            .seconds(*least)
            .and("to")
            .seconds(*most),
        (None, _) | (_, None) => Seen::words(
            "neither the state nor a CloudTrail event shows an answered approval of this execution",
        ),
    };
    (verdict(good, lags.len()), seen)
}

pub(super) const TIMED_OUT: Fact = Fact {
    id: "time-out-has-no-error-code",
    says: "an approval that times out fails without an error code; one that CodePipeline could not ask \
           for has a code",
    if_not: "the gate does not treat a time-out as a rejection, so earlier approvals still count",
};

pub(super) fn timed_out(sight: &Sight) -> (Verdict, Seen) {
    let unanswered = sight.approvals().filter(|approval| {
        approval.attempt.status == Status::Failed && approval.attempt.approver.history.is_none()
    });
    let waited = unanswered.filter_map(|approval| {
        let waited = approval.attempt.updated?.duration_since(approval.attempt.started?);
        (waited >= SHORTEST_TIMEOUT).then_some((waited, approval.attempt.error.as_deref()))
    });
    let waited: Vec<(SignedDuration, Option<&str>)> = waited.collect();
    let good = waited.iter().filter(|(_, code)| code.is_none()).count();
    let seen = match waited.first() {
        None => Seen::words("no approval failed unanswered after five minutes or more"),
        Some(_) => waited.iter().fold(
            Seen::count(good, waited.len(), "time-outs have no error code:"),
            |seen, (after, code)| match code {
                None => seen.and("none after").minutes(*after),
                Some(code) => seen.code(code).and("after").minutes(*after),
            },
        ),
    };
    (verdict(good, waited.len()), seen)
}
