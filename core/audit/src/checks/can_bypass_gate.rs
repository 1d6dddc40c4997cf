//! `can-bypass-gate`: a principal that can release without the approvals, because it can change or
//! override what asks for them.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::bypass::WAYS;
use crate::evidence;
use crate::reach_index::UndecidedError;
use crate::steps;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-bypass-gate",
    severity: Severity::Warning,
    title: "A principal can bypass the gate",
    find,
};

const HELP: &str = "Deny these to everybody who approves or develops: `policygen generate --guardrails` writes the policy. Leave them to a \
                    role that is used under supervision, and accept the finding about that role with a reason.";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in view.actors() {
        findings.extend(about(view, actor)?);
    }
    Ok(findings)
}

fn about(view: &AccountView<'_>, actor: Actor) -> Result<Option<Finding>, UndecidedError> {
    let account = view.account();
    let mut evidence = Vec::new();
    let mut found = Vec::new();
    let mut witness = None;
    for (action, does) in WAYS {
        let Some(reached) = view.reach.reaches(actor, action)? else {
            continue;
        };
        let when = if reached.open { ", if conditions hold," } else { "" };
        found.push(format!("{action}{when} {does}"));
        let blames = view.reach.permissions.blame(actor, action, &reached.witness);
        evidence.extend(evidence::chain(account, actor, action, &blames));
        if reached.witness != "*" {
            witness.get_or_insert_with(|| reached.witness.clone());
        }
    }
    if found.is_empty() {
        return after_steps(view, actor);
    }
    let message = format!("`{}` can bypass the gate: {}.", view.name(actor), found.join("; "));
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, HELP.to_owned());
    finding.evidence = vec![evidence::actor(account, actor, "acts")];
    finding.evidence.append(&mut evidence);
    finding.witness = witness;
    Ok(Some(finding))
}

/// What an actor can do as somebody else, or with more permissions.
fn after_steps(view: &AccountView<'_>, actor: Actor) -> Result<Option<Finding>, UndecidedError> {
    let outcome = view.outcome(actor)?;
    let Some(past) = &outcome.past_the_gate else {
        return Ok(None);
    };
    let (action, reached) = (past.action, &past.reached);
    let does = WAYS.iter().find(|(it, _)| *it == action).map_or("", |(_, does)| does);
    let open = reached.open || past.chain.iter().any(|step| step.open);
    let when = if open { ", if conditions hold," } else { "" };
    let message = format!(
        "`{}` can bypass the gate after other steps: {}. Then {action}{when} {does}.",
        view.name(actor),
        steps::words(view, actor, &past.chain),
    );
    let account = view.account();
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, HELP.to_owned());
    finding.evidence = steps::evidence(view, actor, &past.chain);
    finding.evidence.push(Evidence::new(
        "target",
        &reached.witness,
        format!("{action} may be done to it then"),
    ));
    finding.witness = Some(reached.witness.clone()).filter(|witness| witness != "*");
    Ok(Some(finding))
}
