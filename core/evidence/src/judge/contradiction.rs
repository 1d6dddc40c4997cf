//! Finds events of CloudTrail that contradict how a decision counted its approvals.

use std::collections::{BTreeSet, HashMap};

use names::Arn;
use rule::{Account, Basis, Decision, Key, Keys, Principal, Record, Rule, persons};

use super::approvals::ApprovalAttempt;
use super::evaluate::Evaluated;
use super::exception::{Exception, ExceptionCode as Code};
use super::outcome::newest_of_each;
use super::sessions::keys_by_rule;
use super::standard::Standard;
use super::trail::{Trail, is_same_principal};
use crate::read::event::ApprovalEvent;

/// An approval that counted, and the person it counted as.
struct Counted<'a> {
    approval: &'a ApprovalAttempt,
    person: &'a str,
}

impl Counted<'_> {
    fn action(&self) -> &str {
        self.approval.attempt.action.as_deref().unwrap_or("?")
    }

    fn principal(&self) -> &str {
        self.approval.attempt.approver.history.as_deref().unwrap_or_default()
    }

    /// Whether the person is known by a signature. Then nothing that a trail shows of the principal
    /// that carried it speaks against the person.
    fn is_signed(&self) -> bool {
        self.approval.signature.is_some()
    }

    /// The event of the answer, if it names the same principal as CodePipeline.
    fn event(&self) -> Option<&ApprovalEvent> {
        let event = self.approval.trail.as_ref()?;
        let arn = event.by.arn.as_deref()?;
        is_same_principal(arn, self.principal()).then_some(event)
    }
}

/// The exceptions that contradict the decisions behind the verdict on an execution.
pub(super) fn contradictions(
    evaluated: &Evaluated,
    standard: &Standard,
    trail: &Trail,
) -> Vec<Exception> {
    let of_runs = newest_of_each(&evaluated.gate_runs).into_iter();
    let of_runs = of_runs.filter_map(|run| run.decision());
    let mut found = Vec::new();
    for decision in evaluated.decision.as_deref().into_iter().chain(of_runs) {
        for exception in against(decision, evaluated, standard, trail) {
            if !found.contains(&exception) {
                found.push(exception);
            }
        }
    }
    found.sort_by_key(|exception| !exception.code.unsettles_verdict());
    found
}

fn against(
    decision: &Decision,
    evaluated: &Evaluated,
    standard: &Standard,
    trail: &Trail,
) -> Vec<Exception> {
    let record = decision.record();
    let attempts = evaluated.approvals.iter().rev();
    let attempts = attempts.filter_map(|it| Some((it.attempt.id.as_deref()?, it)));
    let attempts: HashMap<&str, &ApprovalAttempt> = attempts.collect();
    let counted: Vec<Counted<'_>> = record
        .approvals
        .iter()
        .filter(|judged| judged.counted)
        .filter_map(|judged| {
            Some(Counted {
                approval: attempts.get(judged.action_execution_id.as_deref()?)?,
                person: judged.person.as_deref()?,
            })
        })
        .collect();
    let has_parts = evaluated.gate_runs.iter().any(|run| {
        let parameters = run.parameters.as_deref().unwrap_or_default();
        let read = serde_json::from_str::<serde_json::Value>(parameters);
        read.is_ok_and(|parameters| parameters.get("actions").is_some())
    });
    let mut found = Vec::new();
    found.extend(one_human(record, &counted, has_parts, standard, trail));
    found.extend(counted.iter().filter_map(|counted| taken_by_another(counted, standard, trail)));
    found.extend(one_source_identity(&counted));
    found.extend(counted.iter().filter_map(look_alike));
    found
}

