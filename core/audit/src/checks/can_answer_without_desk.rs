//! `can-answer-without-desk`: somebody else than the desk may answer, although there is a desk.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::action::APPROVE;
use crate::evidence;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-answer-without-desk",
    severity: Severity::Error,
    title: "Somebody else than the desk may answer",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let Some(desk) = view.desk else {
        return Ok(Vec::new());
    };
    let findings = view
        .actors()
        .filter(|actor| *actor != desk)
        .filter_map(|actor| by_itself(view, actor).or_else(|| as_the_desk(view, actor, desk)));
    Ok(findings.collect())
}

/// With its own permissions.
fn by_itself(view: &AccountView<'_>, actor: Actor) -> Option<Finding> {
    let served = view.reach.slots_of(actor);
    let (_, first) = served.iter().next()?;
    let slots: Vec<&str> = served.iter().map(|(slot, _)| view.slot(slot)).collect();
    let message = format!("`{}` may answer {} itself.", view.name(actor), slots.join(" and "));
    let help = format!(
        "Deny it {APPROVE}: `policygen generate --mechanism desk` writes such a policy for \
         approvers, and `--scp` one for everybody."
    );
    let mut finding = CHECK.finding(view.account().arn(actor).to_owned(), message, help);
    finding.evidence = evidence_of(view, actor, std::slice::from_ref(&first.witness));
    finding.witness = Some(first.witness.clone());
    Some(finding)
}

/// By assuming the desk's role, which only the desk's function should.
fn as_the_desk(view: &AccountView<'_>, actor: Actor, desk: Actor) -> Option<Finding> {
    if view.is_beyond_people(actor) {
        return None;
    }
    let Actor::Role(role) = desk else { return None };
    let chain = view.reachable(actor).chain_to_role(role)?;
    let account = view.account();
    let message = format!(
        "`{}` may become `{}`, and answer for everybody whose signature it has.",
        view.name(actor),
        view.name(desk)
    );
    let help = "Let only the role of the desk's function assume that role, and only Lambda assume \
                the role of the function.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    let mut steps = vec![evidence::actor(account, actor, "acts")];
    for role in &chain.through {
        let arn = account.arn(Actor::Role(*role));
        steps.push(Evidence::new("role", arn, "can be assumed"));
    }
    finding.evidence = steps;
    Some(finding)
}
