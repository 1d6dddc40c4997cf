//! `can-make-second-person`: a principal that can act as a second person: it makes one, takes one
//! over, or signs in as one.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::{Find, can_approve_both_through_role};
use crate::account_view::AccountView;
use crate::counted::{conclude, worst};
use crate::evidence;
use crate::of_aws;
use crate::reach_index::UndecidedError;
use crate::second_person::{self, Way};
use crate::steps;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-make-second-person",
    severity: Severity::Warning,
    title: "A principal can make a second person and approve as two",
    find,
};

const HELP: &str = "Deny these actions to everybody who approves: `policygen generate --guardrails` writes the policy. Set `onlyPeople` in the \
                    gate's rule, so that only the people that it names count. Leave the actions to a role that is used under \
                    supervision, and accept the finding about that role with a reason.";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    for actor in view.actors() {
        // Only AWS acts as these roles.
        if account.identity(actor).is_some_and(of_aws::is_service_linked)
            && matches!(actor, Actor::Role(_))
        {
            continue;
        }
        let ways = second_person::ways(view, actor)?;
        findings.extend(worst(finding(view, actor, &ways), || after_steps(view, actor))?);
    }
    Ok(findings)
}

/// A second person that an actor can make, or sign in as, after several steps.
fn after_steps(view: &AccountView<'_>, actor: Actor) -> Result<Option<Finding>, UndecidedError> {
    let outcome = view.outcome(actor)?;
    let Some(slots) = outcome.slots.as_ref().filter(|slots| slots.by_somebody_made) else {
        return Ok(None);
    };
    if !slots.verdict.counts_two() && can_approve_both_through_role::verdict(view, actor)?.is_some()
    {
        return Ok(None);
    }
    let says = |of: &str| format!("can approve {of} as two people");
    Ok(Some(steps::to_two_slots(&CHECK, HELP, view, actor, slots, says)))
}

fn finding(view: &AccountView<'_>, actor: Actor, ways: &[Way]) -> Option<Finding> {
    let account = view.account();
    let first = ways.iter().find(|way| way.verdict.counts_two()).or(ways.first())?;
    let pair = &first.pair;
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let texts: Vec<String> = ways.iter().map(words).collect();
    let message = format!(
        "`{}` can make a second person and approve {a} and {b} of the same stage as two: {}.",
        view.name(actor),
        texts.join("; "),
    );
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, HELP.to_owned());
    conclude(view, actor, &mut finding, &first.verdict, CHECK.severity);
    finding.evidence.push(evidence::actor(account, actor, "acts"));
    for way in ways {
        for step in &way.steps {
            let blames = view.reach.permissions.blame(actor, step.action, &step.resource);
            let does = format!("{} may be done to it, by", step.action);
            finding.evidence.push(Evidence::new("target", &step.resource, does));
            let chain = evidence::chain(account, actor, step.action, &blames);
            finding.evidence.extend(chain);
        }
    }
    let [_, second] = &pair.witness;
    finding.witness = Some(second.clone());
    Some(finding)
}

/// One way, in words: the second person, and the writes.
fn words(way: &Way) -> String {
    let mut actions: Vec<&str> = Vec::new();
    for step in &way.steps {
        if !actions.contains(&step.action.name()) {
            actions.push(step.action.name());
        }
    }
    let mut called = way.called.clone();
    called.dedup();
    let when = if way.open { ", if conditions hold" } else { "" };
    format!("as {}, by {}{when}", called.join(" and "), actions.join(", "))
}
