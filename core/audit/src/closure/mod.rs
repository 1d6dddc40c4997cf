//! Everything that a principal can become and do, closed until nothing changes.
//!
//! A *form* is somebody with certain permissions: the principal itself, a role that it assumes, a
//! user whose password it sets, or any of them after writes. Each form may lead to further forms. A
//! worklist holds those that have not been followed yet. Forms whose permissions are of the same
//! classes lead to the same ones, so only one of them is followed. Every form knows the steps that
//! lead to it.

mod answering;
mod changes;
mod combinations;
mod follow;
mod identity_center;
mod second_factor;
mod widen;
mod write;

use std::collections::{BTreeSet, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use iam::account::{Actor, GroupIx, PolicyId};

use self::changes::Changes;
use self::widen::Likeness;
use self::write::Writing;
use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};
use crate::answerer::Answerer;
use crate::bypass::OpenWay;
use crate::counted::{Verdict, best_pair_with_last};
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::permissions::As;
use crate::reach_index::{Candidate, ServedSlots, SlotPair, UndecidedError};
use crate::steps;

/// The actions that may lead to another form.
pub(crate) use self::follow::{deciding, leading};

/// One step: somebody does an action to a resource.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Step {
    pub(crate) by: Who,
    /// Whether that one has other permissions by then than the account shows.
    pub(crate) is_changed: bool,
    pub(crate) action: Action,
    /// The ARN of the resource.
    pub(crate) resource: String,
    /// Whether it depends on what the account does not show.
    pub(crate) open: bool,
}

/// The classes of somebody, for the actions that matter.
pub(crate) type Classes = Rc<[(Action, ClassId)]>;

/// Who a form is.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Who {
    /// A user or a role of the account.
    Actor(Actor),
    /// Somebody that is made, or signs in: in words.
    Made(String),
}

/// Somebody with certain permissions.
struct Form<'a> {
    who: Who,
    permissions: As<'a>,
    /// The forms that these steps start from.
    after: BTreeSet<usize>,
    steps: Vec<Step>,
}

/// What a principal reaches by at least one write.
#[derive(Debug, Default)]
pub(crate) struct Outcome {
    /// Two slots of one stage.
    pub(crate) slots: Option<TwoSlots>,
    /// A way past the gate.
    pub(crate) past_the_gate: Option<PastTheGate>,
}

/// What is looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) struct Wants {
    pub(crate) slots: WantedSlots,
    /// A way past the gate.
    pub(crate) past_the_gate: bool,
}

/// Which two slots are looked for.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum WantedSlots {
    /// None: the principal has them without a write.
    No,
    /// Only those that the gate counts as two people. Others the principal has without a write.
    OfTwoPeople,
    /// Any, and rather those that the gate counts as two people.
    Any,
}

/// Two slots, and how.
#[derive(Clone, Debug)]
pub(crate) struct TwoSlots {
    pub(crate) pair: SlotPair,
    /// All steps, in order.
    pub(crate) chain: Vec<Step>,
    /// Whether somebody that is made serves one of the slots, so that the gate counts two people.
    pub(crate) by_somebody_made: bool,
    /// What the gate makes of the two answers.
    pub(crate) verdict: Verdict,
}

/// A way past the gate, and the steps before it.
#[derive(Debug)]
pub(crate) struct PastTheGate {
    pub(crate) last: Last,
    pub(crate) chain: Vec<Step>,
}

/// What is done past the gate.
#[derive(Debug)]
pub(crate) enum Last {
    /// Actions of a way.
    Way(OpenWay),
    /// Whatever this role does.
    Role(Actor),
}

