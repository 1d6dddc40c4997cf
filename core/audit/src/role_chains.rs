//! Which principals may become which roles, by chains of `sts:AssumeRole`.
//!
//! A role that trusts every principal of the account is open to all whose own policies say the
//! same. So such steps are stored once for each class of principals, and everybody of a class has
//! the same chains.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use iam::account::{Account, Actor, Assumption, Role, RoleIx, UserIx};
use iam::{Truth, Value};

use crate::action::Action;
use crate::by_actor::ByActor;
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::reach_index::ReachIndex;

/// The chains of roles in an account.
pub(super) struct RoleChains<'a> {
    account: &'a Account,
    /// The class of each actor whose own policies may allow it to assume roles.
    class: ByActor<Option<ClassId>>,
    /// The roles that every member of a class may assume directly.
    of_class: HashMap<ClassId, Vec<RoleIx>>,
    /// The other roles that an actor may assume.
    of_actor: ByActor<Vec<RoleIx>>,
    /// Whether each role, by its place, may serve a slot.
    approves: Vec<bool>,
    /// Whether each role, by its place, may serve a slot, bypass the gate or become somebody else.
    matters: Vec<bool>,
    /// The roles that trust every principal of the account.
    open: HashSet<RoleIx>,
    /// The roles that matter and that trust some principals of the account otherwise than others.
    choosy: Vec<RoleIx>,
    /// The roles that matter and that name each actor.
    naming: HashMap<Actor, Vec<RoleIx>>,
    known: RefCell<HashMap<Option<ClassId>, Rc<Reachable>>>,
    /// The roles of the last actor that does not share them with its class: several checks ask
    /// about one actor in a row.
    recent: RefCell<Option<(Actor, Rc<Reachable>)>>,
}

/// The roles that somebody may become, nearest first.
#[derive(Debug, Default)]
pub(super) struct Reachable {
    links: Vec<Link>,
    /// The places in `links` of the roles that may serve a slot.
    approving: Vec<usize>,
    /// The places in `links` of the roles that matter.
    mattering: Vec<usize>,
    /// Whether one of these leads to more, once that is asked.
    lead_further: OnceCell<bool>,
}

/// A role at the end of a shortest chain.
#[derive(Clone, Copy, Debug)]
struct Link {
    role: RoleIx,
    /// The place of the role that is assumed before it. `None` if it is the first one.
    before: Option<usize>,
}

/// A shortest chain of roles.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct RoleChain {
    /// The role at its end.
    pub(super) role: RoleIx,
    /// The roles that are assumed, in order; the last is `role`.
    pub(super) through: Vec<RoleIx>,
}

impl Reachable {
    /// All roles, nearest first.
    pub(super) fn roles(&self) -> impl Iterator<Item = RoleIx> {
        self.links.iter().map(|link| link.role)
    }

    /// The roles that may serve a slot, nearest first, each with its place.
    pub(super) fn approving(&self) -> impl Iterator<Item = (usize, RoleIx)> {
        self.approving.iter().filter_map(|at| Some((*at, self.links.get(*at)?.role)))
    }

    /// The roles that may serve a slot, bypass the gate or become somebody else, each with its
    /// place. The nearest come first.
    pub(super) fn mattering(&self) -> impl Iterator<Item = (usize, RoleIx)> {
        self.mattering.iter().filter_map(|at| Some((*at, self.links.get(*at)?.role)))
    }

    /// Whether one of the roles that matter leads to more. The answer is kept, so it must be the
    /// same for everybody who shares these roles.
    pub(super) fn lead_further(&self, leads: impl Fn(RoleIx) -> bool) -> bool {
        *self.lead_further.get_or_init(|| self.mattering().any(|(_, role)| leads(role)))
    }

    /// The chain to the role at a place.
    pub(super) fn chain_to(&self, place: usize) -> Option<RoleChain> {
        let role = self.links.get(place)?.role;
        let mut through = Vec::new();
        let mut at = Some(place);
        while let Some(link) = at.and_then(|at| self.links.get(at)) {
            through.push(link.role);
            at = link.before;
        }
        through.reverse();
        Some(RoleChain { role, through })
    }

