//! What happens: the setting of a script, and its steps.

use proptest::prelude::*;

use super::people::{Credential, HUMANS, Who};

/// The pipeline, its gate's rule, and how late CodePipeline is.
#[derive(Clone, Debug)]
pub(crate) struct Setting {
    /// `SUPERSEDED`, `QUEUED` or `PARALLEL`.
    pub(crate) mode: &'static str,
    /// The longest time that CodePipeline needs to notice an answer, in seconds.
    pub(crate) lag: u32,
    pub(crate) shape: Shape,
    pub(crate) quorum: usize,
    pub(crate) exclude_initiator: bool,
    pub(crate) max_age_minutes: Option<i64>,
    /// Whether GetJobDetails names no execution, so that the UserParameters have to.
    pub(crate) bare: bool,
    /// Of all delays and identifiers.
    pub(crate) seed: u64,
}

/// The stages and actions of a pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Shape {
    /// Two approvals at the same time, then the gate.
    Parallel,
    /// One approval after the other, then the gate. The first one times out.
    Sequential,
    /// Three approvals, then the gate.
    Three,
    /// Two approvals, and the gate in the next stage, beside another approval.
    Elsewhere,
    /// Two approvals, the gate, and an approval after it that the rule does not ask for.
    Confirm,
}

/// How somebody changes the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Change {
    /// Nothing but its version: what was changed is put back.
    Restore,
    /// Its gate is gone.
    NoGate,
    /// ApprovalB is gone.
    OneApproval,
}

/// A step. A number chooses among what is there.
#[derive(Clone, Debug)]
pub(crate) enum Step {
    Start(Who),
    /// Answers an approval that is open.
    Answer {
        by: Who,
        which: usize,
        approve: bool,
    },
    /// Two people answer the same approval at the same moment.
    Both {
        by: [Who; 2],
        which: usize,
    },
    /// Answers with the token of any attempt that ever was.
    Stale {
        by: Who,
        which: usize,
    },
    /// Looks at the desk.
    Look(Who),
    /// Looks at the desk, and answers what it shows.
    AtDesk {
        by: Who,
        which: usize,
        approve: bool,
    },
    /// Answers at the desk what an earlier look showed.
    LateAtDesk {
        which: usize,
        approve: bool,
    },
    Retry {
        which: usize,
        all: bool,
    },
    Stop {
        which: usize,
        abandon: bool,
    },
    RollBack {
        which: usize,
        ship: bool,
    },
    Change(Change),
    /// Lambda delivers the newest event of a job again.
    Redeliver,
    /// Somebody else reports that a job is done, with or without the gate's variables.
    Forge {
        which: usize,
        verdict: bool,
    },
}

fn who() -> impl Strategy<Value = Who> {
    let credential = prop_oneof![
        9 => Just(Credential::User),
        3 => Just(Credential::Trusted),
        2 => (0..HUMANS).prop_map(Credential::Shared),
        1 => Just(Credential::LookAlike),
    ];
    (0..HUMANS, credential).prop_map(|(human, credential)| Who { human, credential })
}

/// A setting, and up to 25 steps after the first execution has started. Before each step, this many
/// seconds pass.
pub(crate) fn scripts() -> impl Strategy<Value = (Setting, Vec<(u64, Step)>)> {
    let seconds = prop_oneof![
        6 => Just(0), 1 => Just(1), 2 => Just(5), 2 => Just(20), 5 => Just(50), 3 => Just(90),
    ];
    let seconds = prop_oneof![19 => seconds, 1 => prop_oneof![Just(660), Just(1500)]];
    (setting(), prop::collection::vec((seconds, step()), 1..=25))
}

fn setting() -> impl Strategy<Value = Setting> {
    let shapes =
        [Shape::Parallel, Shape::Sequential, Shape::Three, Shape::Elsewhere, Shape::Confirm];
    (
        prop::sample::select(vec!["SUPERSEDED", "QUEUED", "PARALLEL"]),
        prop::sample::select(vec![0, 2, 35]),
        prop::sample::select(shapes.to_vec()),
        prop::bool::weighted(0.3),
        prop::bool::weighted(0.2),
        prop::option::weighted(0.2, Just(10)),
        prop::bool::weighted(0.2),
        any::<u64>(),
    )
        .prop_map(
            |(mode, lag, shape, third, exclude_initiator, max_age_minutes, bare, seed)| {
                let quorum = if third && shape == Shape::Three { 3 } else { 2 };
                Setting { mode, lag, shape, quorum, exclude_initiator, max_age_minutes, bare, seed }
            },
        )
}

fn step() -> impl Strategy<Value = Step> {
    let which = || 0..6usize;
    prop_oneof![
        2 => who().prop_map(Step::Start),
        16 => (who(), which(), prop::bool::weighted(0.8))
            .prop_map(|(by, which, approve)| Step::Answer { by, which, approve }),
        1 => (who(), who(), which()).prop_map(|(a, b, which)| Step::Both { by: [a, b], which }),
        1 => (who(), which()).prop_map(|(by, which)| Step::Stale { by, which }),
        2 => who().prop_map(Step::Look),
        4 => (who(), which(), prop::bool::weighted(0.9))
            .prop_map(|(by, which, approve)| Step::AtDesk { by, which, approve }),
        2 => (which(), prop::bool::weighted(0.85))
            .prop_map(|(which, approve)| Step::LateAtDesk { which, approve }),
        9 => (which(), any::<bool>()).prop_map(|(which, all)| Step::Retry { which, all }),
        1 => (which(), any::<bool>()).prop_map(|(which, abandon)| Step::Stop { which, abandon }),
        1 => (which(), any::<bool>()).prop_map(|(which, ship)| Step::RollBack { which, ship }),
        1 => prop::sample::select(vec![Change::Restore, Change::NoGate, Change::OneApproval])
            .prop_map(Step::Change),
        1 => Just(Step::Redeliver),
        2 => (which(), any::<bool>()).prop_map(|(which, verdict)| Step::Forge { which, verdict }),
    ]
}
