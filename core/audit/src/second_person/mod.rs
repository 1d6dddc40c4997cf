//! Second persons that a principal could make: new principals, principals that it takes over, or
//! principals whose sign-in it can forge, and that serve a slot afterwards.
//!
//! Each way is complete: the other principal exists, has a slot, and can sign in. CodePipeline sees
//! two people.

mod granting;
mod joint;
mod leading;
mod new_arn;
mod providers;
mod roles;
mod together;
mod users;

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use iam::account::{Actor, PolicyId};
use iam::{Clauses, Policy};

use crate::account_view::AccountView;
use crate::action::Action;
use crate::answerer::Answerer;
use crate::counted::{Verdict, best_pair};
use crate::equivalence_class::EquivalenceClass;
use crate::permissions::State;
use crate::reach_index::{Candidate, ServedSlots, SlotPair, UndecidedError};

use self::granting::Granting;
pub(super) use providers::of_roles as saml_providers;
pub(super) use together::made_by as made_together;

/// The kind of the other principal.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Kind {
    User,
    Role,
    /// An existing role, through the sign-in of an identity provider.
    SignIn,
}

/// One write on the way.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Step {
    pub(super) action: Action,
    /// The ARN of its target.
    pub(super) resource: String,
}

/// A principal that somebody could act as after some writes.
struct Other<'p, 'a> {
    kind: Kind,
    /// Its name in messages, for example `a new user`.
    called: String,
    steps: Vec<Step>,
    /// Whether several can be made, so that they serve two slots as two people.
    is_many: bool,
    /// Whether any of the writes depends on conditions that only the request decides.
    open: bool,
    approves: Approves<'p, 'a>,
    /// As the gate sees it.
    by: Answerer,
    /// All permissions of somebody that is made. `None` for those that exist.
    state: Option<State<'a>>,
}

/// What the other principal could approve.
enum Approves<'p, 'a> {
    /// What it can do now.
    Now(Rc<EquivalenceClass<'a>>, &'p ServedSlots),
    /// What it could do after the writes.
    Supposed(Clauses<'a, PolicyId>),
}

/// A way to two slots of one stage as two principals. At least one of them takes writes.
pub(super) struct Way {
    /// The names of the others that serve a slot.
    pub(super) called: Vec<String>,
    /// All writes, each once.
    pub(super) steps: Vec<Step>,
    pub(super) pair: SlotPair,
    /// Whether that depends on conditions that only the request decides.
    pub(super) open: bool,
    /// What the gate makes of the two answers.
    pub(super) verdict: Verdict,
}

/// Whether an actor might find any way. Cheap, so it is asked first.
fn might_make(view: &AccountView<'_>, actor: Actor) -> bool {
    users::might_make(view, actor)
        || roles::might_make(view, actor)
        || providers::might_forge(view, actor)
}

/// Somebody that an actor could make: in words, the writes that it takes, and all its permissions.
type Made<'a> = (String, Vec<Step>, State<'a>);

/// What was found already: several checks ask, and so does everybody who can become an actor.
#[derive(Default)]
pub(super) struct Known<'a> {
    made: RefCell<HashMap<Actor, Rc<Vec<Made<'a>>>>>,
    ways: RefCell<HashMap<Actor, Rc<Vec<Way>>>>,
    grants: RefCell<HashMap<Granting, Rc<Vec<Grant<'a>>>>>,
}

/// Everybody that an actor could make, and could act as.
pub(super) fn made<'a>(
    view: &AccountView<'a>,
    actor: Actor,
) -> Result<Rc<Vec<Made<'a>>>, UndecidedError> {
    let known = view.second_persons.made.borrow().get(&actor).map(Rc::clone);
    if let Some(known) = known {
        return Ok(known);
    }
    let mut others = users::all(view, actor)?;
    others.extend(roles::all(view, actor)?);
    let made = others.into_iter().filter_map(|it| Some((it.called, it.steps, it.state?)));
    let made = Rc::new(made.collect());
    view.second_persons.made.borrow_mut().insert(actor, Rc::clone(&made));
    Ok(made)
}

