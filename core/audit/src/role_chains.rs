//! Which principals may become which approving roles, by chains of `sts:AssumeRole`.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use iam::Truth;
use iam::account::{Account, Actor, Assumption, RoleIx, UserIx};

use crate::action::Action;
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::reach_index::ReachIndex;

/// The chains to the roles that may serve a slot.
pub(super) struct RoleChains<'a> {
    account: &'a Account,
    /// The roles that each actor may assume directly, as far as they are approving roles or lead to
    /// one.
    steps: HashMap<Actor, Vec<(RoleIx, Assumption<'a>)>>,
}

/// A shortest chain of roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleChain {
    /// The role at its end.
    pub(super) role: RoleIx,
    /// The roles that are assumed, in order; the last is `role`.
    pub(super) through: Vec<RoleIx>,
}

impl<'a> RoleChains<'a> {
    /// Finds the chains, backwards from the approving roles.
    pub(super) fn new(reach: &ReachIndex<'a>) -> Self {
        let account = reach.account;
        let mut steps: HashMap<Actor, Vec<(RoleIx, Assumption<'a>)>> = HashMap::new();
        let approves = |at: &RoleIx| reach.slots_of(Actor::Role(*at)).any();
        let mut wanted: VecDeque<RoleIx> =
            account.roles_by_ix().map(|(at, _)| at).filter(approves).collect();
        let mut seen: HashSet<RoleIx> = wanted.iter().copied().collect();
        let callers = Callers::new(reach);
        while let Some(at) = wanted.pop_front() {
            let Some(role) = account.role(at) else {
                continue;
            };
            let trustees = account.trustees(role);
            let mut callers: Vec<Actor> = match (trustees.everybody, trustees.account) {
                (true, _) => account.actors().collect(),
                // The role trusts the account, so the callers' own policies decide, and most allow
                // nothing.
                (false, true) => {
                    [trustees.named, callers.that_may_assume(&role.identity.arn)].concat()
                }
                (false, false) => trustees.named,
            };
            callers.sort_unstable();
            callers.dedup();
            for actor in callers {
                let assumer = reach.permissions.assumer(actor).filter(|_| actor != Actor::Role(at));
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

    /// A shortest chain to each role that an actor may become, shortest first.
    pub(super) fn from(&self, actor: Actor) -> Vec<RoleChain> {
        let mut found: Vec<RoleChain> = Vec::new();
        if !self.steps.contains_key(&actor) {
            return found;
        }
        let mut seen = HashSet::from([actor]);
        let mut queue = VecDeque::from([(actor, Vec::new())]);
        while let Some((at, through)) = queue.pop_front() {
            for (role, _) in self.steps.get(&at).into_iter().flatten() {
                if seen.insert(Actor::Role(*role)) {
                    let through: Vec<RoleIx> = through.iter().copied().chain([*role]).collect();
                    found.push(RoleChain { role: *role, through: through.clone() });
                    queue.push_back((Actor::Role(*role), through));
                }
            }
        }
        found
    }

    /// The steps of a chain: the actor that assumes, the role that it assumes, and what allows it.
    pub(super) fn assumptions(
        &self,
        actor: Actor,
        through: &[RoleIx],
    ) -> Vec<(Actor, RoleIx, &Assumption<'a>)> {
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

    /// The users that may become each role.
    pub(super) fn users(&self) -> HashMap<RoleIx, Vec<UserIx>> {
        let mut users: HashMap<RoleIx, Vec<UserIx>> = HashMap::new();
        for (user, _) in self.account.users_by_ix() {
            for chain in self.from(Actor::User(user)) {
                users.entry(chain.role).or_default().push(user);
            }
        }
        users
    }
}

/// The actors whose own policies may allow them to assume roles, by equivalence class.
struct Callers<'a> {
    classes: BTreeMap<ClassId, (Rc<EquivalenceClass<'a>>, Vec<Actor>)>,
    /// The classes whose policies name a role without wildcards, by the role's ARN.
    by_name: HashMap<String, Vec<ClassId>>,
    /// The classes whose policies have wildcards.
    by_pattern: Vec<ClassId>,
}

impl<'a> Callers<'a> {
    fn new(reach: &ReachIndex<'a>) -> Self {
        let mut callers =
            Self { classes: BTreeMap::new(), by_name: HashMap::new(), by_pattern: Vec::new() };
        for actor in reach.account.actors() {
            if let Some(class) = reach.permissions.class_of(actor, Action::AssumeRole) {
                callers.add(class, actor);
            }
        }
        callers
    }

    fn add(&mut self, class: Rc<EquivalenceClass<'a>>, member: Actor) {
        if let Some((_, members)) = self.classes.get_mut(&class.id) {
            members.push(member);
            return;
        }
        match class.clauses.only() {
            None => self.by_pattern.push(class.id),
            Some(names) => {
                for name in names {
                    self.by_name.entry(name.to_owned()).or_default().push(class.id);
                }
            }
        }
        self.classes.insert(class.id, (class, vec![member]));
    }

    /// The actors whose own policies allow, or may allow, them to assume a role.
    fn that_may_assume(&self, arn: &str) -> Vec<Actor> {
        let by_name = self.by_name.get(arn).into_iter().flatten();
        let classes = by_name.chain(&self.by_pattern).filter_map(|id| self.classes.get(id));
        let allowed = classes.filter(|(class, _)| class.clauses.allow(arn) != Truth::No);
        allowed.flat_map(|(_, members)| members).copied().collect()
    }
}
