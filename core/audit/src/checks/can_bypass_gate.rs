//! `can-bypass-gate`: a principal that can release without the approvals, because it can change or
//! override what asks for them.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::bypass::OpenWay;
use crate::closure::Last;
use crate::evidence;
use crate::gate_role::answers_jobs_as_its_work;
use crate::permissions::As;
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
    let scope = view.reach.scope;
    let (gate, reviews) = (&scope.gate, scope.release.reviews_function.as_ref());
    if let Actor::Role(at) = actor
        && let Some(role) = account.role(at)
        && answers_jobs_as_its_work(account, role, gate, reviews)
    {
        return Ok(None);
    }
    let mut evidence = Vec::new();
    let mut found = Vec::new();
    let mut witness = None;
    let who = As::Now(actor);
    let might = view.bypass.might(&view.reach, actor);
    let ways = might.then(|| view.bypass.ways(&view.reach, &who, actor)).transpose()?;
    for way in ways.into_iter().flatten() {
        let way = way?;
        // Options and files may name the same thing.
        let text = words(&way);
        if found.contains(&text) {
            continue;
        }
        found.push(text);
        for met in &way.met {
            let resource = &met.reached.witness;
            let blames = view.reach.permissions.blame(actor, met.action, resource);
            evidence.extend(evidence::chain(account, actor, met.action, &blames));
            if resource != "*" {
                witness.get_or_insert_with(|| resource.clone());
            }
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

/// The actions of a way, and what they do.
fn words(way: &OpenWay) -> String {
    let actions: Vec<&str> = way.met.iter().map(|met| met.action.name()).collect();
    let is_open = way.met.iter().any(|met| met.reached.open);
    let when = if is_open { ", if conditions hold," } else { "" };
    // Several actions are the subject together.
    let does = match actions.len() {
        1 => way.does.clone(),
        _ => format!("together: it {}", way.does),
    };
    format!("{}{when} {does}", actions.join(" and "))
}

/// What an actor can do as somebody else, or with more permissions.
fn after_steps(view: &AccountView<'_>, actor: Actor) -> Result<Option<Finding>, UndecidedError> {
    let outcome = view.outcome(actor)?;
    let Some(past) = &outcome.past_the_gate else {
        return Ok(None);
    };
    let account = view.account();
    let depends = match past.chain.iter().any(|step| step.open) {
        true => ", if conditions hold",
        false => "",
    };
    let mut message = format!(
        "`{}` can bypass the gate after other steps{depends}: {}. ",
        view.name(actor),
        steps::words(view, actor, &past.chain),
    );
    let mut evidence = steps::evidence(view, actor, &past.chain);
    let mut witness = None;
    match &past.last {
        Last::Way(way) => {
            message.push_str(&format!("Then {}.", words(way)));
            for met in &way.met {
                let how = format!("{} may be done to it then", met.action);
                evidence.push(Evidence::new("target", &met.reached.witness, how));
            }
            witness = way.met.first().map(|met| met.reached.witness.clone());
        }
        Last::Role(role) => {
            let does = view.bypass.as_role(*role).unwrap_or_default();
            message.push_str(&format!("As `{}` it {does}.", view.name(*role)));
            evidence.push(Evidence::new("role", account.arn(*role), does));
        }
    }
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, HELP.to_owned());
    finding.evidence = evidence;
    finding.witness = witness.filter(|witness| witness != "*");
    Ok(Some(finding))
}
