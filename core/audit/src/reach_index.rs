//! The slots that principals may serve: computed once, and used by all checks.

use std::cell::RefCell;
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use iam::account::{Account, Actor, Group, GroupIx, PolicyId};
use iam::{Clauses, Frame, Part, TooIntricate};

use crate::action::{APPROVE, Action, On};
use crate::equivalence_class::{ClassId, EquivalenceClass, Reached, shortest};
use crate::permissions::{As, Permissions, State};
use crate::scope::{Scope, SlotIx};
use crate::ways::{Way, ways};

/// A principal or a group whose policies are too intricate to decide exactly.
#[derive(Debug, thiserror::Error)]
#[error("what `{arn}` may do cannot be decided")]
pub(crate) struct UndecidedError {
    pub(crate) arn: String,
    source: TooIntricate,
}

/// A slot, and the classes that serve it.
type Serving = (SlotIx, Vec<ClassId>);

/// The slots that each principal and each group of an account reaches.
pub(crate) struct ReachIndex<'a> {
    pub(crate) account: &'a Account,
    pub(crate) scope: &'a Scope,
    stages: Frame,
    /// The ways past the gate.
    pub(crate) ways: Vec<Way>,
    pub(crate) permissions: Permissions<'a>,
    /// The slots of each principal that may serve any.
    of_actors: HashMap<Actor, Rc<ServedSlots>>,
    of_groups: HashMap<GroupIx, ServedSlots>,
    none: ServedSlots,
    pairs: RefCell<Pairs>,
    /// For two slots and all classes that serve each: whether any two of these may meet in a stage.
    may_meet: RefCell<HashMap<[Serving; 2], bool>>,
    /// The slots of each class of the action to approve.
    served: RefCell<HashMap<ClassId, Rc<ServedSlots>>>,
    /// The classes whose slots cannot be decided.
    intricate: RefCell<HashSet<ClassId>>,
    /// The ARNs of the principals and groups about which something cannot be decided.
    undecided: RefCell<BTreeSet<String>>,
}

/// The slots that somebody may serve.
#[derive(Debug, Default)]
pub(crate) struct ServedSlots {
    /// For each slot that is served, an approval action that shows it.
    by_slot: BTreeMap<SlotIx, Reached>,
    /// Two of them in one stage, if there are two.
    pub(crate) pair: Option<SlotPair>,
}

/// Two slots of one stage that somebody may serve.
#[derive(Clone, Debug)]
pub(crate) struct SlotPair {
    /// The slots.
    pub(crate) slots: [SlotIx; 2],
    /// The ARNs of the two actions.
    pub(crate) witness: [String; 2],
    /// The candidates that serve them, by their places in the list that was searched.
    pub(crate) candidates: [usize; 2],
    /// Whether that depends on conditions that only the request decides.
    pub(crate) open: bool,
}

/// A candidate, and its place in the list that is searched.
type Placed<'s, 'c> = (usize, &'s Candidate<'c>);

/// The number of pairs of candidates that are tried at once.
const FEW: usize = 64;

/// For two slots and the classes that serve them: a shortest stage where they do.
type Pairs = HashMap<[(SlotIx, ClassId); 2], Result<Option<Reached>, TooIntricate>>;

/// Permissions to approve: those of a principal as they are, or as they would be after some writes.
/// A search for a pair looks at several, and one or two of them serve the two slots.
#[derive(Clone, Copy)]
pub(crate) struct Candidate<'c> {
    clauses: &'c Clauses<'c, PolicyId>,
    /// The slots that these permissions serve, if that is known.
    served: Option<&'c ServedSlots>,
    /// The class that has these permissions now; `None` for permissions after a write.
    class: Option<ClassId>,
}

impl<'c> Candidate<'c> {
    /// The permissions that a class has now.
    pub(crate) fn now(class: &'c EquivalenceClass<'c>, served: &'c ServedSlots) -> Self {
        Self { clauses: &class.clauses, served: Some(served), class: Some(class.id) }
    }

    /// Permissions that somebody would have after a write.
    pub(crate) fn supposed(clauses: &'c Clauses<'c, PolicyId>) -> Self {
        Self { clauses, served: None, class: None }
    }

    /// Whether it may serve a slot; true if that is not known yet.
    fn may_serve(&self, slot: SlotIx) -> bool {
        self.served.is_none_or(|served| served.by_slot.contains_key(&slot))
    }
}