/// Follows the forms of one principal.
pub(crate) struct Closure<'p, 'a> {
    view: &'p AccountView<'a>,
    start: Actor,
    forms: Vec<Form<'a>>,
    queue: VecDeque<usize>,
    /// The forms of actors as they are now, by actor.
    as_now: HashMap<Actor, usize>,
    /// The forms that others make together, as the gate sees them.
    together: HashMap<usize, Answerer>,
    /// The classes of all forms so far. A form with the same classes leads to nothing new.
    known: HashSet<Classes>,
    /// The forms that serve a slot: one for each class, or a few that the gate may count as
    /// different people.
    serving: Vec<(usize, Rc<EquivalenceClass<'a>>, Rc<ServedSlots>, Answerer)>,
    /// The forms that have been followed and may change others, one for each way to be allowed it.
    writers: Vec<usize>,
    /// What decides about the changes that each of these may make.
    writing: HashSet<Writing>,
    /// The changes that can be made to actors among the forms.
    changes: HashMap<Actor, Changes>,
    /// The groups that users may join only because somebody may change them, too.
    joined: BTreeSet<(Actor, GroupIx)>,
    /// Whether a form may let users join a group that gives something.
    any_join_leads: bool,
    /// The principals that were added because a form may change them.
    changeable: HashSet<Likeness>,
    outcome: Outcome,
    wants: Wants,
    problem: Option<UndecidedError>,
}

impl<'p, 'a> Closure<'p, 'a> {
    /// Everything that an actor reaches, as far as it is wanted: two slots, and a way past the
    /// gate.
    pub(crate) fn of(
        view: &'p AccountView<'a>,
        actor: Actor,
        wants: Wants,
    ) -> Result<Outcome, UndecidedError> {
        Self::of_those(view, actor, std::iter::empty(), wants)
    }

    /// The same for an actor who can act as others after some steps.
    pub(crate) fn of_those(
        view: &'p AccountView<'a>,
        actor: Actor,
        others: impl Iterator<Item = (Actor, Vec<Step>)>,
        wants: Wants,
    ) -> Result<Outcome, UndecidedError> {
        let mut closure = Self {
            view,
            start: actor,
            forms: Vec::new(),
            queue: VecDeque::new(),
            as_now: HashMap::new(),
            together: HashMap::new(),
            known: HashSet::new(),
            serving: Vec::new(),
            writers: Vec::new(),
            writing: HashSet::new(),
            changes: HashMap::new(),
            joined: BTreeSet::new(),
            any_join_leads: false,
            changeable: HashSet::new(),
            outcome: Outcome::default(),
            wants,
            problem: None,
        };
        closure.add_actor(actor, BTreeSet::new(), Vec::new());
        for (other, steps) in others {
            closure.add_actor(other, BTreeSet::from([0]), steps);
        }
        while !closure.is_done() {
            match closure.queue.pop_front() {
                Some(at) => closure.follow(at),
                None if closure.widen() => {}
                None => break,
            }
        }
        closure.problem.map_or(Ok(closure.outcome), Err)
    }

    /// Whether everything that is wanted is found.
    fn is_done(&self) -> bool {
        self.problem.is_some() || (!self.wants_slots() && !self.wants_past_the_gate())
    }

    /// Whether two slots are still wanted: any, or those that the gate counts as two people.
    fn wants_slots(&self) -> bool {
        let is_best = |found: &TwoSlots| found.verdict.counts_two();
        let may_be_two = self.view.counting.counts_unsigned()
            && !self.outcome.slots.as_ref().is_some_and(is_best);
        self.wants_any_slots() || (self.wants.slots != WantedSlots::No && may_be_two)
    }

    /// Whether any two slots are wanted, also if the gate refuses them.
    fn wants_any_slots(&self) -> bool {
        self.wants.slots == WantedSlots::Any && self.outcome.slots.is_none()
    }

    fn wants_past_the_gate(&self) -> bool {
        self.wants.past_the_gate && self.outcome.past_the_gate.is_none()
    }

    /// Adds a form that is followed, and looks at what it can do.
    fn add(&mut self, form: Form<'a>) {
        self.queue.push_back(self.forms.len());
        self.add_alike(form);
    }

    /// Adds a form that leads to what others lead to, and looks at what it can do.
    fn add_alike(&mut self, form: Form<'a>) {
        let at = self.forms.len();
        self.forms.push(form);
        let looked = self.serve(at).and_then(|()| self.look_past_the_gate(at));
        if let Err(problem) = looked {
            self.problem = Some(problem);
        }
    }

    /// Adds an actor as it is now, if it is new, or if the gate may count it as somebody else.
    fn add_actor(&mut self, actor: Actor, after: BTreeSet<usize>, steps: Vec<Step>) {
        if self.as_now.contains_key(&actor) {
            return;
        }
        // A role that names the actor trusts it alone.
        let classes = self.classes(&As::Now(actor));
        let is_new = self.known.insert(classes)
            || self.view.chains.has_its_own(actor)
            || self.view.bypass.as_role(actor).is_some();
        if !is_new && !self.may_be_another(actor) {
            return;
        }
        self.as_now.insert(actor, self.forms.len());
        let form = Form { who: Who::Actor(actor), permissions: As::Now(actor), after, steps };
        match is_new {
            true => self.add(form),
            false => self.add_alike(form),
        }
    }

