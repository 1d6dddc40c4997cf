//! Who somebody may act as by changing code that may run with a role.

use std::collections::{BTreeMap, HashMap, HashSet};
use std::rc::Rc;

use iam::account::{Actor, RoleIx};

use super::{Ways, actions_of};
use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};
use crate::answerer::Answerer;
use crate::closure::{Closure, Step, TwoSlots, WantedSlots, Wants, Who};
use crate::counted::best_pair_of;
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::reach_index::{Candidate, ServedSlots, UndecidedError};
use crate::steps;

/// The roles that some ways to change code lead to, directly or through further roles. The same
/// ways lead everybody to the same roles.
#[derive(Default)]
pub(crate) struct Reached {
    links: Vec<Link>,
    /// The places in `links` of the roles that serve slots: one for each class, and others that the
    /// gate may count as different people.
    serving: Vec<usize>,
}

/// A role that is reached.
#[derive(Clone, Copy)]
struct Link {
    role: RoleIx,
    /// The role that the code runs with: the same one, or one that may assume it.
    runs_with: RoleIx,
    /// The place of the way in the table.
    way: usize,
    /// The place of the role to which the way is open. `None` if it is open at the start.
    by: Option<usize>,
}

/// Two slots that an actor serves if something runs with a role already. `None` if it serves them
/// in no such way.
pub(crate) fn two_slots(
    view: &AccountView<'_>,
    actor: Actor,
) -> Result<Option<TwoSlots>, UndecidedError> {
    let mut ways = Ways::new();
    for it in view.selves(actor) {
        ways.extend(view.open_ways(it).iter());
    }
    if ways.is_empty() {
        return Ok(None);
    }
    let reached = view.reached_by(ways);
    let own = view.serving_as(actor);
    let mut by: Vec<Answerer> = own.iter().map(|it| view.answers_as(actor, it.actor)).collect();
    let mut classes: Vec<(Rc<EquivalenceClass<'_>>, &ServedSlots)> =
        own.iter().map(|it| (Rc::clone(&it.class), it.served)).collect();
    let mut refused = None;
    // The nearest first: the shortest chain says most.
    for link in reached.serving() {
        let role = Actor::Role(link.role);
        let Some(class) = view.reach.permissions.class_of(role, APPROVE) else { continue };
        classes.push((class, view.reach.slots_of(role)));
        by.push(view.taken(actor, role));
        let candidates = classes.iter().map(|(class, served)| Candidate::now(class, served));
        let candidates: Vec<Candidate<'_>> = candidates.collect();
        // A role that serves both by itself says more than two that serve one each.
        let is_both = view.reach.slots_of(role).pair.is_some();
        let wanted = |_, i, j| i == j || !is_both;
        let last = candidates.len().saturating_sub(1);
        let found = best_pair_of(&view.counting, &view.reach, &candidates, &by, last, wanted);
        let Some((pair, verdict)) = found.map_err(view.reach.undecided(actor))? else { continue };
        let mut chain = Vec::new();
        for at in pair.candidates {
            let steps = match own.get(at) {
                Some(it) => steps::to_assume(view, actor, it.actor),
                None => reached.chain(view, actor, reached.serving.get(at - own.len()).copied()),
            };
            chain.extend(steps);
        }
        let chain = steps::each_once(&chain);
        let counts_two = verdict.counts_two();
        let found = TwoSlots { pair, chain, by_somebody_made: false, verdict };
        if counts_two {
            return Ok(Some(found));
        }
        refused.get_or_insert(found);
    }
    // Or a role that is reached writes something. That takes long, and most code runs with a role
    // that approves and that the gate refuses.
    let leads_further =
        |link: &Link| view.reach.permissions.might_any(Actor::Role(link.role), &view.leading);
    if refused.is_some() || !reached.links.iter().any(leads_further) {
        return Ok(refused);
    }
    let places = (0..reached.links.len()).zip(&reached.links);
    let also = places
        .map(|(place, link)| (Actor::Role(link.role), reached.chain(view, actor, Some(place))));
    let wants = Wants { slots: WantedSlots::Any, past_the_gate: false };
    Ok(Closure::of_those(view, actor, also, wants)?.slots)
}

impl Reached {
    /// Follows ways until they lead to no further role.
    pub(super) fn new(view: &AccountView<'_>, start: &Ways) -> Self {
        let mut reached = Self::default();
        let mut open: BTreeMap<usize, Option<usize>> =
            start.iter().map(|way| (*way, None)).collect();
        let (mut entered, mut known) = (HashSet::new(), HashSet::new());
        let mut alike: HashMap<ClassId, Vec<Answerer>> = HashMap::new();
        loop {
            let before = reached.links.len();
            for (runs_with, ways) in view.running_roles() {
                let way = ways.iter().find_map(|way| Some((*way, *open.get(way)?)));
                let Some((way, by)) = way.filter(|_| entered.insert(*runs_with)) else { continue };
                for role in view.selves(Actor::Role(*runs_with)) {
                    let Actor::Role(at) = role else { continue };
                    if view.is_desk(role) || !known.insert(at) {
                        continue;
                    }
                    let place = reached.links.len();
                    reached.links.push(Link { role: at, runs_with: *runs_with, way, by });
                    for way in view.open_ways(role).iter() {
                        open.entry(*way).or_insert(Some(place));
                    }
                    let class = view.reach.permissions.class_of(role, APPROVE);
                    let served = view.reach.slots_of(role);
                    let Some(class) = class.filter(|_| served.any()) else { continue };
                    let kept = alike.entry(class.id).or_default();
                    let by = view.taken(role, role);
                    let before = Vec::from_iter(&*kept);
                    if before.is_empty()
                        || view.may_be_another(role, served, &before, || by.clone())
                    {
                        kept.push(by);
                        reached.serving.push(place);
                    }
                }
            }
            if reached.links.len() == before {
                return reached;
            }
        }
    }

    fn serving(&self) -> impl Iterator<Item = &Link> {
        self.serving.iter().filter_map(|at| self.links.get(*at))
    }

    /// The steps that lead an actor to the role at a place.
    fn chain(&self, view: &AccountView<'_>, actor: Actor, place: Option<usize>) -> Vec<Step> {
        let mut links = Vec::new();
        let mut at = place;
        while let Some(link) = at.and_then(|at| self.links.get(at)) {
            links.push(link);
            at = link.by;
        }
        let mut chain = Vec::new();
        for link in links.into_iter().rev() {
            let changes = match link.by.and_then(|by| self.links.get(by)) {
                Some(by) => Actor::Role(by.role),
                None => {
                    let mut selves = view.selves(actor).into_iter();
                    selves.find(|it| view.open_ways(*it).contains(&link.way)).unwrap_or(actor)
                }
            };
            if link.by.is_none() {
                chain.extend(steps::to_assume(view, actor, changes));
            }
            let runs_with = Actor::Role(link.runs_with);
            chain.extend(actions_of(link.way).iter().map(|action| Step {
                by: Who::Actor(changes),
                is_changed: false,
                action: *action,
                resource: view.account().arn(runs_with).to_owned(),
                open: false,
            }));
            chain.extend(steps::to_assume(view, runs_with, Actor::Role(link.role)));
        }
        chain
    }
}

impl<'a> AccountView<'a> {
    /// The ways to run code with some role for which an actor has all permissions.
    fn open_ways(&self, actor: Actor) -> Rc<Ways> {
        if let Some(known) = self.running.open.borrow().get(&actor) {
            return Rc::clone(known);
        }
        let who = crate::permissions::As::Now(actor);
        let might = |actions: &[Action]| {
            actions.iter().all(|action| self.reach.permissions.might(actor, *action))
        };
        let may = |actions: &[Action]| actions.iter().all(|action| self.reach.can(&who, *action));
        let ways = self.ways_that_run().iter().copied();
        let open = ways.filter(|way| might(actions_of(*way)) && may(actions_of(*way)));
        let open = Rc::new(open.collect::<Ways>());
        self.running.open.borrow_mut().insert(actor, Rc::clone(&open));
        open
    }

    /// The roles that ways lead to.
    fn reached_by(&self, ways: Ways) -> Rc<Reached> {
        if let Some(known) = self.running.reached.borrow().get(&ways) {
            return Rc::clone(known);
        }
        let reached = Rc::new(Reached::new(self, &ways));
        self.running.reached.borrow_mut().insert(ways, Rc::clone(&reached));
        reached
    }
}
