//! The attempts at a release, and how each must end.

use super::pipeline::SLOTS;
use crate::aws::{Answer, RetryMode};

/// An attempt at a release: a new execution, or a retry of the last one.
pub(super) struct Scene {
    pub(super) title: &'static str,
    pub(super) rounds: &'static [Round],
    /// Whether the pipeline asks for signatures from then on.
    pub(super) requires_signatures: bool,
    /// The expected outcome.
    pub(super) expected: Expected,
}

/// Answers to open approvals.
pub(super) struct Round {
    /// The actions of the last execution to retry. `None` starts a new execution.
    pub(super) retry: Option<RetryMode>,
    pub(super) answers: &'static [Given],
}

/// An answer to one of them.
pub(super) struct Given {
    pub(super) slot: &'static str,
    /// The access key id of the approver.
    pub(super) key_id: &'static str,
    pub(super) answer: Answer,
    pub(super) signature: Signing,
}

/// The signature in the comment of an answer.
#[derive(Clone, Copy)]
pub(super) enum Signing {
    /// There is none.
    No,
    /// By the key of this person, over this answer.
    By(&'static str),
    /// The last one that this person gave, for another answer.
    CopiedFrom(&'static str),
}

#[derive(Clone, Copy, PartialEq)]
pub(super) enum Expected {
    Passes,
    /// Its message must have this reason code.
    Refused(&'static str),
}

const fn approved(slot: &'static str, key_id: &'static str) -> Given {
    Given { slot, key_id, answer: Answer::Approved, signature: Signing::No }
}

const fn rejected(slot: &'static str, key_id: &'static str) -> Given {
    Given { answer: Answer::Rejected, ..approved(slot, key_id) }
}

const fn signed(slot: &'static str, key_id: &'static str, signature: Signing) -> Given {
    Given { signature, ..approved(slot, key_id) }
}

const fn scene(title: &'static str, rounds: &'static [Round], expected: Expected) -> Scene {
    Scene { title, rounds, requires_signatures: false, expected }
}

/// A new execution with these answers.
macro_rules! released_with {
    ($($answer:expr),+) => {
        &[Round { retry: None, answers: &[$($answer),+] }]
    };
}

pub(super) const SCENES: [Scene; 8] = [
    scene(
        "alice gives both approvals",
        released_with![approved(SLOTS[0], "alice"), approved(SLOTS[1], "alice")],
        Expected::Refused("same-person"),
    ),
    scene(
        "the approvals are reopened; alice and bob give one each",
        &[Round {
            retry: Some(RetryMode::AllActions),
            answers: &[approved(SLOTS[0], "alice"), approved(SLOTS[1], "bob")],
        }],
        Expected::Passes,
    ),
    scene(
        "one role, under two session names",
        released_with![approved(SLOTS[0], "deployer-1"), approved(SLOTS[1], "deployer-2")],
        Expected::Refused("shared-role"),
    ),
    scene(
        "two people with one permission set of IAM Identity Center",
        released_with![approved(SLOTS[0], "sso-alice"), approved(SLOTS[1], "sso-carol")],
        Expected::Passes,
    ),
    scene(
        "alice as a user, and as a session of a role that a team shares",
        released_with![approved(SLOTS[0], "alice"), approved(SLOTS[1], "deployer-1")],
        Expected::Refused("shared-role"),
    ),
    scene(
        "bob says no; only his approval is reopened, and carol gives it",
        &[
            Round {
                retry: None,
                answers: &[approved(SLOTS[0], "alice"), rejected(SLOTS[1], "bob")],
            },
            Round {
                retry: Some(RetryMode::FailedActions),
                answers: &[approved(SLOTS[1], "sso-carol")],
            },
        ],
        Expected::Refused("superseded-by-rejection"),
    ),
    Scene {
        requires_signatures: true,
        ..scene(
            "the one role again, but alice and bob sign with their own keys",
            released_with![
                signed(SLOTS[0], "deployer-1", Signing::By("alice")),
                signed(SLOTS[1], "deployer-2", Signing::By("bob"))
            ],
            Expected::Passes,
        )
    },
    Scene {
        requires_signatures: true,
        ..scene(
            "mallory answers as alice and as bob, and has neither key",
            released_with![
                signed(SLOTS[0], "alice", Signing::CopiedFrom("alice")),
                signed(SLOTS[1], "bob", Signing::By("mallory"))
            ],
            Expected::Refused("bad-signature"),
        )
    },
];
