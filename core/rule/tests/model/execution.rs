//! What CodePipeline shows of one execution, and the engine's facts that it amounts to.

use std::collections::BTreeMap;
use std::sync::{LazyLock, Mutex};

use jiff::Timestamp;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rule::{ActionKind, Approver, Attempt, Execution, Facts, Initiator, Status};
use signing::{Answer, Approval, Nonce, Signature, SigningKey, Statement};

use super::people::{Act, Human, Principal, Signed};
use super::rules::Config;

pub(crate) const STAGE: &str = "Release";
pub(crate) const OTHER_STAGE: &str = "Staging";
pub(crate) const ACTIONS: [&str; 3] = ["ApprovalA", "ApprovalB", "ApprovalC"];
const REVISION: &str = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e";
const PIPELINE: &str = "payments";
const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";

/// One attempt, as the history and the state show it. `None` is what they do not show. Times are
/// seconds since the execution began.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Seen {
    /// Stage, action and id as they are, shown or not: what people sign.
    pub(crate) place: (&'static str, &'static str, String),
    pub(crate) stage: Option<&'static str>,
    pub(crate) action: Option<&'static str>,
    pub(crate) id: Option<String>,
    pub(crate) kind: ActionKind,
    pub(crate) status: Status,
    pub(crate) opened: Option<i64>,
    pub(crate) noticed: Option<i64>,
    pub(crate) error: bool,
    pub(crate) history: Option<Principal>,
    pub(crate) state: Option<Principal>,
    /// The signature in the comment, and the human whose key made it.
    pub(crate) signature: Option<(Signed, Human)>,
}

impl Seen {
    /// An attempt of a manual approval that nobody has answered.
    pub(crate) fn open(stage: &'static str, action: &'static str, round: i64, opened: i64) -> Self {
        let id = format!("{action}-{round}");
        Self {
            place: (stage, action, id.clone()),
            stage: Some(stage),
            action: Some(action),
            id: Some(id),
            kind: ActionKind::ManualApproval,
            status: Status::InProgress,
            opened: Some(opened),
            noticed: Some(opened),
            error: false,
            history: None,
            state: None,
            signature: None,
        }
    }

    /// Whether it truly is an attempt of this action, shown or not.
    pub(crate) fn is_of(&self, stage: &str, action: &str) -> bool {
        self.place.0 == stage && self.place.1 == action
    }

    pub(crate) fn approved(self, act: Act, noticed: i64) -> Self {
        Self {
            status: Status::Succeeded,
            noticed: Some(noticed),
            history: Some(act.principal()),
            state: Some(act.principal()),
            signature: Some((act.signed, act.human)),
            ..self
        }
    }

    fn attempt(&self) -> Attempt {
        Attempt {
            stage: self.stage.map(str::to_owned),
            action: self.action.map(str::to_owned),
            id: self.id.clone(),
            kind: self.kind,
            status: self.status,
            started: self.opened.map(at),
            updated: self.noticed.map(at),
            answered: None,
            error: self.error.then(|| "PermissionError".to_owned()),
            approver: Approver {
                history: self.history.map(Principal::arn),
                state: self.state.map(Principal::arn),
            },
            comment: self.signature.map(|(signed, human)| self.comment(signed, human)),
            revision: None,
            region: None,
            invoked: None,
        }
    }

    fn comment(&self, signed: Signed, human: Human) -> String {
        let (stage, action, id) = &self.place;
        match signed {
            Signed::No => "ok".to_owned(),
            Signed::Well => comment(human, stage, action, id),
            Signed::Replayed => comment(human, stage, action, "another"),
        }
    }
}

fn at(second: i64) -> Timestamp {
    Timestamp::from_second(1_800_000_000 + second).unwrap()
}

static PAIRS: LazyLock<[Ed25519KeyPair; 3]> =
    LazyLock::new(|| [1, 2, 3].map(|n| Ed25519KeyPair::from_seed_unchecked(&[n; 32]).unwrap()));

pub(crate) fn key(human: Human) -> SigningKey {
    SigningKey::ed25519(PAIRS[human].public_key().as_ref()).unwrap()
}

/// A comment with this human's signature. Each is made once.
fn comment(human: Human, stage: &str, action: &str, id: &str) -> String {
    type Made = BTreeMap<(Human, String, String, String), String>;
    static MADE: LazyLock<Mutex<Made>> = LazyLock::new(Mutex::default);
    let place = (human, stage.to_owned(), action.to_owned(), id.to_owned());
    let sign = || {
        let approval = Approval {
            pipeline: PIPELINE,
            execution: EXECUTION,
            stage,
            action,
            attempt: id,
            answer: Answer::Approved,
            revisions: &[REVISION],
        };
        let statement = Statement::new(&approval, &Nonce::new([7; 16])).unwrap();
        let value = PAIRS[human].sign(&statement.sshsig_bytes());
        format!("ok {}", Signature::from_ed25519(key(human).id(), &statement, value.as_ref()))
    };
    MADE.lock().unwrap().entry(place).or_insert_with(sign).clone()
}

/// The facts of an execution with these attempts.
pub(crate) fn facts(config: Config, seen: &[Seen], initiator: Initiator) -> Facts {
    let blank = |stage: &'static str, action: &'static str, kind, status| Attempt {
        kind,
        status,
        ..Seen::open(stage, action, 1, 0).attempt()
    };
    let source = Attempt {
        revision: Some(REVISION.to_owned()),
        ..blank("Source", "Code", ActionKind::Source, Status::Succeeded)
    };
    let gate = blank(STAGE, "Gate", ActionKind::Other, Status::InProgress);
    Facts {
        account: config.account(),
        execution: Execution {
            pipeline: PIPELINE.to_owned(),
            pipeline_version: Some(1),
            id: EXECUTION.to_owned(),
        },
        gate_stage: STAGE.to_owned(),
        job_id: None,
        attempts: seen.iter().map(Seen::attempt).chain([source, gate]).collect(),
        initiator,
        now: at(100_000),
    }
}
