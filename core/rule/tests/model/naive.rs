//! The rule, stated as naively as possible, from the book alone: `docs/concepts.md`, `docs/gate.md`
//! and `docs/reasons.md`. It was written before its author read the engine, and shares no code with
//! it. Then the two were compared. Where they differed because the book left something open, the
//! book now says it, and so does this.
//!
//! It sees what CodePipeline shows, and not which human did what.

use std::collections::{BTreeMap, BTreeSet};

use rule::ReasonCode::{
    self, BadSignature, MissingApproval, NotAManualApproval, NotOnRoster, NotSigned,
    PrincipalMismatch, QuorumNotMet, Rejected, SamePerson, SharedRole, SupersededByRejection,
    Unattributable,
};
use rule::{ActionKind, Status};

use super::execution::{STAGE, Seen};
use super::people::{HUMANS, Human, NAMES, Principal, Signed};
use super::rules::{Config, Keys};

/// The verdict and what it rests on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Statement {
    pub(crate) satisfied: bool,
    /// What stops the newest attempt of each required action from counting. Nothing: it counts.
    pub(crate) objections: BTreeMap<&'static str, BTreeSet<ReasonCode>>,
    /// The counted actions of each person.
    pub(crate) persons: Vec<BTreeSet<&'static str>>,
    /// The reasons against the release as a whole.
    pub(crate) shortfall: BTreeSet<ReasonCode>,
}

/// A key, without the account, which is always the pipeline's.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Key {
    Person(Human),
    Handle(String),
    User(&'static str),
    Role(&'static str),
}

#[derive(Clone, Debug, Default)]
struct KeySet {
    proven: BTreeSet<Key>,
    claimed: BTreeSet<Key>,
}

pub(crate) fn state(config: Config, named: &[&'static str], seen: &[Seen]) -> Statement {
    let required: BTreeSet<&'static str> = if config.every_action {
        let stage = seen.iter().filter(|attempt| attempt.stage == Some(STAGE));
        stage.filter(|attempt| may_be_approval(attempt)).filter_map(|a| a.action).collect()
    } else {
        named.iter().copied().collect()
    };
    let newest: BTreeMap<_, _> =
        required.iter().map(|action| (*action, newest(seen, action))).collect();
    let objections: BTreeMap<_, _> = newest
        .iter()
        .map(|(action, attempt)| {
            let against = attempt
                .as_ref()
                .map_or_else(BTreeSet::clone, |attempt| objections(config, seen, &newest, attempt));
            (*action, against)
        })
        .collect();
    let counted: Vec<(&'static str, KeySet)> = newest
        .iter()
        .filter(|(action, _)| objections.get(*action).is_some_and(BTreeSet::is_empty))
        .filter_map(|(action, attempt)| {
            let attempt = attempt.as_ref().ok()?;
            Some((*action, keys(config, attempt, principal(attempt)?)))
        })
        .collect();
    let persons = persons(&counted);
    let mut shortfall = BTreeSet::new();
    if persons.iter().any(|actions| actions.len() > 1) {
        shortfall.insert(SamePerson);
    }
    if persons.len() < config.quorum {
        shortfall.insert(QuorumNotMet);
    }
    let all_have_their_place = !seen.iter().any(lacks_place);
    if !all_have_their_place {
        shortfall.insert(Unattributable);
    }
    // "Every required action has an approval that counts, and those approvals come from at least
    // `quorum` distinct persons."
    let satisfied =
        counted.len() == required.len() && persons.len() >= config.quorum && all_have_their_place;
    Statement { satisfied, objections, persons, shortfall }
}

fn may_be_approval(attempt: &Seen) -> bool {
    matches!(attempt.kind, ActionKind::ManualApproval | ActionKind::Unknown)
}

/// "An attempt without its stage or action name" could be the newest of any action.
fn lacks_place(attempt: &Seen) -> bool {
    may_be_approval(attempt) && (attempt.stage.is_none() || attempt.action.is_none())
}

/// The newest attempt of an action, or why nobody knows which it is.
fn newest<'a>(seen: &'a [Seen], action: &str) -> Result<&'a Seen, BTreeSet<ReasonCode>> {
    let mine: Vec<&Seen> = seen
        .iter()
        .filter(|attempt| attempt.stage == Some(STAGE) && attempt.action == Some(action))
        .collect();
    let may_be_newest: Vec<&&Seen> = mine
        .iter()
        .filter(|one| {
            mine.iter().all(|other| match (one.opened, other.opened) {
                (Some(one), Some(other)) => one >= other,
                _ => true,
            })
        })
        .collect();
    match may_be_newest[..] {
        [only] => Ok(only),
        _ => Err([MissingApproval].into()),
    }
}

