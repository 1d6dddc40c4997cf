//! The properties, and the assumptions about the world that the first one rests on.

use std::collections::{BTreeMap, BTreeSet};

use rule::{Decision, Initiator, ReasonCode, Rule, decide};

use super::execution::{Seen, facts};
use super::naive::{Statement, state};
use super::people::{Act, Credential, Human, Principal, SSO, Signed};
use super::rules::{Config, Keys, People};
use super::spaces::Story;

/// What was seen in a space.
#[derive(Debug, Default)]
pub(crate) struct Tally {
    worlds: usize,
    satisfied: usize,
    /// Refused, although enough humans approved.
    refused: usize,
    /// Worlds outside the assumptions that are satisfied by too few humans: the documented limits.
    limits: usize,
    /// For each property that broke: the number of worlds where it did, and the first of them.
    broken: BTreeMap<&'static str, (usize, String)>,
}

/// One rule, over stories of these actions.
pub(crate) struct Judge {
    config: Config,
    actions: &'static [&'static str],
    rule: Rule,
}

impl Judge {
    pub(crate) fn new(config: Config, actions: &'static [&'static str]) -> Self {
        Self { config, actions, rule: config.rule(actions) }
    }

    /// Checks every property in one world. Returns whether it is satisfied.
    ///
    /// `is_whole` says that AWS shows everything.
    pub(crate) fn check(&self, story: &Story, is_whole: bool, tally: &mut Tally) -> bool {
        let initiator = Initiator::Automatic("Webhook".to_owned());
        let decision = decide(&self.rule, &facts(self.config, &story.seen, initiator)).unwrap();
        let statement = state(self.config, self.actions, &story.seen);
        let satisfied = decision.satisfied().is_some();
        tally.worlds += 1;
        tally.satisfied += usize::from(satisfied);
        let mut broke = |property, what: String| {
            let first = || {
                format!(
                    "{what}\n{:#?}\n{story:#?}\n{statement:#?}\n{:#?}",
                    self.config,
                    decision.record()
                )
            };
            tally.broken.entry(property).or_insert_with(|| (0, first())).0 += 1;
        };
        if let Err(difference) = same(&decision, &statement) {
            broke("the engine decides as the naive statement does", difference);
        }
        let humans = counted_humans(&decision, story);
        if satisfied && humans.len() < self.config.quorum {
            if assumed(self.config, &story.acts) {
                broke(
                    "no verdict is satisfied by fewer humans than the quorum",
                    format!("{humans:?}"),
                );
            } else {
                tally.limits += 1;
            }
        }
        if !satisfied && is_whole && self.enough(story) {
            let unfounded = self.unfounded(&decision, story);
            tally.refused += 1;
            if unfounded.is_some() {
                broke(
                    "enough humans are refused only for a named reason that is so",
                    format!("{unfounded:?}"),
                );
            }
        }
        satisfied
    }

    /// Whether enough humans approved everything, each after the last rejection.
    fn enough(&self, story: &Story) -> bool {
        let Some(acts) = story.last_acts(self.actions) else { return false };
        let humans: BTreeSet<Human> = acts.iter().map(|act| act.human).collect();
        humans.len() >= self.config.quorum && !story.is_overtaken(self.actions)
    }

    /// A reason of a refusal that nothing in the world justifies, or the lack of any.
    fn unfounded(&self, decision: &Decision, story: &Story) -> Option<Vec<ReasonCode>> {
        let codes = decision.record().reasons.iter().map(|reason| reason.code);
        let named: Vec<_> = codes.filter(|code| *code != ReasonCode::QuorumNotMet).collect();
        let acts: Vec<Act> = story.last_acts(self.actions).unwrap_or_default();
        let is_so = |code: &ReasonCode| match code {
            ReasonCode::SamePerson => may_be_taken_for_one(self.config, &acts),
            code => acts.iter().any(|act| justifies(self.config, *act, *code)),
        };
        let unfounded: Vec<_> = named.iter().copied().filter(|code| !is_so(code)).collect();
        (named.is_empty() || !unfounded.is_empty()).then_some(unfounded)
    }
}

impl Tally {
    /// Notes that a verdict became better by the loss of a fact.
    pub(crate) fn gained(&mut self, gap: &str, story: &Story) {
        let first = || format!("{gap}\n{story:#?}");
        let property = "no gap makes a verdict better";
        self.broken.entry(property).or_insert_with(|| (0, first())).0 += 1;
    }

    /// Prints the figures. Fails if any property broke in any world, and if the space is not as
    /// large as it is said to be.
    pub(crate) fn finish(self, space: &str, worlds: usize) -> Self {
        println!(
            "{space}: {} worlds; {} satisfied; in {} enough humans were refused for a reason; in {} \
             an assumption does not hold and too few humans passed",
            self.worlds, self.satisfied, self.refused, self.limits
        );
        let broken: Vec<String> = self
            .broken
            .iter()
            .map(|(property, (worlds, first))| {
                format!("in {worlds} worlds not so: {property}\n{first}")
            })
            .collect();
        assert!(broken.is_empty(), "{space}\n{}", broken.join("\n\n"));
        assert!(self.satisfied > 0, "{space}: nothing passes");
        assert_eq!(self.worlds, worlds, "{space}");
        self
    }

    /// Fails if no world breaks an assumption and is satisfied by too few humans: then the claim
    /// does not need its assumptions.
    pub(crate) fn has_limits(&self) {
        assert!(self.limits > 0);
    }
}

