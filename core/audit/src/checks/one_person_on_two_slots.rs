//! `one-person-on-two-slots`: principals that the gate counts as one person, and that together
//! serve two slots.

use std::rc::Rc;

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;
use rule::{Principal, RequireSignature};

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::action::APPROVE;
use crate::answerer::Answerer;
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

/// A principal as CodePipeline shows it: a user, a role, or a session of a role of IAM Identity
/// Center.
#[derive(Clone)]
struct Member {
    actor: Actor,
    arn: String,
    /// The name of the person whose session it is.
    person: Option<String>,
}

impl Member {
    fn name(&self, view: &AccountView<'_>) -> String {
        let name = view.name(self.actor);
        let of = self.person.as_ref().map(|person| format!("{person} by {name}"));
        of.unwrap_or_else(|| name.to_owned())
    }

    fn answers(&self, view: &AccountView<'_>) -> Answerer {
        match &self.person {
            Some(person) => view.session_named(view.account().arn(self.actor), person),
            None => view.answers_as(self.actor, self.actor),
        }
    }

    /// Whether two are sessions of one person of IAM Identity Center. Another check reports who is
    /// assigned to both roles.
    fn is_same_person(&self, other: &Self) -> bool {
        self.person.is_some() && self.person == other.person
    }
}

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let reach = &view.reach;
    let serving = view.actors().filter(|actor| reach.slots_of(*actor).any());
    // Another check reports a principal that serves both by itself.
    let serving = serving.filter(|actor| reach.slots_of(*actor).pair.is_none());
    let serving: Vec<Member> = serving.flat_map(|actor| members(view, actor)).collect();
    let arns: Vec<&str> = serving.iter().map(|member| member.arn.as_str()).collect();
    let mut findings = Vec::new();
    for person in people::persons(view, &arns) {
        let mut members: Vec<&Member> = person.iter().filter_map(|at| serving.get(*at)).collect();
        members.sort_unstable_by_key(|member| &member.arn);
        if members.len() > 1 {
            findings.extend(about(view, &members)?);
        }
    }
    Ok(findings)
}

/// An actor, or the sessions of its people if it is known who they are.
fn members(view: &AccountView<'_>, actor: Actor) -> Vec<Member> {
    match people::sessions_of(view, actor) {
        Some(sessions) => {
            sessions.map(|(arn, person)| Member { actor, arn, person: Some(person) }).collect()
        }
        None => {
            let arn = view.account().arn(actor).to_owned();
            vec![Member { actor, arn, person: None }]
        }
    }
}

fn about(view: &AccountView<'_>, members: &[&Member]) -> Result<Option<Finding>, UndecidedError> {
    let reach = &view.reach;
    let known = members.iter().filter_map(|member| {
        let class = reach.permissions.class_of(member.actor, APPROVE)?;
        Some((*member, class, reach.slots_of(member.actor)))
    });
    let known: Vec<(&Member, Rc<EquivalenceClass<'_>>, &ServedSlots)> = known.collect();
    let states = known.iter().map(|(_, class, served)| Candidate::now(class, served));
    let states: Vec<Candidate<'_>> = states.collect();
    let Some(&first) = members.first() else {
        return Ok(None);
    };
    let member = |at: usize| known.get(at).map_or(first, |(member, ..)| *member);
    let found = reach.find_pair(&states, 0, |_, i, j| !member(i).is_same_person(member(j)));
    let Some(pair) = found.map_err(reach.undecided(first.actor))? else {
        return Ok(None);
    };
    let served = pair.candidates.map(member);
    let [a, b] = pair.slots.map(|slot| view.slot(slot));
    let [by_a, by_b] = served.map(|member| member.name(view));
    let why = match view.rule {
        Some(_) => "the rule counts them as one person",
        None => "by their names they are one person",
    };
    let when = if pair.open { ", if conditions hold" } else { "" };
    let message =
        format!("`{by_a}` may approve {a} and `{by_b}` {b} of the same stage{when}, and {why}.");
    let help = "Give one of the slots to somebody else. The gate counts them once, so it refuses a release that both approve. If they are two \
                people, name each under `people` in the rule.";
    let subject = served.iter().map(|member| member.arn.as_str()).min().unwrap_or_default();
    let mut finding = CHECK.finding(subject.to_owned(), message, help.to_owned());
    let [by_a, by_b] = &served.map(|member| member.answers(view));
    let verdict = view.counting.ask([a, b], [by_a, by_b]);
    let refused = match is_one_by_name(view, served.map(|member| member.arn.as_str())) {
        true => Severity::Error,
        false => CHECK.severity,
    };
    conclude(view, first.actor, &mut finding, &verdict, refused);
    for (member, action) in served.into_iter().zip(&pair.witness) {
        let session = member.person.is_some().then(|| {
            Evidence::new("session", &member.arn, "is that of a person of IAM Identity Center")
        });
        finding.evidence.extend(session);
        finding.evidence.extend(evidence_of(view, member.actor, std::slice::from_ref(action)));
    }
    let [_, second] = &pair.witness;
    finding.witness = Some(second.clone());
    Ok(Some(finding))
}

/// Whether the rule itself says who the human behind two principals is: they have two duties. If
/// only their names are similar, they may still be two humans.
fn is_one_by_name(view: &AccountView<'_>, arns: [&str; 2]) -> bool {
    let Some(rule) = view.rule else { return false };
    // Where everybody has to sign, the entries of `signingKeys` are the people.
    let by_handle = rule.require_signature() != RequireSignature::No;
    let person = |arn| {
        let principal = Principal::parse(arn);
        let person = match by_handle {
            true => rule.person_of(&principal, &view.gate_account),
            false => rule.entry_of(&principal, &view.gate_account),
        };
        person.ok().flatten()
    };
    let [a, b] = arns.map(person);
    a.is_some() && a == b
}
