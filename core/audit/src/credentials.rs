//! Credentials of approvers that one human can make: the human becomes several people.

use std::collections::{BTreeMap, HashMap, HashSet, VecDeque};
use std::rc::Rc;

use iam::Truth;
use iam::account::Actor;

use crate::account_view::{AccountView, Serving};
use crate::action::{APPROVE, Action, CREDENTIALS};
use crate::answerer::Answerer;
use crate::closure::{Step, TwoSlots, Who};
use crate::counted::best_pair_with_last;
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::permissions::As;
use crate::reach_index::{Candidate, UndecidedError};
use crate::second_factor::{self, Factor};
use crate::steps;
use crate::targets::Among;

/// The most people that the actor becomes to make further credentials.
const MAKERS: usize = 64;

/// Two slots that an actor serves as two people of the gate, with credentials that it makes.
pub(crate) fn as_two_people(
    view: &AccountView<'_>,
    actor: Actor,
) -> Result<Option<TwoSlots>, UndecidedError> {
    let reach = &view.reach;
    if !reach.permissions.might_any(actor, &CREDENTIALS) {
        return Ok(None);
    }
    let own: Vec<Serving<'_, '_>> = view.serving_as(actor);
    let by = own.iter().map(|it| view.answers_as(actor, it.actor));
    let mut by: Vec<Answerer> = by.collect();
    let classes = own.iter().map(|it| (Rc::clone(&it.class), reach.slots_of_class(&it.class)));
    let mut classes: Vec<_> = classes.collect();
    let mut made: Vec<Vec<Step>> = Vec::new();
    let mut alike: HashMap<ClassId, Vec<Answerer>> = HashMap::new();
    let mut seen = HashSet::from([actor]);
    let mut makers = VecDeque::from([(actor, Vec::new())]);
    for _ in 0..MAKERS {
        let Some((maker, before)) = makers.pop_front() else { break };
        for (user, step) in made_by(view, maker) {
            if seen.contains(&user) {
                continue;
            }
            let taken = view.taken(actor, user);
            let class = reach.permissions.class_of(user, APPROVE).filter(|class| {
                let before: Vec<&Answerer> = alike.get(&class.id).into_iter().flatten().collect();
                view.may_be_another(user, reach.slots_of(user), &before, || taken.clone())
            });
            let makes_more = reach.permissions.might_any(user, &CREDENTIALS);
            if class.is_none() && !makes_more {
                continue;
            }
            seen.insert(user);
            let (class, more) = with_second_factor(view, maker, user, &step, class);
            let steps: Vec<Step> = before.iter().cloned().chain([step]).chain(more).collect();
            if makes_more {
                makers.push_back((user, steps.clone()));
            }
            let Some(class) = class else { continue };
            alike.entry(class.id).or_default().push(taken.clone());
            let served = reach.slots_of_class(&class);
            classes.push((class, served));
            by.push(taken);
            made.push(steps);
            let candidates = classes.iter().map(|(class, served)| Candidate::now(class, served));
            let candidates: Vec<Candidate<'_>> = candidates.collect();
            let found = best_pair_with_last(&view.counting, reach, &candidates, &by);
            let found = found.map_err(reach.undecided(actor))?;
            let Some((pair, verdict)) = found.filter(|(_, verdict)| verdict.counts_two()) else {
                continue;
            };
            let mut chain: Vec<Step> = Vec::new();
            for at in pair.candidates {
                let steps = match own.get(at) {
                    Some(it) => steps::to_assume(view, actor, it.actor),
                    None => made.get(at.saturating_sub(own.len())).cloned().unwrap_or_default(),
                };
                chain.extend(steps);
            }
            let chain = steps::each_once(&chain);
            return Ok(Some(TwoSlots { pair, chain, by_somebody_made: false, verdict }));
        }
    }
    Ok(None)
}

/// The class with which a user approves whose credentials somebody makes, and the step that adds a
/// device if its approvals need a second factor.
fn with_second_factor<'a>(
    view: &AccountView<'a>,
    maker: Actor,
    user: Actor,
    made: &Step,
    class: Option<Rc<EquivalenceClass<'a>>>,
) -> (Option<Rc<EquivalenceClass<'a>>>, Option<Step>) {
    if class.is_none() {
        return (None, None);
    }
    match second_factor::of(view, &As::Now(maker), user, made.action) {
        Factor::NotNeeded => (class, None),
        Factor::Missing(class) => (class, None),
        Factor::Added { by_user, is_open } => {
            let by = Who::Actor(if by_user { user } else { maker });
            let action = Action::EnableMfaDevice;
            (class, Some(Step { by, action, open: is_open, ..made.clone() }))
        }
    }
}

/// The users that matter and whose credentials somebody may make, each with the step.
fn made_by(view: &AccountView<'_>, maker: Actor) -> BTreeMap<Actor, Step> {
    let takeable = view.takeable(&As::Now(maker), Among::MatteringUsers).into_iter();
    let made = takeable.map(|(user, (action, allowed))| {
        let step = Step {
            by: Who::Actor(maker),
            is_changed: false,
            action,
            resource: view.account().arn(user).to_owned(),
            open: allowed == Truth::Unknown,
        };
        (user, step)
    });
    made.collect()
}