    /// The chain to a role. `None` if it is not among them.
    pub(super) fn chain_to_role(&self, role: RoleIx) -> Option<RoleChain> {
        self.chain_to(self.links.iter().position(|link| link.role == role)?)
    }
}

impl<'a> RoleChains<'a> {
    /// Finds the steps.
    /// A role matters if it serves a slot, may do one of these actions, or is among `also`.
    pub(super) fn new(
        reach: &ReachIndex<'a>,
        leading: &[Action],
        also: impl Iterator<Item = RoleIx>,
    ) -> Self {
        let also: HashSet<RoleIx> = also.collect();
        let account = reach.account;
        let mut open = HashSet::new();
        let mut choosy = Vec::new();
        let mut naming: HashMap<Actor, Vec<RoleIx>> = HashMap::new();
        let matters = |at| {
            let role = Actor::Role(at);
            reach.slots_of(role).any()
                || reach.permissions.might_any(role, leading)
                || also.contains(&at)
        };
        let callers = Callers::new(reach);
        let mut alike = Alike::default();
        let mut of_class: HashMap<ClassId, Vec<RoleIx>> = HashMap::new();
        let mut of_actor: HashMap<Actor, Vec<RoleIx>> = HashMap::new();
        let may_assume = |actor: Actor, at: RoleIx, role: &'a Role| {
            let assumer = reach.permissions.assumer(actor).filter(|_| actor != Actor::Role(at));
            assumer.is_some_and(|assumer| assumer.assume(role).is_some())
        };
        for (at, role) in account.roles_by_ix() {
            let trustees = account.trustees(role);
            let is_open = trustees.account || trustees.everybody;
            let keys = keys_about_the_caller(role);
            let is_for_all = keys.is_empty() && !has_exceptions(role);
            if is_open && is_for_all {
                open.insert(at);
            }
            if matters(at) {
                if is_open && (!is_for_all || trustees.are_told_apart) {
                    choosy.push(at);
                }
                trustees.named.iter().for_each(|it| naming.entry(*it).or_default().push(at));
            }
            let named: HashSet<Actor> = trustees.named.iter().copied().collect();
            let mut one_by_one: Vec<Actor> = trustees.named;
            if trustees.everybody {
                one_by_one = account.actors().collect();
            } else if trustees.account {
                // The callers' own policies decide, and most allow nothing.
                for (id, members) in callers.that_may_assume(&role.identity.arn) {
                    if trustees.are_told_apart || has_exceptions(role) {
                        one_by_one.extend(members);
                        continue;
                    }
                    let other =
                        |member: &&Actor| !named.contains(*member) && **member != Actor::Role(at);
                    if is_for_all {
                        if members.iter().find(other).is_some_and(|any| may_assume(*any, at, role))
                        {
                            of_class.entry(id).or_default().push(at);
                        }
                        continue;
                    }
                    for alike in alike.of_class(reach, id, members, &keys).iter() {
                        let mut others = alike.iter().filter(other).copied().peekable();
                        if others.peek().is_some_and(|any| may_assume(*any, at, role)) {
                            others.for_each(|it| of_actor.entry(it).or_default().push(at));
                        }
                    }
                }
            }
            one_by_one.sort_unstable();
            one_by_one.dedup();
            for actor in one_by_one {
                if may_assume(actor, at, role) {
                    of_actor.entry(actor).or_default().push(at);
                }
            }
        }
        let approves = account.roles_by_ix();
        let approves = approves.map(|(at, _)| reach.slots_of(Actor::Role(at)).any()).collect();
        let class = ByActor::new(account, |actor| callers.class.get(&actor).copied());
        let matters = account.roles_by_ix().map(|(at, _)| matters(at)).collect();
        let of_actor =
            ByActor::new(account, |actor| of_actor.get(&actor).cloned().unwrap_or_default());
        let (known, recent) = (RefCell::default(), RefCell::default());
        Self {
            account,
            class,
            of_class,
            of_actor,
            approves,
            matters,
            open,
            choosy,
            naming,
            known,
            recent,
        }
    }

    /// Whether a role trusts the actor itself, so that others with the same policies differ.
    pub(super) fn has_its_own(&self, actor: Actor) -> bool {
        self.of_actor.get(actor).is_some_and(|roles| !roles.is_empty())
    }

    /// The class of an actor if all of the class reach the same roles.
    pub(super) fn shared(&self, actor: Actor) -> Option<ClassId> {
        self.class.get(actor).copied().flatten().filter(|_| !self.has_its_own(actor))
    }

    /// Whether a role trusts every principal of the account.
    pub(super) fn is_open_to_the_account(&self, role: RoleIx) -> bool {
        self.open.contains(&role)
    }

    /// The roles that matter and whose trust policies may decide otherwise about an actor than
    /// about others with the same permissions.
    pub(super) fn telling_apart(&self, actor: Actor) -> impl Iterator<Item = RoleIx> {
        let naming = self.naming.get(&actor).into_iter().flatten();
        naming.chain(&self.choosy).copied().filter(move |role| actor != Actor::Role(*role))
    }

    /// Whether a role may serve a slot, bypass the gate or become somebody else.
    pub(super) fn matters(&self, role: RoleIx) -> bool {
        self.matters.get(role.0) == Some(&true)
    }

    /// The roles that an actor may become, and perhaps itself.
    pub(super) fn from(&self, actor: Actor) -> Rc<Reachable> {
        let class = self.class.get(actor).copied().flatten();
        if self.has_its_own(actor) {
            let mut recent = self.recent.borrow_mut();
            if let Some((_, known)) = recent.as_ref().filter(|(of, _)| *of == actor) {
                return Rc::clone(known);
            }
            let found = Rc::new(self.search(actor, class));
            *recent = Some((actor, Rc::clone(&found)));
            return found;
        }
        let mut known = self.known.borrow_mut();
        Rc::clone(known.entry(class).or_insert_with(|| Rc::new(self.search(actor, class))))
    }

    fn search(&self, actor: Actor, class: Option<ClassId>) -> Reachable {
        let mut found = Reachable::default();
        let mut seen: Vec<bool> = vec![false; self.approves.len()];
        let mut classes: HashSet<ClassId> = HashSet::new();
        let mut next = 0;
        let mut from = Some((actor, class, None));
        while let Some((actor, class, before)) = from {
            let of_class = class.filter(|class| classes.insert(*class));
            let of_class = of_class.and_then(|class| self.of_class.get(&class));
            let of_actor = self.of_actor.get(actor);
            for role in of_class.into_iter().chain(of_actor).flatten() {
                if let Some(seen @ false) = seen.get_mut(role.0) {
                    *seen = true;
                    if self.approves.get(role.0) == Some(&true) {
                        found.approving.push(found.links.len());
                    }
                    if self.matters.get(role.0) == Some(&true) {
                        found.mattering.push(found.links.len());
                    }
                    found.links.push(Link { role: *role, before });
                }
            }
            from = found.links.get(next).map(|link| {
                let actor = Actor::Role(link.role);
                (actor, self.class.get(actor).copied().flatten(), Some(next))
            });
            next += 1;
        }
        found
    }

    /// The steps of a chain: the actor that assumes, the role that it assumes, and what allows it.
    pub(super) fn assumptions(
        reach: &ReachIndex<'a>,
        actor: Actor,
        through: &[RoleIx],
    ) -> Vec<(Actor, RoleIx, Assumption<'a>)> {
        let mut steps = Vec::new();
        let mut at = actor;
        for role in through {
            let assumer = reach.permissions.assumer(at);
            let to = reach.account.role(*role);
            let step = assumer.zip(to).and_then(|(assumer, to)| assumer.assume(to));
            steps.extend(step.map(|assumption| (at, *role, assumption)));
            at = Actor::Role(*role);
        }
        steps
    }

    /// The users that may become each role that serves a slot.
    pub(super) fn users(&self) -> HashMap<RoleIx, Vec<UserIx>> {
        let mut users: HashMap<RoleIx, Vec<UserIx>> = HashMap::new();
        for (user, _) in self.account.users_by_ix() {
            for (_, role) in self.from(Actor::User(user)).approving() {
                users.entry(role).or_default().push(user);
            }
        }
        users
    }
}

