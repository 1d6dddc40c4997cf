//! `can-invoke-gate`: a principal that can call the gate's function itself, which only pipelines
//! need to.

use findings::{Check, Finding, Severity};
use std::collections::HashMap;

use iam::account::Actor;

use super::Find;
use super::can_bypass_gate;
use crate::action::Action;
use crate::alike::Reached;
use crate::evidence;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-invoke-gate",
    severity: Severity::Warning,
    title: "A principal can invoke the gate itself",
    find,
};

/// What pipelines run as (CodePipeline User Guide, "Manage the CodePipeline service role").
const PIPELINES: &str = "codepipeline.amazonaws.com";

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let survey = &picture.survey;
    let forms = survey.scope.gate_forms(picture.account());
    let mut known: HashMap<usize, Option<Reached>> = HashMap::new();
    let mut findings = Vec::new();
    for actor in survey.permissions.who_might(&[Action::InvokeFunction]) {
        let Some(alike) = survey.permissions.alike(actor, Action::InvokeFunction) else {
            continue;
        };
        let reached = match known.get(&alike.place) {
            Some(known) => known.clone(),
            None => {
                let mut reached = None;
                for form in &forms {
                    if reached.is_none() {
                        reached = survey.reach_all(actor, form, &[&alike.clauses])?;
                    }
                }
                let reached = reached.map(|(witness, open)| Reached { witness, open });
                known.insert(alike.place, reached.clone());
                reached
            }
        };
        let Some(reached) = reached else { continue };
        // One that can go round the gate does not need to call it.
        if is_for_pipelines(picture, actor) || can_bypass_gate::can(picture, actor)? {
            continue;
        }
        findings.push(finding(picture, actor, reached));
    }
    Ok(findings)
}

/// Whether only pipelines can be this: they have to invoke the gate.
fn is_for_pipelines(picture: &Picture<'_>, actor: Actor) -> bool {
    let Actor::Role(at) = actor else { return false };
    let role = picture.account().roles.get(at).filter(|_| picture.is_machine(actor));
    role.is_some_and(|role| {
        let outsiders = picture.account().outsiders(role);
        outsiders.oidc.is_empty() && outsiders.services.iter().all(|service| service == PIPELINES)
    })
}

fn finding(picture: &Picture<'_>, actor: Actor, reached: Reached) -> Finding {
    let account = picture.account();
    let when = if reached.open { " when conditions hold" } else { "" };
    let message = format!(
        "`{}` can invoke the gate itself{when}. That releases nothing: the gate believes CodePipeline alone about its job, not the event. But it \
         can be made to judge again, and calls cost money and crowd out those of pipelines.",
        picture.name(actor),
    );
    let help = "Leave lambda:InvokeFunction on the gate to the pipelines' service role, and deny it to everybody else: \
                `policygen generate --guardrails` denies it to approvers.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    let blames = picture.survey.permissions.blame(actor, Action::InvokeFunction, &reached.witness);
    finding.evidence = vec![evidence::actor(account, actor, "acts")];
    let chain = evidence::chain(account, actor, Action::InvokeFunction, &blames);
    finding.evidence.extend(chain);
    finding.witness = Some(reached.witness);
    finding
}
