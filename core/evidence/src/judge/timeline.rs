//! The attempts of an execution as CodePipeline showed them at one time after the other.

use std::cmp::Reverse;

use jiff::Timestamp;
use rule::{Attempt, Attempts, Status};

/// Moves forward through the history of one execution, and reads each attempt once: an execution
/// that the gate refused thousands of times is judged as of the end of each of its runs.
pub(super) struct Timeline<'a> {
    /// Have not begun, the next one last.
    waiting: Vec<&'a Attempt>,
    /// Have begun, and change again later.
    open: Vec<&'a Attempt>,
    /// Do not change any more.
    settled: Attempts<'a>,
}

impl<'a> Timeline<'a> {
    pub(super) fn new(attempts: &'a [Attempt]) -> Self {
        let mut waiting = Vec::from_iter(attempts);
        waiting.sort_by_key(|attempt| Reverse(attempt.started));
        Self { waiting, open: Vec::new(), settled: Attempts::default() }
    }

    /// Gives the attempts as of a time, which must not be before that of an earlier call.
    pub(super) fn as_of<T>(&mut self, at: Timestamp, give: impl FnOnce(&Attempts<'_>) -> T) -> T {
        while let Some(begun) = self.waiting.pop_if(|attempt| has_begun(attempt, at)) {
            self.open.push(begun);
        }
        for settled in self.open.extract_if(.., |attempt| !changes_after(attempt, at)) {
            self.settled.add(settled);
        }
        let open: Vec<Attempt> =
            self.open.iter().filter_map(|attempt| as_of(attempt, at)).collect();
        let mut attempts = self.settled.clone();
        open.iter().for_each(|attempt| attempts.add(attempt));
        give(&attempts)
    }
}

/// An attempt as it was at a time, or `None` if it had not begun.
///
/// INVARIANT (fail closed): an attempt without times is kept as it is, so that it can be the newest
/// attempt and the newest rejection.
pub(super) fn as_of(attempt: &Attempt, at: Timestamp) -> Option<Attempt> {
    if !has_begun(attempt, at) {
        return None;
    }
    let mut attempt = attempt.clone();
    if changes_after(&attempt, at) {
        attempt.status = Status::InProgress;
        attempt.updated = None;
        attempt.answered = None;
        attempt.error = None;
        attempt.approver.history = None;
        attempt.comment = None;
    }
    Some(attempt)
}

fn has_begun(attempt: &Attempt, at: Timestamp) -> bool {
    attempt.started.is_none_or(|started| started < at)
}

fn changes_after(attempt: &Attempt, at: Timestamp) -> bool {
    attempt.updated.is_some_and(|updated| updated > at)
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use proptest::sample::select;
    use rule::{Account, ActionKind, Approver, Execution, Facts, Initiator, Invoked, Rule, decide};
    use serde_json::json;

    use super::*;

    const ACCOUNT: &str = "111122223333";

    fn facts(now: Timestamp) -> Facts {
        let [pipeline, id] = ["payments", "e"].map(str::to_owned);
        Facts {
            account: Account::new(ACCOUNT),
            execution: Execution { pipeline, pipeline_version: None, id },
            gate_stage: "Approve".to_owned(),
            job_id: None,
            attempts: Vec::new(),
            initiator: Initiator::Unknown,
            now,
        }
    }

    fn minute() -> impl Strategy<Value = Option<Timestamp>> {
        let minute = |minute| Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap();
        prop::option::weighted(0.97, (0_i64..12).prop_map(minute))
    }

    /// The alphabets are small, so that attempts of one action, at one time and equal ones occur.
    fn attempt() -> impl Strategy<Value = Attempt> {
        let place = (
            prop::option::weighted(0.98, select(vec!["Approve", "Approve", "Other"])),
            prop::option::weighted(0.98, select(vec!["A", "A", "B", "Source", "Reviews"])),
        );
        let kind = prop_oneof![
            12 => Just(ActionKind::ManualApproval),
            4 => Just(ActionKind::Source),
            4 => Just(ActionKind::Other),
            1 => Just(ActionKind::Unknown),
        ];
        let status = prop_oneof![
            12 => Just(Status::Succeeded),
            3 => Just(Status::Failed),
            2 => Just(Status::InProgress),
            1 => Just(Status::Abandoned),
            1 => Just(Status::Unknown),
        ];
        let outcome = (select(vec!["alice", "bob", "carol"]), any::<bool>(), 0_u8..3, 0_u8..4);
        let times = (minute(), minute());
        (place, kind, status, times, outcome).prop_map(
            |((stage, action), kind, status, (started, updated), (by, fails, revision, run))| {
                let function = (kind == ActionKind::Other && run > 0).then_some("reviews");
                Attempt {
                    stage: stage.map(str::to_owned),
                    action: action.map(str::to_owned),
                    id: Some(format!("{run}")),
                    kind,
                    status,
                    started,
                    updated,
                    answered: None,
                    error: fails.then(|| "JobFailed".to_owned()),
                    approver: Approver {
                        history: Some(format!("arn:aws:iam::{ACCOUNT}:user/{by}")),
                        state: None,
                    },
                    comment: None,
                    revision: (revision > 0).then(|| format!("r{revision}")),
                    region: Some(if run == 1 { "eu-central-1" } else { "eu-west-1" }.to_owned()),
                    invoked: function.map(|function| Invoked {
                        function: Some(function.to_owned()),
                        role: None,
                        outputs: [
                            ("Head", format!("r{revision}")),
                            ("Base", "r0".to_owned()),
                            ("Authors", by.to_owned()),
                            ("Pushers", "-".to_owned()),
                            ("Reviewed", "yes".to_owned()),
                        ]
                        .map(|(name, text)| (name.to_owned(), text))
                        .into(),
                    }),
                }
            },
        )
    }

    /// To look at every attempt at the end of every run would take minutes.
    #[test]
    fn a_stage_that_was_retried_three_thousand_times_is_judged_at_the_end_of_each() {
        const RETRIES: i64 = 3000;
        let at = |second| Timestamp::from_second(1_800_000_000 + second).unwrap();
        let attempt = |action: &str, number: i64, by: &str| Attempt {
            stage: Some("Approve".to_owned()),
            action: Some(action.to_owned()),
            id: Some(format!("{action}-{number}")),
            kind: ActionKind::ManualApproval,
            status: Status::Succeeded,
            started: Some(at(100 * number)),
            updated: Some(at(100 * number + 50)),
            answered: None,
            error: None,
            approver: Approver {
                history: Some(format!("arn:aws:iam::{ACCOUNT}:user/{by}")),
                state: None,
            },
            comment: None,
            revision: None,
            region: None,
            invoked: None,
        };
        let attempts: Vec<Attempt> = (0..RETRIES)
            .flat_map(|number| {
                let second = if number + 1 == RETRIES { "bob" } else { "alice" };
                [attempt("A", number, "alice"), attempt("B", number, second)]
            })
            .collect();
        let rule = Rule::floor("{}").unwrap();
        let mut timeline = Timeline::new(&attempts);
        let satisfied = (0..RETRIES).filter(|number| {
            let now = at(100 * number + 60);
            let decided = timeline.as_of(now, |seen| rule::decide_on(&rule, &facts(now), seen));
            decided.unwrap().satisfied().is_some()
        });
        assert_eq!(Vec::from_iter(satisfied), [RETRIES - 1]);
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(4000))]