/// Whether the trust policy of a role is about all principals but some.
fn has_exceptions(role: &Role) -> bool {
    let mut principals = role.trust.statements.iter().filter_map(|it| it.principals.as_ref());
    principals.any(|principals| principals.all_but)
}

/// The condition keys by whose values the trust policy of a role may decide differently about
/// principals whose own policies say the same. In lower case.
fn keys_about_the_caller(role: &Role) -> BTreeSet<String> {
    let conditions = role.trust.statements.iter().flat_map(|statement| &statement.conditions);
    let keys = conditions.flat_map(iam::Condition::keys).map(str::to_lowercase);
    keys.filter(|key| is_about_the_caller(key)).collect()
}

/// Whether the value of a condition key is the caller's own. The key is in lower case.
fn is_about_the_caller(key: &str) -> bool {
    key.starts_with("aws:principal") || ["aws:username", "aws:userid"].contains(&key)
}

/// The members of each class, grouped by what is known about some condition keys. Many roles ask
/// about the same keys.
#[derive(Default)]
struct Alike(HashMap<(ClassId, BTreeSet<String>), Groups>);

type Groups = Rc<[Vec<Actor>]>;

impl Alike {
    fn of_class(
        &mut self,
        reach: &ReachIndex<'_>,
        class: ClassId,
        members: &[Actor],
        keys: &BTreeSet<String>,
    ) -> Groups {
        let group = || {
            let mut groups: HashMap<Vec<Value>, Vec<Actor>> = HashMap::new();
            for member in members {
                let values = keys.iter().map(|key| reach.permissions.value(*member, key));
                groups.entry(values.collect()).or_default().push(*member);
            }
            groups.into_values().collect()
        };
        Rc::clone(self.0.entry((class, keys.clone())).or_insert_with(group))
    }
}

