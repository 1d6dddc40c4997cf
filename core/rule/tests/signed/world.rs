//! An execution whose approvals are signed, and people who can sign.

use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rule::{
    Account, ActionKind, Approver, Attempt, Decision, Execution, Facts, Initiator, Reason,
    ReasonCode, Rule, Status, decide,
};
use serde_json::{Value, json};
use signing::{Answer, Approval, Assertion, Desk, Nonce, Signature, SigningKey, Statement};

pub(crate) const ACCOUNT: &str = "111122223333";
pub(crate) const REVISION: &str = "5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e";
pub(crate) const RP_ID: &str = "approve.example.com";
pub(crate) const ORIGIN: &str = "https://approve.example.com";

/// How a passkey was made.
#[derive(Clone, Copy)]
pub(crate) enum Passkey {
    DeviceBound,
    Synced,
}

/// A human who holds a key: the private half, which is nobody else's.
pub(crate) struct Human {
    pair: Ed25519KeyPair,
    passkey: Option<Passkey>,
}

impl Human {
    /// The `n`th human, with an SSH key.
    pub(crate) fn with_ssh(n: u8) -> Self {
        Self { pair: Ed25519KeyPair::from_seed_unchecked(&[n; 32]).unwrap(), passkey: None }
    }

    pub(crate) fn with_passkey(n: u8, passkey: Passkey) -> Self {
        Self { passkey: Some(passkey), ..Self::with_ssh(n) }
    }

    pub(crate) fn key(&self) -> SigningKey {
        let public = self.pair.public_key().as_ref();
        match self.passkey {
            None => SigningKey::ed25519(public).unwrap(),
            Some(_) => {
                let spki = [b"\x30\x2a\x30\x05\x06\x03\x2b\x65\x70\x03\x21\x00", public].concat();
                SigningKey::passkey(b"credential", &spki).unwrap()
            }
        }
    }

    /// A comment that carries this human's signature of an answer.
    pub(crate) fn comment(&self, approval: &Approval<'_>) -> String {
        self.comment_at(approval, ORIGIN)
    }

    /// The same, given on a page of `origin`.
    pub(crate) fn comment_at(&self, approval: &Approval<'_>, origin: &str) -> String {
        let statement = Statement::new(approval, &Nonce::new([7; 16])).unwrap();
        let id = self.key().id();
        let signature = match self.passkey {
            None => {
                let signature = self.pair.sign(&statement.sshsig_bytes());
                Signature::from_ed25519(id, &statement, signature.as_ref())
            }
            Some(passkey) => {
                let desk = Desk::new(origin.split("://").nth(1).unwrap(), origin).unwrap();
                let client_data = desk.client_data(&statement).into_bytes();
                let flags = match passkey {
                    Passkey::DeviceBound => 0x05,
                    Passkey::Synced => 0x1d,
                };
                let mut data = digest(&SHA256, desk.rp_id().as_bytes()).as_ref().to_vec();
                data.extend([flags, 0, 0, 0, 9]);
                let signed = [&data, digest(&SHA256, &client_data).as_ref()].concat();
                let assertion = Assertion {
                    authenticator_data: data,
                    signature: self.pair.sign(&signed).as_ref().to_vec(),
                    client_data_json: client_data,
                };
                let here = Desk::new(RP_ID, ORIGIN).unwrap();
                Signature::from_passkey(id, &statement, &here, assertion)
            }
        };
        format!("reviewed {signature}")
    }
}

pub(crate) fn user(name: &str) -> String {
    format!("arn:aws:iam::{ACCOUNT}:user/{name}")
}

pub(crate) fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")
}

/// The approval of an action in [`facts`].
pub(crate) fn approval(action: &str) -> Approval<'_> {
    Approval {
        pipeline: "payments",
        execution: "3137f7cb-7cf7-4abc-9b2c-0123456789ab",
        stage: "Approve",
        action,
        attempt: match action {
            "ApprovalA" => "a0000000-0000-4000-8000-000000000001",
            _ => "b0000000-0000-4000-8000-000000000001",
        },
        answer: Answer::Approved,
        revisions: &[REVISION],
    }
}

/// The approval of `action` by `principal` with this comment.
pub(crate) fn approved(action: &str, principal: &str, comment: &str) -> Attempt {
    Attempt {
        id: Some(approval(action).attempt.to_owned()),
        approver: Approver { history: Some(principal.to_owned()), state: None },
        comment: Some(comment.to_owned()),
        ..attempt("Approve", action, ActionKind::ManualApproval)
    }
}

pub(crate) fn attempt(stage: &str, action: &str, kind: ActionKind) -> Attempt {
    let at = "2026-11-22T10:00:00Z".parse().ok();
    Attempt {
        stage: Some(stage.to_owned()),
        action: Some(action.to_owned()),
        id: None,
        kind,
        status: Status::Succeeded,
        started: at,
        updated: at,
        answered: None,
        error: None,
        approver: Approver::default(),
        comment: None,
        revision: None,
        region: None,
        invoked: None,
    }
}

pub(crate) fn source(revision: Option<&str>) -> Attempt {
    Attempt {
        revision: revision.map(str::to_owned),
        ..attempt("Source", "Code", ActionKind::Source)
    }
}

/// The facts of an execution with these approvals, which releases [`REVISION`].
pub(crate) fn facts(approvals: impl IntoIterator<Item = Attempt>) -> Facts {
    Facts {
        account: Account::new(ACCOUNT),
        execution: Execution {
            pipeline: approval("").pipeline.to_owned(),
            pipeline_version: Some(3),
            id: approval("").execution.to_owned(),
        },
        gate_stage: approval("").stage.to_owned(),
        job_id: None,
        attempts: approvals.into_iter().chain([source(Some(REVISION))]).collect(),
        initiator: Initiator::Automatic("Webhook".to_owned()),
        now: "2026-11-22T10:05:00Z".parse().unwrap(),
    }
}

/// A rule with these keys, and what `more` says.
pub(crate) fn rule(keys: &[(&str, &Human)], more: Value) -> Rule {
    let keys: serde_json::Map<String, Value> = keys
        .iter()
        .map(|(name, human)| ((*name).to_owned(), json!([human.key().to_string()])))
        .collect();
    let mut rule = json!({"signingKeys": keys, "desk": {"rpId": RP_ID, "origin": ORIGIN}});
    rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
    Rule::floor(&rule.to_string()).unwrap()
}

pub(crate) fn decision(rule: &Rule, approvals: impl IntoIterator<Item = Attempt>) -> Decision {
    decide(rule, &facts(approvals)).unwrap()
}

/// The persons who counted.
pub(crate) fn persons(decision: &Decision) -> Vec<&str> {
    decision.record().persons.iter().map(String::as_str).collect()
}

/// The reasons against the decision, without the shortfall that they lead to.
pub(crate) fn reasons(decision: &Decision) -> Vec<ReasonCode> {
    let against = decision.record().reasons.iter().map(|Reason { code, .. }| *code);
    against.filter(|code| *code != ReasonCode::QuorumNotMet).collect()
}
