//! `can-invoke-gate`: a principal that can invoke the gate's function itself, as only pipelines
//! need to.

use findings::{Check, Finding, Severity};
use std::collections::HashMap;

use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::action::Action;
use crate::bypass::PIPELINES;
use crate::equivalence_class::{ClassId, Reached};
use crate::evidence;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-invoke-gate",
    severity: Severity::Warning,
    title: "A principal can invoke the gate itself",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let reach = &view.reach;
    let forms = reach.scope.gate_forms(view.account());
    let mut known: HashMap<ClassId, Option<Reached>> = HashMap::new();
    let mut findings = Vec::new();
    for actor in reach.permissions.actors_that_might(&[Action::InvokeFunction]) {
        let Some(class) = reach.permissions.class_of(actor, Action::InvokeFunction) else {
            continue;
        };
        let reached = match known.get(&class.id) {
            Some(known) => known.clone(),
            None => {
                let mut reached = None;
                for form in &forms {
                    if reached.is_none() {
                        reached = reach.reach_all(actor, form, &[&class.clauses])?;
                    }
                }
                known.insert(class.id, reached.clone());
                reached
            }
        };
        let Some(reached) = reached else { continue };
        // A principal that can bypass the gate does not need to invoke it.
        if is_for_pipelines(view, actor) || view.bypass.is_open_to(reach, actor)? {
            continue;
        }
        findings.push(finding(view, actor, reached));
    }
    Ok(findings)
}

/// Whether only pipelines act as this: they have to invoke the gate.
fn is_for_pipelines(view: &AccountView<'_>, actor: Actor) -> bool {
    let Actor::Role(at) = actor else { return false };
    let role = view.account().role(at).filter(|_| view.is_beyond_people(actor));
    role.is_some_and(|role| {
        let outsiders = view.account().outsiders(role);
        outsiders.oidc.is_empty() && outsiders.services.iter().all(|service| service == PIPELINES)
    })
}

fn finding(view: &AccountView<'_>, actor: Actor, reached: Reached) -> Finding {
    let account = view.account();
    let when = if reached.open { " if conditions hold" } else { "" };
    let message = format!(
        "`{}` can invoke the gate itself{when}. That releases nothing: the gate believes only CodePipeline about its job, not the event. But the \
         caller can make it judge again, and calls cost money and crowd out the calls of pipelines.",
        view.name(actor),
    );
    let help = "Leave lambda:InvokeFunction on the gate to the service role of the pipelines, and deny it to everybody else: \
                `policygen generate --guardrails` denies it to approvers.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    let blames = view.reach.permissions.blame(actor, Action::InvokeFunction, &reached.witness);
    finding.evidence = vec![evidence::actor(account, actor, "acts")];
    let chain = evidence::chain(account, actor, Action::InvokeFunction, &blames);
    finding.evidence.extend(chain);
    finding.witness = Some(reached.witness);
    finding
}
