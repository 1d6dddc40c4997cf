//! Judges an answer before it is given: would it count, and is it of somebody who has answered
//! already? The gate's own code decides, over the facts of the execution with the answer in them.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rule::{
    Approver, Attempt, Decision, Facts, JudgedApproval, Misfit, Reason, ReasonCode, Record, Rule,
    Status, Verdict, decide,
};

use crate::pipeline::Stage;

/// An approval that somebody is about to give.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Intended<'a> {
    pub(crate) stage: &'a str,
    pub(crate) action: &'a str,
    /// The attempt that waits: its `actionExecutionId`.
    pub(crate) attempt: &'a str,
    /// The principal that will answer.
    pub(crate) caller: &'a str,
    /// The comment, with the signature if there is one.
    pub(crate) comment: &'a str,
    pub(crate) at: Timestamp,
}

/// What the rule says about an approval.
#[derive(Clone, Debug, PartialEq)]
pub(crate) enum Judgement {
    /// It counts, as this person.
    Counts(Box<JudgedApproval>),
    /// The rule does not ask for this action, so it says nothing about it.
    NotRequired,
    /// It would not count, or only as somebody who has answered already.
    Refused(Reason),
}

/// An approval, judged.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Judged {
    pub(crate) judgement: Judgement,
    /// The decision as it would be after the approval.
    pub(crate) after: Decision,
}

/// Why an approval cannot be judged.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum JudgeError {
    #[error("the approval does not wait any more, or the history does not show it yet")]
    NotInHistory,
    #[error("the rule does not fit this execution, so the gate would report an error")]
    Misfit(#[from] Misfit),
}

/// Judges an approval.
///
/// # Errors
/// [`JudgeError`] if nothing can be said. That is never a verdict.
pub(crate) fn judge(
    rule: &Rule,
    facts: &Facts,
    intended: &Intended<'_>,
) -> Result<Judged, JudgeError> {
    let before = decide(rule, facts)?;
    let after = decide(rule, &with_answer(facts, intended)?)?;
    let record = after.record();
    let own = record
        .approvals
        .iter()
        .find(|approval| approval.action_execution_id.as_deref() == Some(intended.attempt));
    let judgement = match own {
        None => Judgement::NotRequired,
        Some(own) if !own.counted => Judgement::Refused(objection(&before, &after, own)),
        Some(own) => match same_person(&before, &after) {
            Some(reason) => Judgement::Refused(reason),
            None => Judgement::Counts(Box::new(own.clone())),
        },
    };
    Ok(Judged { judgement, after })
}

/// The facts as they will be as soon as CodePipeline has noticed the answer.
fn with_answer(facts: &Facts, intended: &Intended<'_>) -> Result<Facts, JudgeError> {
    let mut facts = facts.clone();
    facts.now = intended.at;
    let is_meant = |attempt: &&mut Attempt| {
        attempt.id.as_deref() == Some(intended.attempt)
            && attempt.stage.as_deref() == Some(intended.stage)
            && attempt.action.as_deref() == Some(intended.action)
            && attempt.status == Status::InProgress
    };
    let attempt = facts.attempts.iter_mut().find(is_meant).ok_or(JudgeError::NotInHistory)?;
    attempt.status = Status::Succeeded;
    attempt.approver = Approver { history: Some(intended.caller.to_owned()), state: None };
    attempt.comment = Some(intended.comment.to_owned());
    attempt.answered = Some(intended.at);
    attempt.updated = Some(intended.at);
    Ok(facts)
}

/// What the approval adds to the reasons against the release.
fn added<'a>(before: &'a Decision, after: &'a Decision) -> impl Iterator<Item = &'a Reason> {
    let known = &before.record().reasons;
    after.record().reasons.iter().filter(move |reason| !known.contains(reason))
}

/// Why the approval does not count.
fn objection(before: &Decision, after: &Decision, own: &JudgedApproval) -> Reason {
    let code = own.reason.unwrap_or(ReasonCode::Unattributable);
    let found = added(before, after).find(|reason| reason.code == code);
    let found = found.or_else(|| after.record().reasons.iter().find(|reason| reason.code == code));
    found.cloned().unwrap_or_else(|| Reason { code, message: own.action.clone() })
}

/// The reason that the approval is one of a person who has given another one, although more people
/// are needed. The decision says so; nothing is counted here.
fn same_person(before: &Decision, after: &Decision) -> Option<Reason> {
    if after.record().verdict == Verdict::Satisfied {
        return None;
    }
    added(before, after).find(|reason| reason.code == ReasonCode::SamePerson).cloned()
}

/// The actions that still have to be approved.
pub(crate) fn missing(decision: &Decision) -> BTreeSet<&str> {
    let open = decision.record().approvals.iter().filter(|approval| !approval.counted);
    open.filter(|approval| approval.status.is_none_or(|status| status == Status::InProgress))
        .map(|approval| approval.action.as_str())
        .collect()
}

