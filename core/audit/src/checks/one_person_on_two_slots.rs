//! `one-person-on-two-slots`: principals that the gate takes for one human, and that serve two
//! slots between them.

use findings::{Check, Finding, Severity};
use std::rc::Rc;

use iam::account::Actor;

use super::Find;
use super::can_approve_both::evidence_of;
use crate::action::APPROVE;
use crate::alike::Alike;
use crate::people;
use crate::picture::Picture;
use crate::survey::{Approvals, Candidate, UndecidedError};

pub(super) const CHECK: Check<Find> = Check {
    code: "one-person-on-two-slots",
    severity: Severity::Warning,
    title: "Principals that are one human serve two slots",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let survey = &picture.survey;
    let serving = picture.actors().filter(|actor| survey.approvals(*actor).any());
    // One that serves both by itself is found for that.
    let serving: Vec<Actor> =
        serving.filter(|actor| survey.approvals(*actor).both.is_none()).collect();
    let arns: Vec<&str> = serving.iter().map(|actor| picture.account().arn(*actor)).collect();
    let mut findings = Vec::new();
    for person in people::persons(picture, &arns) {
        let mut members: Vec<Actor> =
            person.iter().filter_map(|at| serving.get(*at)).copied().collect();
        members.sort_unstable_by_key(|actor| picture.account().arn(*actor));
        if members.len() > 1 {
            findings.extend(about(picture, &members)?);
        }
    }
    Ok(findings)
}

fn about(picture: &Picture<'_>, members: &[Actor]) -> Result<Option<Finding>, UndecidedError> {
    let survey = &picture.survey;
    let account = picture.account();
    let known = members.iter().filter_map(|actor| {
        let alike = survey.permissions.alike(*actor, APPROVE)?;
        Some((*actor, alike, survey.approvals(*actor)))
    });
    let known: Vec<(Actor, Rc<Alike<'_>>, &Approvals)> = known.collect();
    let states = known.iter().map(|(_, alike, approvals)| Candidate::now(alike, approvals));
    let states: Vec<Candidate<'_>> = states.collect();
    let Some(&first) = members.first() else {
        return Ok(None);
    };
    let Some(both) = survey.pair(&states).map_err(survey.about(first))? else {
        return Ok(None);
    };
    let served = both.states.map(|at| known.get(at).map_or(first, |(actor, ..)| *actor));
    let [a, b] = both.slots.map(|slot| picture.slot(slot));
    let [by_a, by_b] = served.map(|actor| picture.name(actor));
    let why = match picture.rule {
        Some(_) => "the rule takes them for one human",
        None => "by their names they are one human",
    };
    let when = if both.open { ", when conditions hold" } else { "" };
    let message =
        format!("`{by_a}` may approve {a} and `{by_b}` {b} of the same stage{when}, and {why}.");
    let help = "Give one of the slots to somebody else. The gate counts them once, so a release that both approve is refused. If they are two \
                humans, say so: name each under `people` in the rule.";
    let subject = served.iter().map(|actor| account.arn(*actor)).min().unwrap_or_default();
    let mut finding = CHECK.finding(subject.to_owned(), message, help.to_owned());
    for (actor, action) in served.into_iter().zip(&both.witness) {
        let chain = evidence_of(picture, actor, std::slice::from_ref(action));
        finding.evidence.extend(chain);
    }
    let [_, second] = &both.witness;
    finding.witness = Some(second.clone());
    Ok(Some(finding))
}
