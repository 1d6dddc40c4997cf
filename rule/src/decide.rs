//! From facts and a rule to a decision.

use std::collections::BTreeSet;

use jiff::{SignedDuration, Timestamp};

use crate::decision::{Decision, EffectiveRule, JudgedApproval, Reason, Record, Verdict};
use crate::facts::{ActionKind, Attempt, Facts, Initiator, Status, Testimony};
use crate::glob::{ArnGlob, NameGlob};
use crate::identity::AmbiguousPerson;
use crate::key::{Key, Keys};
use crate::message::{distinct_persons, list, shown};
use crate::person::{Person, persons};
use crate::principal::{Principal, PrincipalKind};
use crate::reason::ReasonCode;
use crate::rule::{Quorum, Rule, SharedRoles};

/// How far an approval may lie in the future before its time is taken for nonsense: clocks differ.
const CLOCK_SKEW: SignedDuration = SignedDuration::from_mins(5);

/// Judges one execution. Satisfied means: every required action carries an approval that counts, and those approvals come from at
/// least `quorum` distinct persons.
///
/// # Errors
/// [`AmbiguousPerson`] when the rule gives a principal to two people: then there is no verdict.
pub fn decide(rule: &Rule, facts: &Facts) -> Result<Decision, AmbiguousPerson> {
    let stage = rule.stage().unwrap_or(&facts.gate_stage);
    let found = approvals_of(stage, &facts.attempts);
    let required = required_actions(rule, &found);
    let rejection = Rejection::newest(&facts.attempts);

    let mut approvals = Vec::new();
    for action in &required {
        let newest = newest_attempt(facts, stage, action);
        approvals.push(judge(rule, facts.now, rejection, action, newest)?);
    }
    for incomplete in facts.attempts.iter().filter(|a| is_incomplete(a)) {
        approvals.push(Approval::incomplete(incomplete));
    }

    let mut notes = Vec::new();
    let persons = count(rule, facts, &mut approvals, &mut notes)?;
    let mut shortfalls = quorum_not_met(rule.quorum(), &required, &persons, &approvals);
    for part in rule.parts() {
        let actions = part.actions.as_ref().unwrap_or(&found);
        shortfalls.extend(quorum_not_met(part.quorum, actions, &persons, &approvals));
    }
    let objections = approvals.iter().filter_map(|approval| approval.objection.clone());
    let against: Vec<Reason> = objections.chain(shortfalls).collect();
    let record = Record {
        schema_version: 1,
        decided_at: facts.now,
        pipeline: facts.execution.pipeline.clone(),
        pipeline_version: facts.execution.pipeline_version,
        execution_id: facts.execution.id.clone(),
        stage: stage.to_owned(),
        job_id: facts.job_id.clone(),
        rule: effective(rule, stage, required),
        approvals: approvals.into_iter().map(Approval::record).collect(),
        persons: persons.iter().map(|person| person.name().to_string()).collect(),
        quorum: rule.quorum(),
        verdict: if against.is_empty() {
            Verdict::Satisfied
        } else {
            Verdict::Unsatisfied
        },
        reasons: notes.into_iter().chain(against).collect(),
    };
    Ok(Decision {
        record,
        persons: persons.iter().map(|person| person.name().clone()).collect(),
        approvals_elsewhere: stage != facts.gate_stage,
    })
}

/// The actions that are, or might be, manual approvals of the stage.
fn approvals_of(stage: &str, attempts: &[Attempt]) -> BTreeSet<String> {
    attempts
        .iter()
        .filter(|attempt| may_be_approval(attempt) && attempt.stage.as_deref() == Some(stage))
        .filter_map(|attempt| attempt.action.clone())
        .collect()
}

/// The actions that must be approved: those named, and every approval found unless the floor names them.
fn required_actions(rule: &Rule, found: &BTreeSet<String>) -> BTreeSet<String> {
    let named = rule.named_actions().map(str::to_owned);
    let every = found.iter().filter(|_| rule.requires_every_approval()).cloned();
    named.chain(every).collect()
}