impl ServedSlots {
    /// Each slot that is served, with an approval action that shows it.
    pub(crate) fn iter(&self) -> impl Iterator<Item = (SlotIx, &Reached)> {
        self.by_slot.iter().map(|(slot, reached)| (*slot, reached))
    }

    /// Whether any slot is served.
    pub(crate) fn any(&self) -> bool {
        !self.by_slot.is_empty()
    }
}

impl<'a> ReachIndex<'a> {
    /// Computes the slots of every principal and every group.
    pub(crate) fn new(account: &'a Account, scope: &'a Scope) -> Self {
        let ways = ways(account, scope);
        let mut reach = Self {
            account,
            scope,
            stages: scope.resources(account, On::Stages),
            permissions: Permissions::new(account, scope, &ways),
            ways,
            of_actors: HashMap::new(),
            of_groups: HashMap::new(),
            none: ServedSlots::default(),
            pairs: RefCell::default(),
            may_meet: RefCell::default(),
            served: RefCell::default(),
            intricate: RefCell::default(),
            undecided: RefCell::default(),
        };
        for actor in account.actors() {
            let Some(class) = reach.permissions.class_of(actor, APPROVE) else {
                continue;
            };
            let served = reach.slots_of_class(&class);
            if reach.intricate.borrow().contains(&class.id) {
                reach.set_aside(account.arn(actor).to_owned());
            }
            if served.any() {
                reach.of_actors.insert(actor, served);
            }
        }
        for (at, group) in account.groups_by_ix() {
            let served = reach.compute_slots_of_group(group);
            reach.of_groups.insert(at, served);
        }
        reach
    }

    /// Notes that something about a principal or a group cannot be decided. Returns `false` if that
    /// is known already.
    pub(crate) fn set_aside(&self, arn: String) -> bool {
        self.undecided.borrow_mut().insert(arn)
    }

    /// The ARNs of the principals and groups that are set aside.
    pub(crate) fn all_undecided(&self) -> BTreeSet<String> {
        self.undecided.borrow().clone()
    }

    /// The slots that an actor may serve with its own permissions.
    pub(crate) fn slots_of(&self, actor: Actor) -> &ServedSlots {
        self.of_actors.get(&actor).map_or(&self.none, Rc::as_ref)
    }

    /// The slots that a class of the action to approve serves.
    pub(crate) fn slots_of_class(&self, class: &EquivalenceClass<'a>) -> Rc<ServedSlots> {
        if let Some(known) = self.served.borrow().get(&class.id) {
            return Rc::clone(known);
        }
        let served = self.slots_by(&class.clauses).unwrap_or_else(|_| {
            self.intricate.borrow_mut().insert(class.id);
            self.most_slots_by(&class.clauses)
        });
        let served = Rc::new(served);
        self.served.borrow_mut().insert(class.id, Rc::clone(&served));
        served
    }

    /// The slots that may be served, of permissions that are too intricate. Those that cannot be
    /// decided count as served, but nothing is said about two of them in one stage.
    fn most_slots_by(&self, clauses: &Clauses<'_, PolicyId>) -> ServedSlots {
        let mut served = ServedSlots::default();
        for (at, slot) in self.scope.slots_by_ix() {
            let reached = match self.common_stage(&[(at, clauses)]) {
                Ok(None) => continue,
                Ok(Some(Reached { witness, open })) => {
                    Reached { witness: self.action_arn(&witness, at), open }
                }
                Err(TooIntricate) => {
                    Reached { witness: self.scope.slot_arn(self.account, slot), open: true }
                }
            };
            served.by_slot.insert(at, reached);
        }
        served
    }

    /// The slots that a group's own policies allow, or may allow.
    pub(crate) fn slots_of_group(&self, group: GroupIx) -> &ServedSlots {
        self.of_groups.get(&group).unwrap_or(&self.none)
    }

    /// Whether two groups' own policies together allow two slots of one stage, one each. What
    /// cannot be decided counts as allowed.
    pub(crate) fn groups_meet(&self, groups: [GroupIx; 2]) -> bool {
        let groups = groups.iter().filter_map(|at| self.account.group(*at));
        let groups: Vec<&Group> = groups.collect();
        // A denial of the other slot is what keeps people in one of them: it does not count here.
        let clauses = groups.iter().map(|group| {
            let mut state = self.permissions.state_of_group(group);
            state.grants.identity.retain(|(id, _)| self.permissions.allows(*id, APPROVE));
            state.clauses().without_denials()
        });
        let clauses: Vec<Clauses<'_, PolicyId>> = clauses.collect();
        let candidates: Vec<Candidate<'_>> = clauses.iter().map(Candidate::supposed).collect();
        let pair = self.find_pair(&candidates, 0, |_, i, j| i != j);
        let pair = pair.map_err(|_| {
            self.undecided.borrow_mut().extend(groups.iter().map(|group| group.arn.clone()));
        });
        pair.map_or(true, |pair| pair.is_some())
    }