        /// Every decision is that of the attempts as they were, each looked at on its own.
        #[test]
        fn a_history_that_is_read_once_decides_as_one_that_is_read_at_each_time(
            mut attempts in prop::collection::vec(attempt(), 0..14),
            times in prop::collection::btree_set(minute().prop_filter_map("no time", |at| at), 1..6),
            has_reviews in any::<bool>(),
        ) {
            // A decision lists these, in the order of their times and ids.
            let is_incomplete = |it: &&mut Attempt| it.stage.is_none() || it.action.is_none();
            for (number, attempt) in attempts.iter_mut().filter(is_incomplete).enumerate() {
                attempt.id = Some(format!("incomplete-{number}"));
            }
            let rule = match has_reviews {
                true => json!({"reviews": {"function": "reviews"}, "maxAgeMinutes": 5}),
                false => json!({}),
            };
            let rule = Rule::floor(&rule.to_string()).unwrap();
            let mut timeline = Timeline::new(&attempts);
            for at in times {
                let mut facts = facts(at);
                let read_once = timeline.as_of(at, |seen| rule::decide_on(&rule, &facts, seen));
                facts.attempts = attempts.iter().filter_map(|attempt| as_of(attempt, at)).collect();
                prop_assert_eq!(read_once, decide(&rule, &facts));
            }
        }
    }
}