/// Everything that stops an attempt from counting.
fn objections(
    config: Config,
    seen: &[Seen],
    newest: &BTreeMap<&'static str, Result<&Seen, BTreeSet<ReasonCode>>>,
    attempt: &Seen,
) -> BTreeSet<ReasonCode> {
    let mut against = BTreeSet::new();
    if attempt.kind != ActionKind::ManualApproval {
        against.insert(NotAManualApproval);
    }
    match attempt.status {
        Status::Succeeded => {}
        Status::Failed if !is_error(attempt) => against.extend([Rejected]),
        Status::Unknown => against.extend([MissingApproval, Rejected]),
        _ => against.extend([MissingApproval]),
    }
    if attempt.status != Status::Succeeded {
        return against;
    }
    if !opened_after_all_rejections(seen, attempt) {
        against.insert(SupersededByRejection);
    }
    if attempt.history.is_some() && attempt.state.is_some() && attempt.history != attempt.state {
        against.insert(PrincipalMismatch);
        return against;
    }
    let Some(principal) = principal(attempt) else {
        against.insert(Unattributable);
        return against;
    };
    let signer = signer(config, attempt);
    let is_signed = config.keys != Keys::Absent
        && attempt.signature.is_none_or(|(signed, _)| signed != Signed::No);
    let contradicts = signer
        .zip(proven_to_be(config, principal))
        .is_some_and(|(signer, carrier)| signer != carrier);
    if (is_signed && signer.is_none()) || contradicts {
        against.insert(BadSignature);
    }
    if config.keys == Keys::Required && !is_signed {
        against.insert(NotSigned);
    }
    let keys = keys(config, attempt, principal);
    if keys.proven.is_empty() {
        against.insert(Unattributable);
    }
    if let Some(role) = shared_role(config, principal)
        && signer.is_none()
    {
        let signer_came_through_it = newest.values().flatten().any(|other| {
            let through = self::principal(other).and_then(|other| shared_role(config, other));
            signer_of_approval(config, other).is_some() && through == Some(role)
        });
        if !config.collapse || signer_came_through_it {
            against.insert(SharedRole);
        }
    }
    let is_named = keys.proven.iter().any(|key| matches!(key, Key::Person(_)));
    if config.only_people && !is_named {
        against.insert(NotOnRoster);
    }
    against
}

/// "A failure with an error code and no approver" is not a rejection.
fn is_error(attempt: &Seen) -> bool {
    attempt.status == Status::Failed
        && attempt.error
        && attempt.history.is_none()
        && attempt.state.is_none()
}

/// "The attempt started after CodePipeline noticed the newest rejection in that execution", no
/// matter the stage. What may be a rejection is one; if nobody knows when, nothing is later.
fn opened_after_all_rejections(seen: &[Seen], attempt: &Seen) -> bool {
    seen.iter()
        .filter(|other| may_be_approval(other) && !is_error(other))
        .filter(|other| matches!(other.status, Status::Failed | Status::Unknown))
        .all(|rejection| match (attempt.opened, rejection.noticed) {
            (Some(opened), Some(noticed)) => opened > noticed,
            _ => false,
        })
}

fn principal(attempt: &Seen) -> Option<Principal> {
    attempt.history.or(attempt.state)
}

/// The person whose good signature an attempt carries.
fn signer(config: Config, attempt: &Seen) -> Option<Human> {
    let shows_what_was_signed =
        attempt.stage.is_some() && attempt.action.is_some() && attempt.id.is_some();
    match attempt.signature {
        Some((Signed::Well, human)) if config.keys != Keys::Absent && shows_what_was_signed => {
            Some(human)
        }
        _ => None,
    }
}

fn signer_of_approval(config: Config, attempt: &Seen) -> Option<Human> {
    signer(config, attempt).filter(|_| attempt.status == Status::Succeeded)
}

/// The role of a principal, if the rule does not believe the names of its sessions.
fn shared_role(config: Config, principal: Principal) -> Option<&'static str> {
    match principal {
        Principal::Session { role, .. } | Principal::Role(role) if !config.trusts(role) => {
            Some(role)
        }
        _ => None,
    }
}