/// Those that an actor could make and that have these words, as the gate sees them.
pub(super) fn made_as(
    view: &AccountView<'_>,
    actor: Actor,
    called: &str,
) -> Result<Answerer, UndecidedError> {
    let mut others = users::all(view, actor)?;
    others.extend(roles::all(view, actor)?);
    Ok(Answerer::any(others.into_iter().filter(|it| it.called == called).map(|it| it.by)))
}

/// The ways of an actor to act as two people: at most one of each kind.
pub(super) fn ways(view: &AccountView<'_>, actor: Actor) -> Result<Rc<Vec<Way>>, UndecidedError> {
    let known = view.second_persons.ways.borrow().get(&actor).map(Rc::clone);
    if let Some(known) = known {
        return Ok(known);
    }
    let found = Rc::new(find_ways(view, actor)?);
    view.second_persons.ways.borrow_mut().insert(actor, Rc::clone(&found));
    Ok(found)
}

fn find_ways(view: &AccountView<'_>, actor: Actor) -> Result<Vec<Way>, UndecidedError> {
    if !might_make(view, actor) {
        return Ok(Vec::new());
    }
    let mut others = users::all(view, actor)?;
    others.extend(roles::all(view, actor)?);
    others.extend(providers::all(view, actor));
    if others.is_empty() {
        return Ok(Vec::new());
    }
    let own = view.serving_as(actor);
    let by = own.iter().map(|it| view.answers_as(actor, it.actor));
    let by: Vec<Answerer> = by.chain(others.iter().map(|other| other.by.clone())).collect();
    let candidates = own.iter().map(|it| Candidate::now(&it.class, it.served));
    let candidates: Vec<Candidate<'_>> =
        candidates.chain(others.iter().map(Other::candidate)).collect();
    let other = |state: usize| others.get(state.checked_sub(own.len())?);
    let is = |kind, state: usize| other(state).is_some_and(|other| other.kind == kind);
    let mut ways = Vec::new();
    for kind in [Kind::User, Kind::Role, Kind::SignIn] {
        let wanted = |i, j| {
            let differ = i != j || other(i).is_some_and(|other| other.is_many);
            differ && (is(kind, i) || is(kind, j))
        };
        let pair = best_pair(&view.counting, &view.reach, &candidates, &by, wanted);
        let Some((pair, verdict)) = pair.map_err(view.reach.undecided(actor))? else {
            continue;
        };
        let [first, second] = pair.candidates;
        let second = Some(second).filter(|second| *second != first);
        let parts = [Some(first), second].into_iter().flatten().filter_map(other);
        let (called, steps) = (Vec::new(), Vec::new());
        let mut way = Way { called, steps, open: pair.open, pair, verdict };
        for part in parts {
            way.called.push(part.called.clone());
            way.open |= part.open;
            for step in &part.steps {
                if !way.steps.contains(step) {
                    way.steps.push(step.clone());
                }
            }
        }
        ways.push(way);
    }
    Ok(ways)
}

impl Other<'_, '_> {
    fn candidate(&self) -> Candidate<'_> {
        match &self.approves {
            Approves::Now(class, served) => Candidate::now(class, served),
            Approves::Supposed(clauses) => Candidate::supposed(clauses),
        }
    }
}

/// Policies that somebody could give to a principal.
#[derive(Clone)]
struct Grant<'a> {
    policies: Vec<(PolicyId, &'a Policy)>,
    boundary: Option<PolicyId>,
    step: Action,
    /// The principal that gets them.
    to: String,
    /// It, and others that are not taken either and that the gate's rule mentions.
    names: Vec<String>,
    /// Whether more principals can be made, with other names.
    is_many: bool,
    open: bool,
}
