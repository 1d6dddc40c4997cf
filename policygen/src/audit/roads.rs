//! Who may become which approving role, by chains of `sts:AssumeRole`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use iam::account::{Account, Actor, Assumer, Assumption};

use super::survey::{ASSUME_ROLE, Survey};

/// The roads to the roles that may serve a slot.
pub(super) struct Roads<'a> {
    account: &'a Account,
    /// From whom to which roles: only roles from which an approving role is reached, or which are one.
    steps: HashMap<Actor, Vec<(usize, Assumption<'a>)>>,
}

/// A role that somebody may become.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Road {
    /// The role's place.
    pub(super) role: usize,
    /// Through which roles, the last of them the role itself. The shortest.
    pub(super) through: Vec<usize>,
}

impl<'a> Roads<'a> {
    pub(super) fn new(survey: &Survey<'a>) -> Self {
        let account = survey.account;
        let mut steps: HashMap<Actor, Vec<(usize, Assumption<'a>)>> = HashMap::new();
        let approves = |at: &usize| survey.approvals(Actor::Role(*at)).any();
        let mut wanted: VecDeque<usize> = (0..account.roles.len()).filter(approves).collect();
        let mut seen: HashSet<usize> = wanted.iter().copied().collect();
        let callers: Vec<(Actor, Rc<Assumer<'_>>)> = account
            .actors()
            .filter(|actor| survey.might(*actor, ASSUME_ROLE))
            .filter_map(|actor| Some((actor, survey.assumer(actor)?)))
            .collect();
        while let Some(at) = wanted.pop_front() {
            let Some(role) = account.roles.get(at) else { continue };
            // Most roles trust somebody else, and most principals may not assume what trusts the account.
            let trustees = account.trustees(role);
            let named: Vec<Actor> = if trustees.everybody {
                account.actors().collect()
            } else {
                trustees.named
            };
            let through_account = callers.iter().filter(|_| trustees.account && !trustees.everybody);
            let through_account = through_account.filter(|(actor, _)| !named.contains(actor));
            let named: Vec<_> = named
                .iter()
                .filter_map(|actor| Some((*actor, survey.assumer(*actor)?)))
                .collect();
            for (actor, assumer) in named.iter().chain(through_account) {
                let Some(assumption) = assumer.assume(role).filter(|_| *actor != Actor::Role(at)) else {
                    continue;
                };
                steps.entry(*actor).or_default().push((at, assumption));
                if let Actor::Role(from) = actor
                    && seen.insert(*from)
                {
                    wanted.push_back(*from);
                }
            }
        }
        Self { account, steps }
    }

    /// All roles that an actor may become, nearest first, and on the shortest road.
    pub(super) fn from(&self, actor: Actor) -> Vec<Road> {
        let mut found: Vec<Road> = Vec::new();
        let mut seen = HashSet::from([actor]);
        let mut queue = VecDeque::from([(actor, Vec::new())]);
        while let Some((at, through)) = queue.pop_front() {
            for (role, _) in self.steps.get(&at).into_iter().flatten() {
                if seen.insert(Actor::Role(*role)) {
                    let through: Vec<usize> = through.iter().copied().chain([*role]).collect();
                    found.push(Road {
                        role: *role,
                        through: through.clone(),
                    });
                    queue.push_back((Actor::Role(*role), through));
                }
            }
        }
        found
    }

    /// How one may become the next, step by step.
    pub(super) fn assumptions(&self, actor: Actor, through: &[usize]) -> Vec<(Actor, usize, &Assumption<'a>)> {
        let mut steps = Vec::new();
        let mut at = actor;
        for role in through {
            let step = self
                .steps
                .get(&at)
                .and_then(|steps| steps.iter().find(|(to, _)| to == role));
            steps.extend(step.map(|(_, assumption)| (at, *role, assumption)));
            at = Actor::Role(*role);
        }
        steps
    }

    /// The users that may become each role, by the role's place.
    pub(super) fn users(&self) -> HashMap<usize, Vec<usize>> {
        let mut users: HashMap<usize, Vec<usize>> = HashMap::new();
        for user in 0..self.account.users.len() {
            for road in self.from(Actor::User(user)) {
                users.entry(road.role).or_default().push(user);
            }
        }
        users
    }
}
