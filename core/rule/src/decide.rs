//! Judges the facts of an execution under a rule.

use std::collections::{BTreeMap, BTreeSet};

use crate::approval::{Approval, judge};
use crate::attempts::Attempts;
use crate::authorship::{Authorship, authorship};
use crate::decision::{Decision, EffectiveRule, Reason, Record, Verdict};
use crate::excluded::{excluded, name_authors};
use crate::facts::Facts;
use crate::identity::{AmbiguousPerson, Basis};
use crate::key::{Key, Keys};
use crate::message;
use crate::misfit::{Misfit, check};
use crate::person::{Person, persons};
use crate::quorum::Quorum;
use crate::reason::ReasonCode;
use crate::revisions::revisions_of;
use crate::rule::Rule;
use crate::signed::Released;

/// Judges one execution. It is satisfied if every required action has an approval that counts, and
/// those approvals come from at least `quorum` distinct persons.
///
/// # Errors
/// [`Misfit`] if the rule gives a principal to two people, has no roster entry for a required
/// action, or spells an action's name in a different case. An error is never a verdict.
pub fn decide(rule: &Rule, facts: &Facts) -> Result<Decision, Misfit> {
    decide_on(rule, facts, &facts.attempts.iter().collect())
}

/// The same for attempts that were read before. `facts.attempts` is not looked at.
///
/// # Errors
/// As [`decide()`].
pub fn decide_on(rule: &Rule, facts: &Facts, attempts: &Attempts<'_>) -> Result<Decision, Misfit> {
    let stage = rule.stage().unwrap_or(&facts.gate_stage);
    let found = attempts.approvals_of(stage);
    let required = required_actions(rule, &found);
    check(rule, &found, &required)?;
    let revisions = revisions_of(attempts);
    let released = Released { execution: &facts.execution, stage, revisions: &revisions };

    let mut approvals = Vec::new();
    for action in &required {
        let newest = attempts.newest(stage, action);
        approvals.push(judge(rule, facts, &released, attempts.rejection, action, newest)?);
    }
    approvals.extend(attempts.incomplete().into_iter().map(Approval::incomplete));
    object_to_roles_of_signers(rule, facts, &mut approvals)?;

    let mut notes = Vec::new();
    let authorship = rule
        .reviews()
        .map(|reviews| authorship(rule, reviews, &facts.account, attempts, &revisions));
    let persons = count(rule, facts, authorship.as_ref(), &mut approvals, &mut notes)?;
    if let Some(Ok(authorship)) = &authorship {
        name_authors(rule, facts, authorship, &mut approvals);
    }
    let (authors, authors_unknown) = match authorship {
        Some(Ok(authors)) => (Some(authors), None),
        Some(Err(why)) => (None, Some(why)),
        None => (None, None),
    };
    let mut against: Vec<Reason> =
        approvals.iter().filter_map(|approval| approval.objection.clone()).collect();
    // Name a rejection before the approvals that it supersedes.
    against.sort_by_key(|reason| reason.code != ReasonCode::Rejected);
    // One person may fall short in several lists.
    let mut known = BTreeSet::new();
    for (quorum, actions) in lists(rule, &required, &found) {
        let shortfalls = quorum_not_met(rule, facts, quorum, actions, &persons, &approvals);
        against.extend(shortfalls.into_iter().filter(|reason| known.insert(reason.clone())));
    }
    let record = Record {
        schema_version: 1,
        decided_at: facts.now,
        pipeline: facts.execution.pipeline.clone(),
        pipeline_version: facts.execution.pipeline_version,
        execution_id: facts.execution.id.clone(),
        stage: stage.to_owned(),
        job_id: facts.job_id.clone(),
        initiator: facts.initiator.clone(),
        authors,
        authors_unknown,
        revisions: revisions.iter().flatten().map(|revision| (*revision).to_owned()).collect(),
        assumptions: assumptions(&approvals),
        rule: EffectiveRule::new(rule, stage, required),
        rule_digest: rule.digest().to_owned(),
        approvals: approvals.into_iter().map(Approval::record).collect(),
        persons: persons.iter().map(|person| person.name().to_string()).collect(),
        quorum: rule.quorum(),
        verdict: if against.is_empty() { Verdict::Satisfied } else { Verdict::Unsatisfied },
        reasons: notes.into_iter().chain(against).collect(),
    };
    Ok(Decision {
        record,
        persons: persons.iter().map(|person| person.name().clone()).collect(),
        approvals_elsewhere: stage != facts.gate_stage,
    })
}

/// The actions that must be approved: those that the rule names, and every approval of the stage
/// unless the floor names the actions.
fn required_actions(rule: &Rule, found: &BTreeSet<String>) -> BTreeSet<String> {
    let named = rule.named_actions().map(str::to_owned);
    let every = found.iter().filter(|_| rule.requires_every_approval()).cloned();
    named.chain(every).collect()
}

/// Each list of actions that must meet a quorum: the union, and the lists that it unites.
///
/// A list of the same actions as an earlier one says nothing new, unless it asks for more persons.
fn lists<'a>(
    rule: &'a Rule,
    required: &'a BTreeSet<String>,
    found: &'a BTreeSet<String>,
) -> Vec<(Quorum, &'a BTreeSet<String>)> {
    let mut lists = vec![(rule.quorum(), required)];
    for part in rule.parts() {
        let actions = part.actions.as_ref().unwrap_or(found);
        if !lists.iter().any(|(quorum, known)| *known == actions && *quorum >= part.quorum) {
            lists.push((part.quorum, actions));
        }
    }
    lists
}

