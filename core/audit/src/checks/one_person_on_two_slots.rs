//! `one-person-on-two-slots`: principals that the gate counts as one person, and that together
//! serve two slots.

use findings::{Check, Finding, Severity};
use std::rc::Rc;

use iam::account::Actor;
use rule::{Principal, RequireSignature};

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::action::APPROVE;
use crate::counted::conclude;
use crate::equivalence_class::EquivalenceClass;
use crate::people;
use crate::reach_index::{Candidate, ServedSlots, UndecidedError};

pub(super) const CHECK: Check<Find> = Check {
    code: "one-person-on-two-slots",
    severity: Severity::Warning,
    title: "Principals of one person serve two slots",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let reach = &view.reach;
    let serving = view.actors().filter(|actor| reach.slots_of(*actor).any());
    // Another check reports a principal that serves both by itself.
    let serving: Vec<Actor> =
        serving.filter(|actor| reach.slots_of(*actor).pair.is_none()).collect();
    let arns: Vec<&str> = serving.iter().map(|actor| view.account().arn(*actor)).collect();
    let mut findings = Vec::new();
    for person in people::persons(view, &arns) {
        let mut members: Vec<Actor> =
            person.iter().filter_map(|at| serving.get(*at)).copied().collect();
        members.sort_unstable_by_key(|actor| view.account().arn(*actor));
        if members.len() > 1 {
            findings.extend(about(view, &members)?);
        }
    }
    Ok(findings)
}

fn about(view: &AccountView<'_>, members: &[Actor]) -> Result<Option<Finding>, UndecidedError> {
    let reach = &view.reach;
    let account = view.account();
    let known = members.iter().filter_map(|actor| {
        let class = reach.permissions.class_of(*actor, APPROVE)?;
        Some((*actor, class, reach.slots_of(*actor)))
    });
    let known: Vec<(Actor, Rc<EquivalenceClass<'_>>, &ServedSlots)> = known.collect();
    let states = known.iter().map(|(_, class, served)| Candidate::now(class, served));
    let states: Vec<Candidate<'_>> = states.collect();
    let Some(&first) = members.first() else {
        return Ok(None);
    };
    let Some(pair) = reach.any_pair(&states).map_err(reach.undecided(first))? else {
        return Ok(None);
    };
    let served = pair.candidates.map(|at| known.get(at).map_or(first, |(actor, ..)| *actor));
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let [by_a, by_b] = served.map(|actor| view.name(actor));
    let why = match view.rule {
        Some(_) => "the rule counts them as one person",
        None => "by their names they are one person",
    };
    let when = if pair.open { ", if conditions hold" } else { "" };
    let message =
        format!("`{by_a}` may approve {a} and `{by_b}` {b} of the same stage{when}, and {why}.");
    let help = "Give one of the slots to somebody else. The gate counts them once, so it refuses a release that both approve. If they are two \
                people, name each under `people` in the rule.";
    let subject = served.iter().map(|actor| account.arn(*actor)).min().unwrap_or_default();
    let mut finding = CHECK.finding(subject.to_owned(), message, help.to_owned());
    let by = served.map(|actor| view.answers_as(actor, actor));
    let [by_a, by_b] = &by;
    let verdict = view.counting.ask([a, b], [by_a, by_b]);
    let refused = match is_one_by_name(view, served) {
        true => Severity::Error,
        false => CHECK.severity,
    };
    conclude(view, first, &mut finding, &verdict, refused);
    for (actor, action) in served.into_iter().zip(&pair.witness) {
        let chain = evidence_of(view, actor, std::slice::from_ref(action));
        finding.evidence.extend(chain);
    }
    let [_, second] = &pair.witness;
    finding.witness = Some(second.clone());
    Ok(Some(finding))
}

/// Whether the rule itself says who the human behind two principals is: they have two duties. If
/// only their names are similar, they may still be two humans.
fn is_one_by_name(view: &AccountView<'_>, actors: [Actor; 2]) -> bool {
    let Some(rule) = view.rule else { return false };
    // Where everybody has to sign, the entries of `signingKeys` are the people.
    let by_handle = rule.require_signature() != RequireSignature::No;
    let person = |actor| {
        let principal = Principal::parse(view.account().arn(actor));
        let person = match by_handle {
            true => rule.person_of(&principal, &view.gate_account),
            false => rule.entry_of(&principal, &view.gate_account),
        };
        person.ok().flatten()
    };
    let [a, b] = actors.map(person);
    a.is_some() && a == b
}
