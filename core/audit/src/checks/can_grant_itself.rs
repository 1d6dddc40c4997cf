//! `can-grant-itself`: a principal that is one write away from two slots of one pipeline.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::escalation::{Escalation, REMOVALS, WRITES, Write};
use crate::evidence;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "can-grant-itself",
    severity: Severity::Warning,
    title: "A principal can give itself the permissions to approve two slots",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for actor in view.reach.permissions.actors_that_might(&[&WRITES[..], &REMOVALS[..]].concat()) {
        // A principal that has both does not need a write.
        if view.reach.slots_of(actor).pair.is_some() {
            continue;
        }
        let found = Escalation::new(view, actor).writes()?;
        findings.extend(finding(view, actor, &found));
    }
    Ok(findings)
}

fn finding(view: &AccountView<'_>, actor: Actor, found: &[Write]) -> Option<Finding> {
    let account = view.account();
    let pair = &found.first()?.pair;
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let actions: Vec<&str> = found.iter().map(|write| write.action.name()).collect();
    let message = format!(
        "`{}` is one write away from approving {a} and {b} of the same stage: {}.",
        view.name(actor),
        actions.join(", "),
    );
    let help = "Deny these actions on the users, groups, roles and policies that serve the slots: `policygen generate --guardrails` \
                writes the policy. Leave them to a role that is used under supervision, and accept the finding about that \
                role with a reason.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    finding.evidence.push(evidence::actor(account, actor, "acts"));
    for write in found {
        let permissions = &view.reach.permissions;
        let blames = permissions.blame(actor, write.action, &write.resource);
        let when = if write.pair.open { ", if conditions hold" } else { "" };
        let does = format!("{} may be done to it{when}, by", write.action);
        finding.evidence.push(Evidence::new("target", &write.resource, does));
        finding.evidence.extend(evidence::chain(account, actor, write.action, &blames));
    }
    let [_, second] = &pair.witness;
    finding.witness = Some(second.clone());
    Some(finding)
}