    /// Whether the gate may count an actor, as it is now, as another person than those among the
    /// forms that serve the same slots.
    fn may_be_another(&self, actor: Actor) -> bool {
        let class = self.view.reach.permissions.class_of(actor, APPROVE);
        let Some(class) = class.filter(|_| self.wants_slots()) else { return false };
        let served = self.view.reach.slots_of(actor);
        let by = || self.view.taken(self.start, actor);
        self.view.may_be_another(actor, served, &self.serving_alike(class.id), by)
    }

    /// Those who serve slots with a class.
    fn serving_alike(&self, class: ClassId) -> Vec<&Answerer> {
        let alike = self.serving.iter().filter(|(_, known, ..)| known.id == class);
        alike.map(|(.., by)| by).collect()
    }

    /// Adds a form with other permissions than an actor has now, if it is new.
    fn add_changed(&mut self, form: Form<'a>) {
        let classes = self.classes(&form.permissions);
        let is_new = !classes.is_empty() && self.known.insert(classes);
        if is_new || self.enters_more(&form) {
            self.add(form);
        }
    }

    /// Whether a form may assume a role that is not among the forms, because that role
    /// distinguishes its actor. The classes do not show it: the role's trust policy allows it.
    fn enters_more(&self, form: &Form<'a>) -> bool {
        let (Who::Actor(actor), As::After(after)) = (&form.who, &form.permissions) else {
            return false;
        };
        let entered = self.told_apart(*actor, after);
        entered.iter().any(|(role, _)| !self.as_now.contains_key(role))
    }

    /// The classes of somebody for all actions that matter.
    fn classes(&self, who: &As<'a>) -> Classes {
        let As::Now(actor) = who else { return self.classes_of(who) };
        if let Some(known) = self.view.classes.borrow().get(actor) {
            return Rc::clone(known);
        }
        let classes = self.classes_of(who);
        self.view.classes.borrow_mut().insert(*actor, Rc::clone(&classes));
        classes
    }

    fn classes_of(&self, who: &As<'a>) -> Classes {
        let permissions = &self.view.reach.permissions;
        let deciding = self.view.deciding.iter();
        let classes =
            deciding.filter_map(|action| Some((*action, permissions.class_as(who, *action)?.id)));
        classes.collect()
    }

    /// Looks for two slots with what a form serves.
    fn serve(&mut self, at: usize) -> Result<(), UndecidedError> {
        let start = self.start;
        let Some(form) = self.forms.get(at).filter(|_| self.wants_slots()) else {
            return Ok(());
        };
        let reach = &self.view.reach;
        let is_desk = matches!(form.who, Who::Actor(actor) if self.view.is_desk(actor));
        let Some(class) = self.approval_class(form).filter(|_| !is_desk) else {
            return Ok(());
        };
        let alike = self.serving_alike(class.id);
        let counting = &self.view.counting;
        let may_count = match form.who {
            Who::Actor(actor) => counting.may_count(actor, self.view.name(actor)),
            Who::Made(_) => counting.counts_unsigned(),
        };
        if !alike.is_empty() && !may_count {
            return Ok(());
        }
        let undecided = |problem| reach.undecided(start)(problem);
        let served = reach.slots_of_class(&class);
        if !served.any() {
            return Ok(());
        }
        let by = self.answerer(at, form);
        if !alike.is_empty() && !counting.may_be_another(reach, &served, &alike, &by) {
            return Ok(());
        }
        // One principal is one person.
        let is_one = by.shown().len() == 1 && self.serving.iter().all(|(.., known)| *known == by);
        self.serving.push((at, class, served, by));
        if is_one && !self.wants_any_slots() {
            return Ok(());
        }
        let candidates =
            self.serving.iter().map(|(_, class, served, _)| Candidate::now(class, served));
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        // Most serve no two, and then nobody asks who answers.
        let last = candidates.len().saturating_sub(1);
        if reach.find_pair(&candidates, last, |_, _, _| true).map_err(undecided)?.is_none() {
            return Ok(());
        }
        let by: Vec<Answerer> = self.serving.iter().map(|(.., by)| by.clone()).collect();
        let found = best_pair_with_last(&self.view.counting, reach, &candidates, &by);
        let Some((pair, verdict)) = found.map_err(undecided)? else {
            return Ok(());
        };
        if !verdict.counts_two() && !self.wants_any_slots() {
            return Ok(());
        }
        let ends = pair.candidates.map(|at| self.serving.get(at).map_or(0, |(form, ..)| *form));
        let chain = self.chain(&ends);
        // Without a write, another check reports it.
        if chain.iter().all(|step| step.action == Action::AssumeRole) {
            return Ok(());
        }
        let by_somebody_made = ends
            .iter()
            .any(|at| self.forms.get(*at).is_some_and(|form| matches!(form.who, Who::Made(_))));
        self.outcome.slots = Some(TwoSlots { pair, chain, by_somebody_made, verdict });
        Ok(())
    }