/// INVARIANT (fail closed): what might be a manual approval is treated like one.
fn may_be_approval(attempt: &Attempt) -> bool {
    match attempt.kind {
        ActionKind::ManualApproval | ActionKind::Unknown => true,
        ActionKind::Other => false,
    }
}

/// Whether an attempt does not say of which action it is. It could be the newest of any.
fn is_incomplete(attempt: &Attempt) -> bool {
    attempt.stage.is_none() || attempt.action.is_none()
}

/// The attempt of an action that counts: the newest, never "any that succeeded" (RetryStageExecution keeps the old ones in history).
enum Newest<'a> {
    None,
    Is(&'a Attempt),
    /// Two attempts, and no telling which is the newer one.
    Unclear,
}

fn newest_attempt<'a>(facts: &'a Facts, stage: &str, action: &str) -> Newest<'a> {
    let of_action =
        |attempt: &&Attempt| attempt.stage.as_deref() == Some(stage) && attempt.action.as_deref() == Some(action);
    let attempts = || facts.attempts.iter().filter(of_action);
    let latest = attempts().filter_map(|attempt| attempt.started).max();
    // Without a start it could be the newest.
    let mut candidates = attempts().filter(|attempt| attempt.started.is_none() || attempt.started == latest);
    match candidates.next() {
        None => Newest::None,
        // A page read twice says nothing new.
        Some(first) if candidates.all(|other| other == first) => Newest::Is(first),
        Some(_) => Newest::Unclear,
    }
}

/// The newest rejection of any manual approval in the execution; a time-out is a rejection by nobody.
#[derive(Clone, Copy)]
enum Rejection {
    None,
    At(Timestamp),
    /// There is one, and no telling when it was.
    Sometime,
}

impl Rejection {
    /// INVARIANT (fail closed): what might be a rejection is taken for one.
    fn newest(attempts: &[Attempt]) -> Self {
        attempts
            .iter()
            .filter(|attempt| may_be_approval(attempt))
            .filter(|attempt| match attempt.status {
                Status::Failed | Status::Unknown => true,
                Status::InProgress | Status::Abandoned | Status::Succeeded => false,
            })
            .fold(Self::None, |newest, rejection| match (newest, rejection.updated) {
                (Self::Sometime, _) | (_, None) => Self::Sometime,
                (Self::None, Some(at)) => Self::At(at),
                (Self::At(newest), Some(at)) => Self::At(newest.max(at)),
            })
    }

    /// An approval counts only if it is strictly newer.
    fn supersedes(self, approved: Option<Timestamp>) -> bool {
        match self {
            Self::None => false,
            Self::Sometime => true,
            Self::At(rejected) => approved.is_none_or(|approved| approved <= rejected),
        }
    }
}

/// A required action while it is judged.
struct Approval<'a> {
    action: String,
    attempt: Option<&'a Attempt>,
    principal: Option<Principal>,
    keys: Keys,
    person: Option<Key>,
    objection: Option<Reason>,
}

impl<'a> Approval<'a> {
    fn new(action: &str, attempt: Option<&'a Attempt>) -> Self {
        Self {
            action: action.to_owned(),
            attempt,
            principal: None,
            keys: Keys::default(),
            person: None,
            objection: None,
        }
    }

    fn incomplete(attempt: &'a Attempt) -> Self {
        Self::new(attempt.action.as_deref().unwrap_or("?"), Some(attempt)).objected(
            ReasonCode::Unattributable,
            "an attempt in the history does not say its stage and action, so it could be the newest of any".to_owned(),
        )
    }

    fn objected(mut self, code: ReasonCode, message: String) -> Self {
        self.objection = Some(Reason { code, message });
        self
    }

