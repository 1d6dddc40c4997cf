//! `can-grant-itself`: a principal that is one write away from two slots of one pipeline.

use iam::account::Actor;

use crate::audit::escalation::{Escalation, Write};
use crate::audit::evidence;
use crate::audit::picture::Picture;
use crate::audit::survey::{Both, State, SurveyError};
use crate::finding::{Evidence, Finding, Severity};
use crate::report::Check;

pub(super) const CHECK: Check = Check {
    code: "can-grant-itself",
    severity: Severity::Warning,
    title: "A principal can give itself what it lacks to approve two slots",
};

pub(super) fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, SurveyError> {
    let mut findings = Vec::new();
    for actor in picture.actors() {
        // Who has both needs no write.
        if picture.survey.approvals(actor)?.both.is_some() {
            continue;
        }
        findings.extend(about(picture, actor)?);
    }
    Ok(findings)
}

fn about(picture: &Picture<'_>, actor: Actor) -> Result<Option<Finding>, SurveyError> {
    let writes = Escalation::new(picture, actor).writes()?;
    if writes.is_empty() {
        return Ok(None);
    }
    // What was approved before the write counts as well.
    let mut before = vec![picture.survey.state(actor)];
    before.extend(
        picture
            .roads_from(actor)
            .iter()
            .map(|road| picture.survey.state(Actor::Role(road.role))),
    );
    let mut found: Vec<(Write<'_>, Both)> = Vec::new();
    for write in writes {
        // One target shows what an action can do.
        if found.iter().any(|(known, _)| known.action == write.action) {
            continue;
        }
        let states: Vec<&State<'_>> = before.iter().chain([&write.after]).collect();
        let both = picture.survey.pair(&states).map_err(picture.survey.about(actor))?;
        found.extend(both.map(|both| (write, both)));
    }
    Ok(finding(picture, actor, &found))
}

fn finding(picture: &Picture<'_>, actor: Actor, found: &[(Write<'_>, Both)]) -> Option<Finding> {
    let account = picture.account();
    let (_, both) = found.first()?;
    let [a, b] = both.slots.map(|slot| picture.slot(slot));
    let actions: Vec<&str> = found.iter().map(|(write, _)| write.action).collect();
    let message = format!(
        "`{}` is one write away from approving {a} and {b} of the same stage: {}.",
        picture.name(actor),
        actions.join(", "),
    );
    let help = "Deny these actions on what serves the slots: `policygen generate --guardrails` writes the policy. Leave them to a role \
                that is used under supervision, and accept that one with a reason.";
    let mut finding = CHECK.finding(account.arn(actor).to_owned(), message, help.to_owned());
    finding.evidence.push(evidence::actor(account, actor, "acts"));
    for (write, both) in found {
        let blames = picture
            .survey
            .may(actor, write.action, &write.resource)
            .unwrap_or_default();
        let when = if both.open { ", when conditions hold" } else { "" };
        let does = format!("{} may be done to it{when}, by", write.action);
        finding.evidence.push(Evidence::new("target", &write.resource, does));
        finding
            .evidence
            .extend(evidence::chain(account, actor, write.action, &blames));
    }
    let [_, second] = &both.witness;
    finding.witness = Some(second.clone());
    Some(finding)
}