/// Whether AWS or the identity provider vouches for the name of a principal.
fn is_proven(config: Config, principal: Principal) -> bool {
    match principal {
        Principal::User(_) => true,
        Principal::Session { role, name } => config.trusts(role) && !is_generated(name),
        _ => false,
    }
}

fn is_generated(name: &str) -> bool {
    name.starts_with("botocore-")
}

/// The human that a principal is proven to be: `people` gives it to them, or else its handle is
/// their name in the rule.
fn proven_to_be(config: Config, principal: Principal) -> Option<Human> {
    let name = match principal {
        Principal::User(name) | Principal::Session { name, .. } if is_proven(config, principal) => {
            handle(name.rsplit('/').next().unwrap_or(name))
        }
        _ => return None,
    };
    let namesake = || HUMANS.into_iter().find(|human| NAMES[*human] == name);
    config.listed(principal).or_else(namesake).filter(|_| config.names_people())
}

/// The table "Who is the same human".
fn keys(config: Config, attempt: &Seen, principal: Principal) -> KeySet {
    let listed = config.listed(principal);
    let person = |human: Human| [Key::Person(human), Key::Handle(NAMES[human].to_owned())];
    let mut keys = KeySet::default();
    match principal {
        Principal::User(name) => {
            let name = name.rsplit('/').next().unwrap_or(name);
            keys.proven.extend([Key::User(name), Key::Handle(handle(name))]);
            keys.proven.extend(listed.into_iter().flat_map(person));
        }
        Principal::Session { name, .. } if is_proven(config, principal) => {
            keys.proven.insert(Key::Handle(handle(name)));
            keys.proven.extend(listed.into_iter().flat_map(person));
        }
        Principal::Session { role, name }
            if !config.may_trust(role) || (!config.trusts(role) && !is_generated(name)) =>
        {
            keys.proven.insert(Key::Role(role));
            keys.claimed.insert(Key::Handle(handle(name)));
            keys.claimed.extend(listed.into_iter().flat_map(person));
        }
        Principal::Role(role) if !config.may_trust(role) => {
            keys.proven.insert(Key::Role(role));
        }
        _ => {}
    }
    if let Some(signer) = signer(config, attempt) {
        keys.claimed.clear();
        keys.proven.retain(|key| matches!(key, Key::User(_) | Key::Handle(_)));
        keys.proven.extend(person(signer));
    }
    keys
}

/// "The part of a name before `@`, in lower case, without a `+tag` and without affixes."
fn handle(name: &str) -> String {
    let name = name.to_lowercase();
    let name = name.split(['@', '+']).next().unwrap_or_default();
    let name =
        ["-admin", "-adm"].iter().fold(name, |name, end| name.strip_suffix(end).unwrap_or(name));
    let name = ["admin-", "adm-"]
        .iter()
        .fold(name, |name, start| name.strip_prefix(start).unwrap_or(name));
    name.to_owned()
}

/// "Two principals are the same person if their sets share a key. Sharing is transitive."
fn persons(counted: &[(&'static str, KeySet)]) -> Vec<BTreeSet<&'static str>> {
    let mut persons: Vec<Vec<&(&'static str, KeySet)>> = Vec::new();
    for approval in counted {
        let (own, others) = persons.into_iter().partition(|person: &Vec<_>| {
            person.iter().any(|(_, keys): &&(&str, KeySet)| share(keys, &approval.1))
        });
        persons = others;
        let own: Vec<Vec<_>> = own;
        persons.push(own.into_iter().flatten().chain([approval]).collect());
    }
    persons
        .into_iter()
        .map(|person| person.into_iter().map(|(action, _)| *action).collect())
        .collect()
}

fn share(one: &KeySet, other: &KeySet) -> bool {
    let all =
        |keys: &KeySet| -> BTreeSet<Key> { keys.proven.union(&keys.claimed).cloned().collect() };
    let (mine, theirs) = (all(one), all(other));
    let shared: Vec<&Key> = mine.intersection(&theirs).collect();
    // "Two people who share a handle are one person, unless the `people` map or signatures name
    // both of them."
    let named = |keys: &KeySet| -> BTreeSet<Human> {
        HUMANS.into_iter().filter(|human| keys.proven.contains(&Key::Person(*human))).collect()
    };
    let (me, them) = (named(one), named(other));
    let are_two = !me.is_empty() && !them.is_empty() && me.is_disjoint(&them);
    let only_handles = shared.iter().all(|key| matches!(key, Key::Handle(_)));
    !(shared.is_empty() || (only_handles && are_two))
}
