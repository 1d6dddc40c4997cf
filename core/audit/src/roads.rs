//! Who may become which approving role, by chains of `sts:AssumeRole`.

use std::collections::{HashMap, HashSet, VecDeque};
use std::rc::Rc;

use iam::Truth;
use iam::account::{Account, Actor, Assumption};

use super::action::Action;
use super::alike::Alike;
use super::survey::Survey;

/// The roads to the roles that may serve a slot.
pub(super) struct Roads<'a> {
    account: &'a Account,
    /// From whom to which roles: only roles from which an approving role is reached, or which are
    /// one.
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
        let callers = Callers::of(survey);
        while let Some(at) = wanted.pop_front() {
            let Some(role) = account.roles.get(at) else {
                continue;
            };
            let trustees = account.trustees(role);
            let mut callers: Vec<Actor> = match (trustees.everybody, trustees.account) {
                (true, _) => account.actors().collect(),
                // Most principals may not assume what trusts the account.
                (false, true) => {
                    [trustees.named, callers.that_may_assume(&role.identity.arn)].concat()
                }
                (false, false) => trustees.named,
            };
            callers.sort_unstable();
            callers.dedup();
            for actor in callers {
                let assumer =
                    survey.permissions.assumer(actor).filter(|_| actor != Actor::Role(at));
                let Some(assumption) = assumer.and_then(|assumer| assumer.assume(role)) else {
                    continue;
                };
                steps.entry(actor).or_default().push((at, assumption));
                if let Actor::Role(from) = actor
                    && seen.insert(from)
                {
                    wanted.push_back(from);
                }
            }
        }
        Self { account, steps }
    }

    /// All roles that an actor may become, nearest first, and on the shortest road.
    pub(super) fn from(&self, actor: Actor) -> Vec<Road> {
        let mut found: Vec<Road> = Vec::new();
        if !self.steps.contains_key(&actor) {
            return found;
        }
        let mut seen = HashSet::from([actor]);
        let mut queue = VecDeque::from([(actor, Vec::new())]);
        while let Some((at, through)) = queue.pop_front() {
            for (role, _) in self.steps.get(&at).into_iter().flatten() {
                if seen.insert(Actor::Role(*role)) {
                    let through: Vec<usize> = through.iter().copied().chain([*role]).collect();
                    found.push(Road { role: *role, through: through.clone() });
                    queue.push_back((Actor::Role(*role), through));
                }
            }
        }
        found
    }

    /// How one may become the next, step by step.
    pub(super) fn assumptions(
        &self,
        actor: Actor,
        through: &[usize],
    ) -> Vec<(Actor, usize, &Assumption<'a>)> {
        let mut steps = Vec::new();
        let mut at = actor;
        for role in through {
            let step =
                self.steps.get(&at).and_then(|steps| steps.iter().find(|(to, _)| to == role));
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

/// Those whose own policies may let them assume roles, in groups that are alike.
struct Callers<'a> {
    groups: Vec<(Rc<Alike<'a>>, Vec<Actor>)>,
    /// By a role's ARN: the groups that may assume it by its name.
    by_name: HashMap<String, Vec<usize>>,
    /// The groups whose policies have wildcards.
    by_pattern: Vec<usize>,
}

impl<'a> Callers<'a> {
    fn of(survey: &Survey<'a>) -> Self {
        let mut callers =
            Self { groups: Vec::new(), by_name: HashMap::new(), by_pattern: Vec::new() };
        let mut places: HashMap<usize, usize> = HashMap::new();
        for actor in survey.account.actors() {
            let Some(alike) = survey.permissions.alike(actor, Action::AssumeRole) else {
                continue;
            };
            let group = *places.entry(alike.place).or_insert_with(|| callers.add(alike));
            if let Some((_, members)) = callers.groups.get_mut(group) {
                members.push(actor);
            }
        }
        callers
    }

    fn add(&mut self, alike: Rc<Alike<'a>>) -> usize {
        let group = self.groups.len();
        match alike.clauses.only() {
            None => self.by_pattern.push(group),
            Some(names) => {
                for name in names {
                    self.by_name.entry(name.to_owned()).or_default().push(group);
                }
            }
        }
        self.groups.push((alike, Vec::new()));
        group
    }

    /// Whose own policies let them assume a role, or may let them.
    fn that_may_assume(&self, arn: &str) -> Vec<Actor> {
        let by_name = self.by_name.get(arn).into_iter().flatten();
        let groups = by_name.chain(&self.by_pattern).filter_map(|at| self.groups.get(*at));
        let allowed = groups.filter(|(alike, _)| alike.clauses.allow(arn) != Truth::No);
        allowed.flat_map(|(_, members)| members).copied().collect()
    }
}