/// An unsigned approval does not count if its role also carried a signature that counts.
///
/// INVARIANT (merge only): with `sharedRoles: collapse`, everybody who comes through a role counts
/// as one person. A signature makes its signer somebody else, so a signer who leaves out one
/// signature would be two.
fn object_to_roles_of_signers(
    rule: &Rule,
    facts: &Facts,
    approvals: &mut [Approval<'_>],
) -> Result<(), AmbiguousPerson> {
    let mut roles = BTreeSet::new();
    let counted = approvals.iter().filter(|approval| approval.objection.is_none());
    let signed = counted.filter(|approval| approval.basis == Some(Basis::Signature));
    for principal in signed.filter_map(|approval| approval.principal.as_ref()) {
        roles.extend(rule.keys(principal, &facts.account)?.role().cloned());
    }
    for approval in approvals.iter_mut().filter(|approval| approval.objection.is_none()) {
        if let Some(role) = approval.keys.role().filter(|role| roles.contains(role)) {
            approval.objection = Some(Reason {
                code: ReasonCode::SharedRole,
                message: message::role_of_a_signer(&approval.action, role),
            });
        }
    }
    Ok(())
}

/// What the decision assumes if an approval through a shared role counts.
fn assumptions(approvals: &[Approval<'_>]) -> Vec<String> {
    let counted = approvals.iter().filter(|approval| approval.objection.is_none());
    let shared = counted.filter(|approval| approval.basis == Some(Basis::SharedRole));
    let roles: BTreeSet<String> =
        shared.flat_map(|approval| approval.keys.proven()).map(Key::label).collect();
    roles.iter().map(|role| message::one_person_behind(role)).collect()
}

/// Groups the approvals without objection into persons. The approvals of people that the rule
/// excludes get an objection.
fn count(
    rule: &Rule,
    facts: &Facts,
    authorship: Option<&Result<Authorship, String>>,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Vec<Person>, AmbiguousPerson> {
    let excluded = excluded(rule, facts, authorship, approvals, notes)?;
    let mut principals: Vec<Keys> = approvals
        .iter()
        .map(|approval| match approval.objection {
            None => approval.keys.clone(),
            Some(_) => Keys::default(),
        })
        .collect();
    let approved = principals.len();
    principals.extend(excluded.iter().map(|person| person.keys.clone()));

    let exclusion = |person: &Person| {
        let mut members = person.members().iter();
        members.find_map(|member| excluded.get(member.checked_sub(approved)?))
    };
    let persons = persons(&principals);
    let (out, counted): (Vec<Person>, Vec<Person>) =
        persons.into_iter().partition(|person| exclusion(person).is_some());
    for (person, why) in out.iter().filter_map(|person| Some((person, exclusion(person)?))) {
        for at in person.members() {
            if let Some(approval) = approvals.get_mut(*at) {
                approval.objection = Some(why.objection(&approval.action));
            }
        }
    }
    for person in &counted {
        for at in person.members() {
            if let Some(approval) = approvals.get_mut(*at) {
                approval.person = Some(person.name().clone());
            }
        }
    }
    Ok(counted)
}

/// Why too few persons approved these actions. Empty if they are enough.
fn quorum_not_met(
    rule: &Rule,
    facts: &Facts,
    quorum: Quorum,
    actions: &BTreeSet<String>,
    persons: &[Person],
    approvals: &[Approval<'_>],
) -> Vec<Reason> {
    let theirs = |person: &Person| -> Vec<&Approval<'_>> {
        let members = person.members().iter();
        members.filter_map(|position| approvals.get(*position)).collect()
    };
    let of_actions = |approval: &&Approval<'_>| actions.contains(&approval.action);
    let by_person: Vec<(&Person, Vec<&Approval<'_>>)> = persons
        .iter()
        .map(|person| (person, theirs(person)))
        .filter(|(_, theirs)| theirs.iter().any(of_actions))
        .collect();
    if quorum.is_met_by(by_person.len()) {
        return Vec::new();
    }
    let shortfall = Reason {
        code: ReasonCode::QuorumNotMet,
        message: message::quorum_not_met(by_person.len(), quorum.get(), actions),
    };
    let same =
        by_person.iter().filter_map(|(person, theirs)| same_person(rule, facts, person, theirs));
    same.chain([shortfall]).collect()
}

/// The reason that several approvals came from one person, if they did.
fn same_person(
    rule: &Rule,
    facts: &Facts,
    person: &Person,
    theirs: &[&Approval<'_>],
) -> Option<Reason> {
    if theirs.len() < 2 {
        return None;
    }
    let mut held_by: BTreeMap<&Key, usize> = BTreeMap::new();
    for key in theirs.iter().flat_map(|approval| approval.keys.all()) {
        *held_by.entry(key).or_default() += 1;
    }
    let shared: Vec<&Key> =
        held_by.into_iter().filter(|(_, approvals)| *approvals > 1).map(|(key, _)| key).collect();
    let by_role = shared.iter().any(|key| matches!(key, Key::Role { .. }));
    let how_to_trust = theirs
        .iter()
        .filter(|_| by_role)
        .filter_map(|approval| approval.principal.as_ref())
        .map(|principal| message::how_to_trust(rule, principal, &facts.account))
        .find(|how| !how.is_empty());
    Some(Reason {
        code: ReasonCode::SamePerson,
        message: message::same_person(
            theirs.iter().map(|approval| approval.action.clone()),
            person.name(),
            &shared,
            &how_to_trust.unwrap_or_default(),
        ),
    })
}