/// The actors whose own policies may allow them to assume roles, by equivalence class.
struct Callers<'a> {
    class: HashMap<Actor, ClassId>,
    classes: BTreeMap<ClassId, (Rc<EquivalenceClass<'a>>, Vec<Actor>)>,
    /// The classes whose policies name a role without wildcards, by the role's ARN.
    by_name: HashMap<String, Vec<ClassId>>,
    /// The classes whose policies have wildcards.
    by_pattern: Vec<ClassId>,
}

impl<'a> Callers<'a> {
    fn new(reach: &ReachIndex<'a>) -> Self {
        let mut callers = Self {
            class: HashMap::new(),
            classes: BTreeMap::new(),
            by_name: HashMap::new(),
            by_pattern: Vec::new(),
        };
        for actor in reach.account.actors() {
            if let Some(class) = reach.permissions.class_of(actor, Action::AssumeRole) {
                callers.class.insert(actor, class.id);
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

    /// The classes whose own policies allow, or may allow, them to assume a role.
    fn that_may_assume(&self, arn: &str) -> impl Iterator<Item = (ClassId, &Vec<Actor>)> {
        let by_name = self.by_name.get(arn).into_iter().flatten();
        let mut ids: Vec<ClassId> = by_name.chain(&self.by_pattern).copied().collect();
        ids.sort_unstable();
        ids.dedup();
        let classes = ids.into_iter().filter_map(|id| Some((id, self.classes.get(&id)?)));
        let allowed = classes.filter(move |(_, (class, _))| class.clauses.allow(arn) != Truth::No);
        allowed.map(|(id, (_, members))| (id, members))
    }
}
