//! `can-approve-both`: a user or role whose own permissions reach two slots of one pipeline.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::action::APPROVE;
use crate::evidence;
use crate::picture::Picture;
use crate::survey::{Both, UndecidedError};

pub(super) const CHECK: Check<Find> = Check {
    code: "can-approve-both",
    severity: Severity::Error,
    title: "One principal may approve two slots of one pipeline",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    with_both(picture, |actor, both| {
        (!both.open).then(|| {
            let [a, b] = both.slots.map(|slot| picture.slot(slot));
            let message = format!(
                "`{}` may approve {a} and {b} of the same stage with its own permissions.",
                picture.name(actor)
            );
            let help = format!(
                "Take {APPROVE} on {a} or on {b} away from it, or deny it one of them: `policygen generate` writes \
                 policies that do."
            );
            CHECK.finding(picture.account().arn(actor).to_owned(), message, help)
        })
    })
}

/// A finding about every actor with two slots that is wanted, with the chains to both.
pub(super) fn with_both(
    picture: &Picture<'_>,
    wanted: impl Fn(Actor, &Both) -> Option<Finding>,
) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in picture.actors() {
        let approvals = picture.survey.approvals(actor);
        let Some(both) = &approvals.both else {
            continue;
        };
        // A machine is nobody: `machine-can-approve` is about these.
        if picture.is_machine(actor) {
            continue;
        }
        let Some(mut finding) = wanted(actor, both) else {
            continue;
        };
        finding.evidence = evidence_of(picture, actor, &both.witness);
        let [_, second] = &both.witness;
        finding.witness = Some(second.clone());
        findings.push(finding);
    }
    Ok(findings)
}

/// How one actor may approve some actions.
pub(super) fn evidence_of(
    picture: &Picture<'_>,
    actor: Actor,
    actions: &[String],
) -> Vec<Evidence> {
    let account = picture.account();
    let mut chain = vec![evidence::actor(account, actor, "acts")];
    for action in actions {
        chain.push(Evidence::new("action", action, "may be approved, by"));
        let blames = picture.survey.permissions.blame(actor, APPROVE, action);
        chain.extend(evidence::chain(account, actor, APPROVE, &blames));
    }
    chain
}
