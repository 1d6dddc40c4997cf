//! Rehearses a signature, so that the gate's own code can say whether a signed answer would count
//! before anybody touches a key: a key that exists for this moment stands in for the approver's.
//!
//! A page judges hundreds of approvals. So the key, and the rules that have it, are made once for
//! all of them.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, OnceLock, PoisonError};

use ring::rand::SystemRandom;
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use rule::Rule;
use serde_json::Value;
use signing::{Approval, Signature, SigningKey, Statement};

use super::nonce;
use crate::written::Written;

/// A rule that gives a person one more key, and a signature by that key. Neither leaves this
/// program.
#[derive(Debug)]
pub(crate) struct Rehearsal {
    pub(crate) rule: Arc<Rule>,
    pub(crate) comment: String,
}

/// A key that stands in for those of approvers.
#[derive(Debug, Default)]
pub(crate) struct StandIn {
    secret: OnceLock<Option<Ed25519KeyPair>>,
    rules: Mutex<HashMap<(Written, String), Arc<Rule>>>,
}

impl StandIn {
    /// Returns `None` if the system gives no random numbers.
    fn secret(&self) -> Option<&Ed25519KeyPair> {
        let make = || {
            let secret = Ed25519KeyPair::generate_pkcs8(&SystemRandom::new()).ok()?;
            Ed25519KeyPair::from_pkcs8(secret.as_ref()).ok()
        };
        self.secret.get_or_init(make).as_ref()
    }

    /// The rule that gives the key to `person`, and to nobody else.
    fn rule(&self, written: &Written, person: &str, key: &SigningKey) -> Option<Arc<Rule>> {
        let mut rules = self.rules.lock().unwrap_or_else(PoisonError::into_inner);
        let asked = (written.clone(), person.to_owned());
        if let Some(known) = rules.get(&asked) {
            return Some(Arc::clone(known));
        }
        let rule = Arc::new(with_key(written, person, key)?);
        rules.insert(asked, Arc::clone(&rule));
        Some(rule)
    }
}

/// Signs an answer as if `person` did. Returns `None` if it cannot be rehearsed: then only the real
/// signature tells.
pub(crate) fn rehearse(
    stand_in: &StandIn,
    written: &Written,
    person: &str,
    approval: &Approval<'_>,
) -> Option<Rehearsal> {
    let secret = stand_in.secret()?;
    let key = SigningKey::ed25519(secret.public_key().as_ref()).ok()?;
    let statement = Statement::new(approval, &nonce().ok()?).ok()?;
    let signed = secret.sign(&statement.sshsig_bytes());
    let signature = Signature::from_ed25519(key.id(), &statement, signed.as_ref());
    let rule = stand_in.rule(written, person, &key)?;
    Some(Rehearsal { rule, comment: signature.to_string() })
}

fn with_key(written: &Written, person: &str, key: &SigningKey) -> Option<Rule> {
    let written = Written {
        floor: changed(&written.floor, |rule| {
            add_key(rule, person, key);
            accept_copyable_keys(rule);
        })?,
        parameters: match &written.parameters {
            Some(parameters) => Some(changed(parameters, accept_copyable_keys)?),
            None => None,
        },
        stage: written.stage.clone(),
    };
    written.read().ok()
}

fn changed(json: &str, change: impl FnOnce(&mut Value)) -> Option<String> {
    let mut value = serde_json::from_str(json).ok()?;
    change(&mut value);
    Some(value.to_string())
}

fn add_key(rule: &mut Value, person: &str, key: &SigningKey) {
    let people = rule.get_mut("signingKeys").and_then(Value::as_object_mut);
    let keys = people.into_iter().flatten().find(|(name, _)| name.eq_ignore_ascii_case(person));
    if let Some(keys) = keys.and_then(|(_, keys)| keys.as_array_mut()) {
        keys.push(key.to_string().into());
    }
}

/// The key that stands in is not on a device. Whether the approver's own is, was checked when it
/// was chosen.
fn accept_copyable_keys(rule: &mut Value) {
    if let Some(require) = rule.get_mut("requireSignature").filter(|it| it.is_object()) {
        *require = true.into();
    }
}

#[cfg(test)]
mod tests {
    use signing::Answer;

    use super::*;

    const ALICE: &str =
        "ssh-ed25519 AAAAC3NzaC1lZDI1NTE5AAAAIM6Pavhap0E9K8+lobh81b5MJReTGqFRr+OK09ie1BbD";

    #[test]
    fn the_stand_in_signs_for_one_person_and_one_answer() {
        let written = Written {
            floor: format!(
                r#"{{"signingKeys": {{"Alice": ["{ALICE}"]}}, "requireSignature": {{"deviceBound": true}}}}"#
            ),
            parameters: Some(r#"{"requireSignature": {"deviceBound": true}}"#.to_owned()),
            stage: "Release".to_owned(),
        };
        let approval = Approval {
            pipeline: "payments",
            execution: "e1",
            stage: "Release",
            action: "ApprovalA",
            attempt: "a1",
            answer: Answer::Approved,
            revisions: &[],
        };
        let stand_in = StandIn::default();
        let rehearsed = |person| rehearse(&stand_in, &written, person, &approval);
        let Rehearsal { rule, comment } = rehearsed("alice").unwrap();
        let signature = Signature::from_comment(&comment).unwrap().unwrap();
        let keys = || rule.public_keys().filter(|(person, _)| *person == "alice");
        let (_, key) = keys().find(|(_, key)| key.id() == signature.key_id()).unwrap();
        assert!(key.verify(&approval, &signature, None).is_ok());
        let other = Approval { attempt: "a2", ..approval };
        assert!(key.verify(&other, &signature, None).is_err());
        assert_eq!(keys().count(), 2);
        assert_eq!(rule.require_signature(), rule::RequireSignature::Any);
        // The same key again, which the rule for somebody else does not give to alice.
        let again = rehearsed("alice").unwrap();
        assert!(Arc::ptr_eq(&rule, &again.rule) && comment != again.comment);
        let rule = rehearsed("bob").unwrap().rule;
        assert_eq!(rule.public_keys().filter(|(person, _)| *person == "alice").count(), 1);
    }
}