/// Reports a satisfied verdict whose persons are too few once CloudTrail joins some of them.
///
/// If the UserParameters name actions, those must also meet the quorum. Then any two joined persons
/// are reported, even if enough remain.
fn one_human(
    record: &Record,
    counted: &[Counted<'_>],
    has_parts: bool,
    standard: &Standard,
    trail: &Trail,
) -> Option<Exception> {
    let keys: Vec<Keys> = counted
        .iter()
        .map(|counted| keys(counted, &standard.floor, &standard.account, trail))
        .collect();
    let people = persons(&keys);
    let is_enough = record.quorum.is_met_by(people.len()) && !has_parts;
    if !record.quorum.is_met_by(record.persons.len()) || is_enough {
        return None;
    }
    let joined = people.iter().find(|person| {
        let mut members = person.members().iter().filter_map(|at| counted.get(*at));
        let first = members.next().map(|counted| counted.person);
        members.any(|other| Some(other.person) != first)
    })?;
    let members = joined.members().iter().filter_map(|at| counted.get(*at));
    let answers = members.map(|counted| {
        let taken = counted.approval.behind.iter();
        let taken = taken.map(|arn| format!(", which was taken by {arn}"));
        let taken = taken.collect::<String>();
        format!("{} by {}{taken}", counted.action(), counted.principal())
    });
    Some(Exception::new(
        Code::SameHuman,
        format!(
            "The verdict counts {} persons, and CloudTrail shows one human behind two of them: {}. \
             They share {}.",
            record.persons.len(),
            answers.collect::<Vec<_>>().join("; "),
            shared(joined.members(), &keys)
        ),
    ))
}

/// The keys that more than one of these approvals has.
fn shared(members: &[usize], keys: &[Keys]) -> String {
    let theirs: Vec<&Keys> = members.iter().filter_map(|at| keys.get(*at)).collect();
    let all: BTreeSet<&Key> = theirs.iter().flat_map(|keys| keys.all()).collect();
    let held_by_several = |key: &&Key| theirs.iter().filter(|keys| keys.has(key)).count() > 1;
    let shared = all.into_iter().filter(held_by_several);
    shared.map(|key| format!("`{key}`")).collect::<Vec<_>>().join(", ")
}

/// The keys of an approval's principal, with those that the trail adds.
fn keys(counted: &Counted<'_>, rule: &Rule, account: &Account, trail: &Trail) -> Keys {
    let principal = Principal::parse(counted.principal());
    if let Some(signature) = &counted.approval.signature {
        // An approval that counted has such keys.
        return match rule.signed_keys(&signature.signer, &principal, account) {
            Ok(Ok(keys)) => keys,
            Ok(Err(_)) | Err(_) => rule.signer_keys(&signature.signer),
        };
    }
    let keys = rule.keys(&principal, account).unwrap_or_default();
    match counted.event() {
        Some(event) => keys.also_claiming(trail.sessions.keys(&event.by, rule, account)),
        None => keys,
    }
}

/// Reports a trusted session that counted as one person, but that another principal started with
/// AssumeRole. That principal, and not a service, chose the session's name.
fn taken_by_another(
    counted: &Counted<'_>,
    standard: &Standard,
    trail: &Trail,
) -> Option<Exception> {
    let by = &counted.event()?.by;
    if counted.approval.basis != Some(Basis::TrustedSession)
        || !trail.sessions.origin(by)?.is_named_by_caller
    {
        return None;
    }
    let end = *trail.sessions.chain(by).last()?;
    // A caller from another account may have only an id.
    let taker = end.arn.as_deref()?;
    let own = keys_by_rule(by, &standard.floor, &standard.account);
    let is_own = |key: &Key| own.proven().contains(key);
    if !end.is_taken()
        && keys_by_rule(end, &standard.floor, &standard.account).proven().iter().any(is_own)
    {
        return None;
    }
    let who = if end.is_taken() {
        format!("{taker}, which anybody may have used")
    } else {
        taker.to_owned()
    };
    Some(Exception::new(
        Code::TakenByAnother,
        format!(
            "The answer to {} counts as {}, and the session in which it was given was taken and \
             named by {who}.",
            counted.action(),
            counted.person
        ),
    ))
}

/// Reports two persons whose sessions have the same source identity. It cannot change along a chain
/// of roles (STS API Reference, "AssumeRole").
fn one_source_identity(counted: &[Counted<'_>]) -> Vec<Exception> {
    let identity = |counted: &Counted<'_>| counted.event()?.by.source_identity.clone();
    let mut found = Vec::new();
    for (at, first) in counted.iter().enumerate() {
        for second in counted.iter().skip(at + 1) {
            if let (Some(a), Some(b)) = (identity(first), identity(second))
                && a == b
                && first.person != second.person
                && !(first.is_signed() && second.is_signed())
            {
                found.push(Exception::new(
                    Code::SharedSourceIdentity,
                    format!(
                        "The answers to {} and {} count as two persons, and both sessions have the \
                         source identity {a}, which cannot change \
                         from one role to the next.",
                        first.action(),
                        second.action()
                    ),
                ));
            }
        }
    }
    found
}

/// Reports a session of a role with a name like those of IAM Identity Center, but another path.
fn look_alike(counted: &Counted<'_>) -> Option<Exception> {
    if counted.is_signed() {
        return None;
    }
    let by = &counted.approval.trail.as_ref()?.by;
    let issuer = by.issuer.as_deref()?;
    let name = Arn::parse(issuer)?.resource.rsplit('/').next()?;
    let claims = name.get(..14).is_some_and(|start| start.eq_ignore_ascii_case("AWSReservedSSO"));
    (claims && !by.is_of_identity_center()).then(|| {
        let message = format!(
            "The answer to {} came through {issuer}, which IAM Identity Center did not create: its \
             path is not the one of that service. \
             The people who may assume this role choose the names of its sessions.",
            counted.action()
        );
        Exception::new(Code::LookAlikeRole, message)
    })
}

#[cfg(test)]
mod tests {
    use ring::signature::{Ed25519KeyPair, KeyPair as _};
    use rule::{Facts, decide};
    use serde_json::json;
    use signing::{Answer, Approval, Nonce, Signature, SigningKey, Statement};

    use super::*;
    use crate::judge::approvals::Counting;

    #[test]
    fn who_signs_is_also_the_user_that_carried_the_signature() {
        let pair = Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap();
        let key = SigningKey::ed25519(pair.public_key().as_ref()).unwrap();
        let answered = Approval {
            pipeline: "payments",
            execution: "e1",
            stage: "Approve",
            action: "ApprovalA",
            attempt: "a1",
            answer: Answer::Approved,
            revisions: &[],
        };
        let statement = Statement::new(&answered, &Nonce::new([7; 16])).unwrap();
        let signed = pair.sign(&statement.sshsig_bytes());
        let comment = Signature::from_ed25519(key.id(), &statement, signed.as_ref()).to_string();
        let facts: Facts = serde_json::from_value(json!({
            "account": {"id": "111122223333"}, "gateStage": "Approve", "jobId": null,
            "execution": {"pipeline": "payments", "pipelineVersion": 1, "id": "e1"},
            "attempts": [{
                "stage": "Approve", "action": "ApprovalA", "id": "a1", "kind": "manualApproval",
                "status": "Succeeded", "started": "2026-11-22T10:00:00Z",
                "updated": "2026-11-22T10:01:00Z", "comment": comment,
                "approver": {"history": "arn:aws:iam::111122223333:user/asmith", "state": null},
            }],
            "initiator": "unknown", "now": "2026-11-22T10:02:00Z",
        }))
        .unwrap();
        let rule = json!({"signingKeys": {"alice": [key.to_string()]}});
        let rule = Rule::floor(&rule.to_string()).unwrap();
        let decision = decide(&rule, &facts).unwrap();
        let judged = &decision.record().approvals[0];
        let approval = ApprovalAttempt {
            attempt: Box::new(facts.attempts[0].clone()),
            token: None,
            counting: Counting::As("person:alice".to_owned()),
            basis: judged.basis,
            signature: judged.signature.clone(),
            behind: Vec::new(),
            trail: None,
        };
        let counted = Counted { approval: &approval, person: "person:alice" };
        let keys = keys(&counted, &rule, &facts.account, &Trail::default());
        let names: Vec<String> = keys.all().map(ToString::to_string).collect();
        assert_eq!(names, judged.keys, "the trail joins by the keys that the verdict joins by");
        assert!(names.contains(&"user:111122223333/asmith".to_owned()));
    }
}