    fn record(self) -> JudgedApproval {
        JudgedApproval {
            action: self.action,
            action_execution_id: self.attempt.and_then(|a| a.id.clone()),
            status: self.attempt.map(|a| a.status),
            principal: self.principal.map(|p| p.arn().to_owned()),
            person: self.person.map(|key| key.to_string()),
            keys: self.keys.all().map(ToString::to_string).collect(),
            at: self.attempt.and_then(|a| a.updated),
            comment: self.attempt.and_then(|a| a.comment.clone()),
            counted: self.objection.is_none(),
            reason: self.objection.map(|reason| reason.code),
        }
    }
}

fn judge<'a>(
    rule: &Rule,
    now: Timestamp,
    rejection: Rejection,
    action: &str,
    newest: Newest<'a>,
) -> Result<Approval<'a>, AmbiguousPerson> {
    use ReasonCode as Code;

    let attempt = match newest {
        Newest::Is(attempt) => attempt,
        Newest::None => {
            return Ok(Approval::new(action, None)
                .objected(Code::MissingApproval, format!("{action} has not run in this execution")));
        }
        Newest::Unclear => {
            return Ok(Approval::new(action, None).objected(
                Code::MissingApproval,
                format!("the history does not tell which attempt of {action} is the newest"),
            ));
        }
    };
    let mut approval = Approval::new(action, Some(attempt));
    let testimony = attempt.approver.testimony();
    if let Testimony::Agreed(principal) = &testimony {
        approval.keys = rule.keys(principal)?;
        approval.principal = Some(principal.clone());
    }

    match attempt.kind {
        ActionKind::ManualApproval => {}
        ActionKind::Other | ActionKind::Unknown => {
            return Ok(approval.objected(
                Code::NotAManualApproval,
                format!("{action} is not of type Approval/AWS/Manual"),
            ));
        }
    }
    match attempt.status {
        Status::Succeeded => {}
        Status::Failed => {
            let by = match &approval.principal {
                Some(principal) => format!("was rejected by {}", shown(principal.arn())),
                None => "was rejected or timed out".to_owned(),
            };
            return Ok(approval.objected(Code::Rejected, format!("{action} {by}")));
        }
        Status::InProgress | Status::Abandoned | Status::Unknown => {
            return Ok(approval.objected(
                Code::MissingApproval,
                format!("the newest attempt of {action} is not approved"),
            ));
        }
    }
    let principal = match testimony {
        Testimony::Agreed(principal) => principal,
        Testimony::Contradictory(history, state) => {
            return Ok(approval.objected(
                Code::PrincipalMismatch,
                format!(
                    "the history says that {} approved {action}, the pipeline's state says {}",
                    shown(history.arn()),
                    shown(state.arn())
                ),
            ));
        }
        Testimony::Missing => {
            return Ok(approval.objected(
                Code::Unattributable,
                format!("CodePipeline does not say who approved {action}"),
            ));
        }
    };
    if rule.is_machine(&principal) {
        return Ok(approval.objected(
            Code::NotAPerson,
            format!("{action}: {} is a machine by `notPeople`", shown(principal.arn())),
        ));
    }
    if !approval.keys.is_attributable() {
        let message = format!("{action}: {}", nobody(&principal));
        return Ok(approval.objected(Code::Unattributable, message));
    }
    if rejection.supersedes(attempt.updated) {
        return Ok(approval.objected(
            Code::SupersededByRejection,
            format!("the approval of {action} is not newer than the newest rejection in this execution"),
        ));
    }
    if let Some(minutes) = rule.max_age_minutes()
        && !is_fresh(now, attempt.updated, minutes)
    {
        return Ok(approval.objected(
            Code::TooOld,
            format!("the approval of {action} is not from the last {minutes} minutes"),
        ));
    }
    if rule.shared_roles() == SharedRoles::Reject && rule.is_shared_role(&principal) {
        let message = format!(
            "{action}: {} came through a role that several people may share, and `sharedRoles` is `reject`{}",
            shown(principal.arn()),
            how_to_trust(&principal).map_or_else(String::new, |how| format!("; {how}"))
        );
        return Ok(approval.objected(Code::SharedRole, message));
    }
    if !rule.is_on_roster(action, &approval.keys) {
        return Ok(approval.objected(
            Code::NotOnRoster,
            format!("{} is not on the roster of {action}", shown(principal.arn())),
        ));
    }
    Ok(approval)
}

