//! From facts and a rule to a decision.

use std::collections::BTreeSet;

use crate::approval::{Approval, how_to_trust, judge, nobody};
use crate::attempts::{Rejection, approvals_of, is_incomplete, newest_attempt};
use crate::decision::{Decision, EffectiveRule, Reason, Record, Verdict};
use crate::facts::{Facts, Initiator};
use crate::identity::{AmbiguousPerson, Basis};
use crate::key::{Key, Keys};
use crate::message::{distinct_persons, list, shown};
use crate::misfit::{Misfit, check};
use crate::person::{Person, persons};
use crate::principal::Principal;
use crate::reason::ReasonCode;
use crate::rule::{Quorum, Rule};

/// Judges one execution. Satisfied means: every required action carries an approval that counts,
/// and those approvals come from at least `quorum` distinct persons.
///
/// # Errors
/// [`Misfit`] if the rule gives a principal to two people, lacks a required action in its roster,
/// or spells an action's name in another case: then there is no verdict.
pub fn decide(rule: &Rule, facts: &Facts) -> Result<Decision, Misfit> {
    let stage = rule.stage().unwrap_or(&facts.gate_stage);
    let found = approvals_of(stage, &facts.attempts);
    let required = required_actions(rule, &found);
    check(rule, &found, &required)?;
    let rejection = Rejection::newest(&facts.attempts);

    let mut approvals = Vec::new();
    for action in &required {
        let newest = newest_attempt(&facts.attempts, stage, action);
        approvals.push(judge(rule, facts, rejection, action, newest)?);
    }
    for incomplete in facts.attempts.iter().filter(|a| is_incomplete(a)) {
        approvals.push(Approval::incomplete(incomplete));
    }

    let mut notes = Vec::new();
    let persons = count(rule, facts, &mut approvals, &mut notes)?;
    let of = |quorum, actions| quorum_not_met(rule, facts, quorum, actions, &persons, &approvals);
    let mut shortfalls = of(rule.quorum(), &required);
    for part in rule.parts() {
        let actions = part.actions.as_ref().unwrap_or(&found);
        shortfalls.extend(of(part.quorum, actions));
    }
    let mut against: Vec<Reason> =
        approvals.iter().filter_map(|approval| approval.objection.clone()).collect();
    // A rejection stands before the approvals that it supersedes.
    against.sort_by_key(|reason| reason.code != ReasonCode::Rejected);
    against.extend(shortfalls);
    let record = Record {
        schema_version: 1,
        decided_at: facts.now,
        pipeline: facts.execution.pipeline.clone(),
        pipeline_version: facts.execution.pipeline_version,
        execution_id: facts.execution.id.clone(),
        stage: stage.to_owned(),
        job_id: facts.job_id.clone(),
        initiator: facts.initiator.clone(),
        assumptions: assumptions(&approvals),
        rule: EffectiveRule::of(rule, stage, required),
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

/// The actions that must be approved: those named, and every approval found unless the floor names
/// them.
fn required_actions(rule: &Rule, found: &BTreeSet<String>) -> BTreeSet<String> {
    let named = rule.named_actions().map(str::to_owned);
    let every = found.iter().filter(|_| rule.requires_every_approval()).cloned();
    named.chain(every).collect()
}

/// What is taken for granted where an approval through a shared role counts.
fn assumptions(approvals: &[Approval<'_>]) -> Vec<String> {
    let counted = approvals.iter().filter(|approval| approval.objection.is_none());
    let shared = counted.filter(|approval| approval.basis == Some(Basis::SharedRole));
    let roles: BTreeSet<String> =
        shared.flat_map(|approval| approval.keys.proven()).map(Key::label).collect();
    let assumed = |role: String| {
        format!(
            "`sharedRoles` is `collapse`: everybody who came through {role} counts as one person, who is taken to be nobody else"
        )
    };
    roles.into_iter().map(assumed).collect()
}

/// Groups the approvals without objection into persons, and objects to those of the initiator where
/// the rule wants that.
fn count(
    rule: &Rule,
    facts: &Facts,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Vec<Person>, AmbiguousPerson> {
    let initiator = if rule.excludes_initiator() {
        initiator_keys(rule, facts, approvals, notes)?
    } else {
        Keys::default()
    };
    let mut principals: Vec<Keys> = approvals
        .iter()
        .map(|approval| match approval.objection {
            None => approval.keys.clone(),
            Some(_) => Keys::default(),
        })
        .collect();
    let initiator_at = principals.len();
    principals.push(initiator);

    let (initiators, counted): (Vec<Person>, Vec<Person>) = persons(&principals)
        .into_iter()
        .partition(|person| person.members().contains(&initiator_at));
    for (position, approval) in approvals.iter_mut().enumerate() {
        let is_of = |person: &&Person| person.members().contains(&position);
        if initiators.iter().any(|person| is_of(&person)) {
            approval.objection = Some(Reason {
                code: ReasonCode::Initiator,
                message: format!("{} was approved by who started this execution", approval.action),
            });
        }
        approval.person = counted.iter().find(is_of).map(|p| p.name().clone());
    }
    Ok(counted)
}

/// The keys of who started the execution. Where somebody did and nobody knows who, every approval
/// could be theirs.
fn initiator_keys(
    rule: &Rule,
    facts: &Facts,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Keys, AmbiguousPerson> {
    let unknown = match &facts.initiator {
        Initiator::Principal(arn) => {
            let principal = Principal::parse(arn);
            if rule.is_machine_by_the_floor(&principal, &facts.account) {
                notes.push(no_human(&format!("{}, a machine by `notPeople`", shown(arn))));
                return Ok(Keys::default());
            }
            let keys = rule.keys(&principal, &facts.account)?;
            match rule.basis(&principal, &facts.account) {
                // INVARIANT (merge only): a name that the caller chose never lends blame. It could
                // have been anybody.
                Some(Basis::SharedRole) if keys.is_attributable() => format!(
                    "{} is a session of a role that several people may share; if it is a machine, name its role in `notPeople` of the \
                     function's rule",
                    shown(arn)
                ),
                Some(Basis::User | Basis::TrustedSession) if keys.is_attributable() => {
                    return Ok(keys);
                }
                Some(_) | None => nobody(&principal, &facts.account),
            }
        }
        Initiator::Automatic(trigger) => {
            notes.push(no_human(&shown(trigger)));
            return Ok(Keys::default());
        }
        Initiator::Unknown => "CodePipeline does not say who".to_owned(),
    };
    for approval in approvals.iter_mut().filter(|a| a.objection.is_none()) {
        approval.objection = Some(Reason {
            code: ReasonCode::Initiator,
            message: format!(
                "{}: the approver may be who started this execution ({unknown})",
                approval.action
            ),
        });
    }
    Ok(Keys::default())
}

/// The note that no human started the execution, but this did.
fn no_human(starter: &str) -> Reason {
    Reason {
        code: ReasonCode::Initiator,
        message: format!("no human initiator: the execution was started by {starter}"),
    }
}

/// The reasons, if any, that too few persons counted over these actions.
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
    let over = match actions.len() {
        0 => "the stage has no manual approvals".to_owned(),
        _ => format!("over {}", list(actions.iter().cloned())),
    };
    let shortfall = Reason {
        code: ReasonCode::QuorumNotMet,
        message: format!(
            "{} counted, {} are required ({over})",
            distinct_persons(by_person.len()),
            quorum.get()
        ),
    };
    let same =
        by_person.iter().filter_map(|(person, theirs)| same_person(rule, facts, person, theirs));
    same.chain([shortfall]).collect()
}

/// The reason that several approvals were one person's.
fn same_person(
    rule: &Rule,
    facts: &Facts,
    person: &Person,
    theirs: &[&Approval<'_>],
) -> Option<Reason> {
    if theirs.len() < 2 {
        return None;
    }
    let held_by = |key: &Key| theirs.iter().filter(|approval| approval.keys.has(key)).count();
    let keys: BTreeSet<&Key> = theirs.iter().flat_map(|approval| approval.keys.all()).collect();
    let shared: Vec<&Key> = keys.into_iter().filter(|key| held_by(key) > 1).collect();
    let by_role = shared.iter().any(|key| matches!(key, Key::Role { .. }));
    let trust = theirs
        .iter()
        .filter(|_| by_role)
        .filter_map(|approval| approval.principal.as_ref())
        .find_map(|principal| how_to_trust(rule, principal, &facts.account));
    Some(Reason {
        code: ReasonCode::SamePerson,
        message: format!(
            "{} were approved by one person, {}: they share {}{}",
            list(theirs.iter().map(|approval| approval.action.clone())),
            person.name().label(),
            list(shared.iter().map(|key| format!("`{key}`"))),
            trust.map_or_else(String::new, |how| format!("; {how}"))
        ),
    })
}