/// The approvals of the stage that have not begun, and that the rule asks for. A decision does not
/// know them unless the rule names its actions.
pub(crate) fn to_come<'a>(
    decision: &Decision,
    rule: &Rule,
    stage: &'a Stage,
) -> impl Iterator<Item = &'a str> {
    let Record { stage: judged, approvals, .. } = decision.record();
    let is_asked_for = rule.requires_every_approval() && *judged == stage.name;
    let names = stage.approvals().filter(move |_| is_asked_for);
    names.filter(|name| approvals.iter().all(|approval| approval.action != **name))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::pipeline::{Action, Kind};

    fn approval(action: &str, status: &str, by: Option<&str>) -> serde_json::Value {
        json!({
            "stage": "Release", "action": action, "id": format!("run-of-{action}"),
            "kind": "manualApproval", "status": status, "started": "2026-01-01T00:00:00Z",
            "updated": "2026-01-01T00:01:00Z", "approver": {"history": by, "state": null},
            "comment": null,
        })
    }

    fn facts(attempts: &[serde_json::Value]) -> Facts {
        let facts = json!({
            "account": {"id": "111122223333"},
            "execution": {"pipeline": "payments", "pipelineVersion": 1, "id": "e1"},
            "gateStage": "Release", "jobId": null, "attempts": attempts, "initiator": "unknown",
            "now": "2026-01-01T00:02:00Z",
        });
        serde_json::from_value(facts).unwrap()
    }

    fn judged(rule: &str, facts: &Facts, action: &str, user: &str) -> Result<Judged, JudgeError> {
        let intended = Intended {
            stage: "Release",
            action,
            attempt: &format!("run-of-{action}"),
            caller: &user_arn(user),
            comment: "",
            at: "2026-01-01T00:03:00Z".parse().unwrap(),
        };
        judge(&Rule::floor(rule).unwrap(), facts, &intended)
    }

    fn user_arn(name: &str) -> String {
        format!("arn:aws:iam::111122223333:user/{name}")
    }

    /// The person that the approval counts as, or the code of the reason that it does not.
    fn verdict(rule: &str, facts: &Facts, action: &str, user: &str) -> String {
        match judged(rule, facts, action, user).unwrap().judgement {
            Judgement::Counts(approval) => approval.person.unwrap(),
            Judgement::NotRequired => "not required".to_owned(),
            Judgement::Refused(reason) => reason.code.to_string(),
        }
    }

    #[test]
    fn the_second_approval_of_one_person_is_refused_and_that_of_another_counts() {
        let alice = user_arn("alice");
        let facts =
            facts(&[approval("A", "Succeeded", Some(&alice)), approval("B", "InProgress", None)]);
        assert_eq!(verdict("{}", &facts, "B", "Alice"), "same-person");
        assert_eq!(verdict("{}", &facts, "B", "alice-admin"), "same-person");
        assert_eq!(verdict("{}", &facts, "B", "bob"), "handle:bob");
        let joined = json!({"people": {"alice": [user_arn("alice"), user_arn("bob")]}});
        assert_eq!(verdict(&joined.to_string(), &facts, "B", "bob"), "same-person");
    }

    #[test]
    fn a_person_may_answer_again_as_soon_as_enough_others_have() {
        let (alice, bob) = (user_arn("alice"), user_arn("bob"));
        let third = approval("C", "InProgress", None);
        let first = approval("A", "Succeeded", Some(&alice));
        let one = facts(&[first.clone(), approval("B", "InProgress", None), third.clone()]);
        assert_eq!(verdict("{}", &one, "C", "alice"), "same-person");
        let two = facts(&[first, approval("B", "Succeeded", Some(&bob)), third]);
        assert_eq!(verdict("{}", &two, "C", "alice"), "handle:alice");
    }

    #[test]
    fn an_approval_that_does_not_count_has_the_reason_of_the_gate() {
        let facts = facts(&[approval("A", "InProgress", None), approval("B", "InProgress", None)]);
        assert_eq!(verdict(r#"{"notPeople": ["bob"]}"#, &facts, "A", "bob"), "not-a-person");
        let roster = r#"{"roster": {"A": ["alice"], "B": ["*"]}}"#;
        assert_eq!(verdict(roster, &facts, "A", "bob"), "not-on-roster");
        let Judgement::Refused(reason) = judged(roster, &facts, "A", "bob").unwrap().judgement
        else {
            panic!("not refused");
        };
        assert!(reason.message.contains("bob"), "{}", reason.message);
        assert_eq!(verdict(r#"{"excludeInitiator": true}"#, &facts, "A", "bob"), "initiator");
    }

    #[test]
    fn what_nobody_asks_for_or_what_does_not_wait_is_not_judged() {
        let alice = user_arn("alice");
        let facts = facts(&[
            approval("A", "InProgress", None),
            approval("B", "InProgress", None),
            approval("C", "InProgress", None),
            approval("D", "Succeeded", Some(&alice)),
        ]);
        assert_eq!(verdict(r#"{"actions": ["A", "B"]}"#, &facts, "C", "bob"), "not required");
        for action in ["D", "E"] {
            assert_eq!(judged("{}", &facts, action, "bob"), Err(JudgeError::NotInHistory));
        }
        let decision = decide(&Rule::default(), &facts).unwrap();
        assert_eq!(missing(&decision), ["A", "B", "C"].into());
    }

    #[test]
    fn an_approval_that_has_not_begun_is_still_to_come_if_the_rule_asks_for_it() {
        let facts = facts(&[approval("A", "Succeeded", Some(&user_arn("alice")))]);
        let action = |name: &str, run_order| Action {
            name: name.to_owned(),
            run_order,
            kind: Kind::Approval(crate::pipeline::Approval::default()),
        };
        let actions = vec![action("A", 1), action("B", 2), action("C", 3)];
        let mut stage = Stage { name: "Release".to_owned(), actions };
        let ask = |rule: &str, stage: &Stage| {
            let rule = Rule::floor(rule).unwrap();
            let decision = decide(&rule, &facts).unwrap();
            let known = missing(&decision).into_iter().map(str::to_owned);
            let to_come = to_come(&decision, &rule, stage).map(str::to_owned);
            known.chain(to_come).collect::<Vec<String>>()
        };
        assert_eq!(ask("{}", &stage), ["B", "C"]);
        assert_eq!(ask(r#"{"actions": ["A", "B"]}"#, &stage), ["B"]);
        stage.name = "Other".to_owned();
        assert!(ask("{}", &stage).is_empty());
    }
}
