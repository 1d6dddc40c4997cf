//! `can-make-second-person`: a principal that can act as a second person: it makes one, takes one
//! over, or signs in as one.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::evidence;
use crate::reach_index::UndecidedError;
use crate::second_person::{self, Way};

pub(super) const CHECK: Check<Find> = Check {
    code: "can-make-second-person",
    severity: Severity::Warning,
    title: "A principal can make a second person and approve as two",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    let actors = view.actors().filter(|actor| second_person::might_make(view, *actor));
    for actor in actors {
        // Only AWS acts as these roles.
        if account.identity(actor).is_some_and(second_person::is_of_aws)
            && matches!(actor, Actor::Role(_))
        {
            continue;
        }
        findings.extend(finding(view, actor, &second_person::ways(view, actor)?));
    }
    Ok(findings)
}

fn finding(view: &AccountView<'_>, actor: Actor, ways: &[Way]) -> Option<Finding> {
    let account = view.account();
    let pair = &ways.first()?.pair;
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let texts: Vec<String> = ways.iter().map(words).collect();
    let message = format!(
        "`{}` can make a second person and approve {a} and {b} of the same stage as two: {}.",
        view.name(actor),
        texts.join("; "),
    );
    let help = "Deny these actions to everybody who approves: `policygen generate --guardrails` writes the policy. Set `onlyPeople` in the \
                gate's rule, so that only the people that it names count. Leave the actions to a role that is used under \
                supervision, and accept the finding about that role with a reason.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
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