fn is_fresh(now: Timestamp, approved: Option<Timestamp>, max_age_minutes: u32) -> bool {
    approved.is_some_and(|approved| {
        let age = now.duration_since(approved);
        age <= SignedDuration::from_mins(i64::from(max_age_minutes)) && age >= -CLOCK_SKEW
    })
}

/// Why a principal without proven keys is nobody.
fn nobody(principal: &Principal) -> String {
    let arn = shown(principal.arn());
    match principal.kind() {
        PrincipalKind::Root => format!("{arn} is the account's root user, which could be anybody"),
        PrincipalKind::FederatedUser => {
            format!("{arn} is a federated user, whose name its caller chose")
        }
        PrincipalKind::Service => format!("{arn} is an AWS service"),
        PrincipalKind::Role { .. } => {
            format!("{arn} lacks the session name by which people of this trusted role are told apart")
        }
        PrincipalKind::User { .. } | PrincipalKind::Session { .. } | PrincipalKind::Unknown => {
            format!("`{arn}` is not the ARN of a user or role session")
        }
    }
}

/// What makes the sessions of a role count as different people.
fn how_to_trust(principal: &Principal) -> Option<String> {
    let PrincipalKind::Session { role, .. } = principal.kind() else {
        return None;
    };
    let glob = if role.starts_with("AWSReservedSSO_") {
        "AWSReservedSSO_*"
    } else {
        role
    };
    Some(format!(
        "if your identity provider, and not the caller, sets the session names of {role}, add `{glob}` to `trustedSessionRoles` in the function's rule"
    ))
}

/// Groups the approvals without objection into persons, and objects to those of the initiator where the rule wants that.
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

/// The keys of who started the execution. Where somebody did and nobody knows who, every approval could be theirs.
fn initiator_keys(
    rule: &Rule,
    facts: &Facts,
    approvals: &mut [Approval<'_>],
    notes: &mut Vec<Reason>,
) -> Result<Keys, AmbiguousPerson> {
    let unknown = match &facts.initiator {
        Initiator::Principal(arn) => {
            let principal = Principal::parse(arn);
            let keys = rule.keys(&principal)?;
            if keys.is_attributable() {
                return Ok(keys);
            }
            nobody(&principal)
        }
        Initiator::Automatic(trigger) => {
            notes.push(Reason {
                code: ReasonCode::Initiator,
                message: format!("no human initiator: the execution was started by {}", shown(trigger)),
            });
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

/// The reasons, if any, that too few persons counted over these actions.
fn quorum_not_met(
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
    let same = by_person
        .iter()
        .filter_map(|(person, theirs)| same_person(person, theirs));
    same.chain([shortfall]).collect()
}

/// The reason that several approvals were one person's.
fn same_person(person: &Person, theirs: &[&Approval<'_>]) -> Option<Reason> {
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
        .find_map(how_to_trust);
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

fn effective(rule: &Rule, stage: &str, actions: BTreeSet<String>) -> EffectiveRule {
    EffectiveRule {
        quorum: rule.quorum(),
        actions,
        stage: stage.to_owned(),
        shared_roles: rule.shared_roles(),
        exclude_initiator: rule.excludes_initiator(),
        max_age_minutes: rule.max_age_minutes(),
        trusted_session_roles: patterns(rule.trusted_session_roles(), NameGlob::pattern),
        people: rule
            .people()
            .iter()
            .map(|(name, globs)| (name.clone(), patterns(globs, ArnGlob::pattern)))
            .collect(),
        roster: rule.roster().clone(),
        not_people: patterns(rule.not_people(), NameGlob::pattern),
    }
}

fn patterns<Glob>(globs: &[Glob], pattern: fn(&Glob) -> &str) -> Vec<String> {
    globs.iter().map(|glob| pattern(glob).to_owned()).collect()
}