    fn compute_slots_of_group(&self, group: &Group) -> ServedSlots {
        if !group.policies.iter().any(|id| self.permissions.allows(*id, APPROVE)) {
            return ServedSlots::default();
        }
        let clauses = self.permissions.state_of_group(group).clauses();
        self.slots_by(&clauses).unwrap_or_else(|_| {
            self.set_aside(group.arn.clone());
            self.most_slots_by(&clauses)
        })
    }

    /// The slots that are served in a state.
    pub(crate) fn slots_in(&self, state: &State<'_>) -> Result<ServedSlots, TooIntricate> {
        self.slots_by(&state.clauses())
    }

    fn slots_by(&self, clauses: &Clauses<'_, PolicyId>) -> Result<ServedSlots, TooIntricate> {
        let mut served = ServedSlots::default();
        for (slot, _) in self.scope.slots_by_ix() {
            if let Some(stage) = self.common_stage(&[(slot, clauses)])? {
                let witness = self.action_arn(&stage.witness, slot);
                served.by_slot.insert(slot, Reached { witness, open: stage.open });
            }
        }
        let itself = Candidate { clauses, served: Some(&served), class: None };
        served.pair = self.any_pair(&[itself])?;
        Ok(served)
    }

    /// Two slots of one stage that one or two of the candidates serve.
    pub(crate) fn any_pair(
        &self,
        candidates: &[Candidate<'_>],
    ) -> Result<Option<SlotPair>, TooIntricate> {
        self.find_pair(candidates, 0, |_, _, _| true)
    }

    /// Two slots of one stage, served by two candidates, if `wanted` accepts the slots and the
    /// places of the candidates. At least one of the two is at the place `new` or after it: those
    /// before have been tried. A pair that does not depend on open conditions is preferred.
    pub(crate) fn find_pair(
        &self,
        candidates: &[Candidate<'_>],
        new: usize,
        wanted: impl Fn([SlotIx; 2], usize, usize) -> bool,
    ) -> Result<Option<SlotPair>, TooIntricate> {
        let mut found: Option<SlotPair> = None;
        for [a, b] in self.scope.pairs() {
            let serving = |slot| {
                let candidates = candidates.iter().enumerate();
                candidates.filter(move |(_, candidate)| candidate.may_serve(slot)).collect()
            };
            let [serving_a, serving_b]: [Vec<Placed<'_, '_>>; 2] = [serving(a), serving(b)];
            let are_tried = [&serving_a, &serving_b]
                .iter()
                .all(|serving| serving.last().is_none_or(|(last, _)| *last < new));
            if are_tried || !self.may_meet([(a, &serving_a), (b, &serving_b)]) {
                continue;
            }
            let new_of_b = serving_b.partition_point(|(j, _)| *j < new);
            for (i, of_a) in serving_a {
                let from = if i < new { new_of_b } else { 0 };
                let others = serving_b.iter().skip(from);
                for &(j, of_b) in others.filter(|(j, _)| wanted([a, b], i, *j)) {
                    let Some(stage) = self.common_stage_of([(a, of_a), (b, of_b)])? else {
                        continue;
                    };
                    let pair = SlotPair {
                        slots: [a, b],
                        witness: [a, b].map(|slot| self.action_arn(&stage.witness, slot)),
                        candidates: [i, j],
                        open: stage.open,
                    };
                    if !pair.open {
                        return Ok(Some(pair));
                    }
                    found.get_or_insert(pair);
                }
            }
        }
        Ok(found)
    }

    /// Whether any candidates of two slots may meet in a stage. `false` is certain. One walk
    /// through what they grant, without what limits them, takes the place of one for each two.
    fn may_meet(&self, parts: [(SlotIx, &[Placed<'_, '_>]); 2]) -> bool {
        let [(_, of_a), (_, of_b)] = &parts;
        if of_a.len() * of_b.len() <= FEW {
            return !of_a.is_empty() && !of_b.is_empty();
        }
        let ids = |candidates: &[Placed<'_, '_>]| -> Option<Vec<ClassId>> {
            candidates.iter().map(|(_, candidate)| candidate.class).collect()
        };
        let key = ids(of_a).zip(ids(of_b)).map(|(a, b)| {
            let [(slot_of_a, _), (slot_of_b, _)] = &parts;
            [(*slot_of_a, a), (*slot_of_b, b)]
        });
        if let Some(known) = key.as_ref().and_then(|key| self.may_meet.borrow().get(key).copied()) {
            return known;
        }
        let granted = parts.map(|(slot, candidates)| {
            let clauses = candidates.iter().map(|(_, candidate)| candidate.clauses);
            (self.action_arn("", slot), Clauses::granted_by_any(clauses))
        });
        let parts = granted.each_ref().map(|(suffix, clauses)| Part { suffix, clauses });
        let may_meet = !matches!(iam::reach(&self.stages, &parts, true), Ok(None));
        if let Some(key) = key {
            self.may_meet.borrow_mut().insert(key, may_meet);
        }
        may_meet
    }

    /// Like [`ReachIndex::common_stage`], but computed once for each two classes.
    fn common_stage_of(
        &self,
        parts: [(SlotIx, &Candidate<'_>); 2],
    ) -> Result<Option<Reached>, TooIntricate> {
        let compute =
            || self.common_stage(&parts.map(|(slot, candidate)| (slot, candidate.clauses)));
        let [a, b] = parts.map(|(slot, candidate)| Some((slot, candidate.class?)));
        let (Some(a), Some(b)) = (a, b) else {
            return compute();
        };
        if let Some(known) = self.pairs.borrow().get(&[a, b]) {
            return known.clone();
        }
        let found = compute();
        self.pairs.borrow_mut().insert([a, b], found.clone());
        found
    }

    /// A shortest stage where all of these slots may be served.
    fn common_stage(
        &self,
        parts: &[(SlotIx, &Clauses<'_, PolicyId>)],
    ) -> Result<Option<Reached>, TooIntricate> {
        let suffixes: Vec<String> =
            parts.iter().map(|(slot, _)| self.action_arn("", *slot)).collect();
        let parts = parts.iter().zip(&suffixes);
        let parts: Vec<Part<'_, '_, PolicyId>> =
            parts.map(|((_, clauses), suffix)| Part { suffix, clauses }).collect();
        shortest(&self.stages, &parts)
    }

    fn action_arn(&self, stage: &str, slot: SlotIx) -> String {
        format!("{stage}/{}", self.scope.name(slot))
    }

    /// A shortest resource, of those that matter, on which an actor's own permissions allow an
    /// action.
    pub(crate) fn reaches(
        &self,
        actor: Actor,
        action: Action,
    ) -> Result<Option<Rc<Reached>>, UndecidedError> {
        let Some(class) = self.permissions.class_of(actor, action) else {
            return Ok(None);
        };
        let frame = || self.scope.resources(self.account, action.on());
        class.reach(frame).map_err(self.undecided(actor))
    }

    /// Some resource on which an actor may do an action.
    pub(crate) fn example(&self, actor: Actor, action: Action) -> Option<String> {
        let class = self.permissions.class_of(actor, action)?;
        let reached = || self.reaches(actor, action).ok().flatten();
        class.example().map(str::to_owned).or_else(|| Some(reached()?.witness.clone()))
    }

    /// Whether somebody may do an action on any resource that matters. What is too intricate counts
    /// as allowed.
    pub(crate) fn can(&self, who: &As<'a>, action: Action) -> bool {
        let frame = || self.scope.resources(self.account, action.on());
        let Some(class) = self.permissions.class_as(who, action) else { return false };
        (action.on() == On::Anything && class.example().is_some())
            || class.reach(frame).map_or(true, |reached| reached.is_some())
    }

    /// A shortest resource of a frame that all of an actor's clauses allow.
    pub(crate) fn reach_all(
        &self,
        actor: Actor,
        frame: &Frame,
        clauses: &[&Clauses<'_, PolicyId>],
    ) -> Result<Option<Reached>, UndecidedError> {
        let parts: Vec<Part<'_, '_, PolicyId>> =
            clauses.iter().map(|clauses| Part { suffix: "", clauses }).collect();
        shortest(frame, &parts).map_err(self.undecided(actor))
    }

    /// Turns an error of `iam` into one that names the actor.
    pub(crate) fn undecided(
        &self,
        actor: Actor,
    ) -> impl Fn(TooIntricate) -> UndecidedError + use<'_> {
        let arn = self.account.arn(actor).to_owned();
        move |source| UndecidedError { arn: arn.clone(), source }
    }
}