    /// Looks for an action of a form that bypasses the gate.
    fn look_past_the_gate(&mut self, at: usize) -> Result<(), UndecidedError> {
        let start = self.start;
        // The check reports what the principal itself may do.
        let wanted = at != 0 && self.wants_past_the_gate();
        let Some(form) = self.forms.get(at).filter(|_| wanted) else {
            return Ok(());
        };
        let bypass = &self.view.bypass;
        let last = match &form.who {
            Who::Actor(role) if self.is_past_the_gate(*role, at) => Some(Last::Role(*role)),
            Who::Actor(_) | Who::Made(_) => {
                let mut ways = bypass.ways(&self.view.reach, &form.permissions, start)?;
                ways.next().transpose()?.map(Last::Way)
            }
        };
        if let Some(last) = last {
            let chain = self.chain(&[at]);
            self.outcome.past_the_gate = Some(PastTheGate { last, chain });
        }
        Ok(())
    }

    /// Whether somebody who becomes a role is past the gate. Roles that deploy become each other.
    /// Another check reports who may assume the desk's role.
    fn is_past_the_gate(&self, role: Actor, at: usize) -> bool {
        let bypass = &self.view.bypass;
        let writes = || self.chain(&[at]).iter().any(|step| step.action != Action::AssumeRole);
        bypass.as_role(role).is_some()
            && bypass.as_role(self.start).is_none()
            && (!self.view.is_desk(role) || writes())
    }

    /// The steps that lead to some forms, each once, in order.
    fn chain(&self, ends: &[usize]) -> Vec<Step> {
        let mut seen = HashSet::new();
        let mut chain = Vec::new();
        for end in ends {
            self.add_to_chain(*end, &mut seen, &mut chain);
        }
        steps::each_once(chain)
    }

    fn add_to_chain<'s>(&'s self, at: usize, seen: &mut HashSet<usize>, chain: &mut Vec<&'s Step>) {
        // Not by recursion: a chain of roles may be long.
        let mut left = vec![(at, false)];
        while let Some((at, is_ready)) = left.pop() {
            let Some(form) = self.forms.get(at) else { continue };
            if !is_ready {
                if seen.insert(at) {
                    left.push((at, true));
                    left.extend(form.after.iter().rev().map(|before| (*before, false)));
                }
                continue;
            }
            chain.extend(&form.steps);
        }
    }

    /// The policies of an actor that are managed by the account, with their ARNs.
    fn rewritable(&self, actor: Actor) -> Vec<(PolicyId, &'a str)> {
        let account = self.view.account();
        let own = account.policies_of(actor);
        let boundary = account.identity(actor).and_then(|identity| identity.boundary);
        let joined = self.joined.range((actor, GroupIx(0))..).take_while(|(of, _)| *of == actor);
        let groups = joined.filter_map(|(_, at)| account.group(*at));
        let joined = groups.flat_map(|group| &group.policies).copied();
        self.managed(own.chain(boundary).chain(joined))
    }

    /// The policies among some that are managed by the account, each once, with their ARNs.
    fn managed(&self, ids: impl Iterator<Item = PolicyId>) -> Vec<(PolicyId, &'a str)> {
        let account = self.view.account();
        let mut ids: Vec<PolicyId> = ids.collect();
        ids.sort_unstable();
        ids.dedup();
        let managed =
            ids.into_iter().filter_map(|id| Some((id, account.policy(id)?.arn.as_deref()?)));
        managed.filter(|(_, arn)| !arn.contains("::aws:policy/")).collect()
    }
}