/// The humans whose approvals the engine counted.
fn counted_humans(decision: &Decision, story: &Story) -> BTreeSet<Human> {
    let counted = decision.record().approvals.iter().filter(|approval| approval.counted);
    counted
        .filter_map(|approval| {
            let is_it = |(seen, act): (&Seen, &Option<Act>)| {
                let act = (*act)?;
                let same_action = seen.action == Some(approval.action.as_str());
                (same_action && seen.id == approval.action_execution_id).then_some(act.human)
            };
            story.seen.iter().zip(&story.acts).find_map(is_it)
        })
        .collect()
}

fn same(decision: &Decision, statement: &Statement) -> Result<(), String> {
    let record = decision.record();
    let satisfied = decision.satisfied().is_some();
    if satisfied != statement.satisfied {
        return Err(format!("the engine says satisfied: {satisfied}"));
    }
    for (action, against) in &statement.objections {
        let judged = record.approvals.iter().find(|approval| approval.action == *action);
        let counted = judged.is_some_and(|approval| approval.counted);
        let reason = judged.and_then(|approval| approval.reason);
        if counted != against.is_empty() || !reason.is_none_or(|reason| against.contains(&reason)) {
            return Err(format!("{action}: counted: {counted}, {reason:?}"));
        }
    }
    if record.persons.len() != statement.persons.len() {
        return Err(format!("persons: {:?}", record.persons));
    }
    let codes: BTreeSet<ReasonCode> = record.reasons.iter().map(|reason| reason.code).collect();
    let allowed: BTreeSet<ReasonCode> =
        statement.objections.values().flatten().chain(&statement.shortfall).copied().collect();
    let wrong: Vec<_> = codes.difference(&allowed).collect();
    let silent = !satisfied && statement.shortfall.difference(&codes).next().is_some();
    if !wrong.is_empty() || silent {
        return Err(format!("reasons: {codes:?}; not justified: {wrong:?}"));
    }
    Ok(())
}

/// What must be true of the people for the count to be right. The book says each of these.
///
/// - A human who approves more than once does so under names that the rule knows to be theirs: the
///   same handle, an entry of `people`, or their own signature. A user that somebody stole is not.
/// - With `sharedRoles: "collapse"`, a human who approves through an untrusted role without signing
///   approves through that role only. Every report names this assumption.
/// - With `requireSignature`, nothing: who has a signing key is all that matters.
///
/// Nothing is assumed about the session names of untrusted roles: callers choose them.
fn assumed(config: Config, acts: &[Option<Act>]) -> bool {
    let acts: Vec<Act> = acts.iter().flatten().copied().collect();
    acts.iter().all(|act| {
        let own: Vec<&Act> = acts.iter().filter(|other| other.human == act.human).collect();
        own.len() == 1 || is_known(config, *act, &own)
    })
}

fn is_known(config: Config, act: Act, own: &[&Act]) -> bool {
    if config.keys == Keys::Required
        || (config.keys == Keys::Known && act.signed != Signed::No)
        || never_counts(act.credential)
    {
        return true;
    }
    if is_through_shared_role(config, act) {
        let role = |act: &Act| match act.principal() {
            Principal::Session { role, .. } | Principal::Role(role) => Some(role),
            _ => None,
        };
        return !config.collapse || own.iter().all(|other| role(other) == role(&act));
    }
    match act.credential {
        Credential::Unlike => config.people != People::Empty,
        Credential::Namesake(_) => {
            matches!(config.people, People::Complete | People::WithSessions)
        }
        Credential::Stolen(_) => false,
        _ => true,
    }
}

fn is_through_shared_role(config: Config, act: Act) -> bool {
    use Credential::{BareShared, BareSso, Generated, Namesake, OwnRole, Shared, Sso, Unlike};
    match act.credential {
        OwnRole(_) | Shared(_) | BareShared => true,
        Sso | Unlike | Namesake(_) | Generated | BareSso => !config.trusts(SSO),
        _ => false,
    }
}

fn never_counts(credential: Credential) -> bool {
    use Credential::{Federated, OtherAccount, Root, Service};
    matches!(credential, Root | Federated | OtherAccount | Service)
}

/// Whether an act is a reason, by what truly happened, not to count it.
fn justifies(config: Config, act: Act, code: ReasonCode) -> bool {
    use Credential::{BareSso, Generated, Namesake, Stolen};
    let is_signed = config.keys != Keys::Absent && act.signed != Signed::No;
    match code {
        ReasonCode::SharedRole => is_through_shared_role(config, act) && !is_signed,
        ReasonCode::Unattributable => {
            never_counts(act.credential) || matches!(act.credential, BareSso | Generated)
        }
        ReasonCode::NotSigned => config.keys == Keys::Required && !is_signed,
        ReasonCode::BadSignature => {
            let is_of_another = matches!(act.credential, Stolen(_) | Namesake(_));
            is_signed && (act.signed == Signed::Replayed || is_of_another)
        }
        ReasonCode::NotOnRoster => config.only_people && !is_signed,
        _ => false,
    }
}

/// Whether two approvals may look like one person's: one human gave both, or they came under one
/// human's name, or through one role.
fn may_be_taken_for_one(config: Config, acts: &[Act]) -> bool {
    let looks_like = |act: &Act| match act.credential {
        Credential::Namesake(other) | Credential::Stolen(other) => Some(other),
        Credential::OwnRole(called) | Credential::Shared(called) => called.human(),
        _ => None,
    };
    acts.iter().enumerate().any(|(place, one)| {
        acts.iter().take(place).any(|other| {
            let names = |act: &Act| {
                BTreeSet::from_iter([Some(act.human), looks_like(act)].into_iter().flatten())
            };
            let through_one_role =
                is_through_shared_role(config, *one) && is_through_shared_role(config, *other);
            !names(one).is_disjoint(&names(other)) || through_one_role
        })
    })
}
