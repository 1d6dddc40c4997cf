//! Who may serve which slots in an account, worked out once and asked by all rules.

use std::cell::RefCell;
use std::collections::HashMap;
use std::rc::Rc;

use iam::account::{Account, Actor, Group, PolicyId};
use iam::{Clauses, Frame, Part, TooIntricate};

use super::action::{APPROVE, Action, On};
use super::alike::{Alike, Reached, found};
use super::permissions::{Permissions, State};
use super::scope::Scope;

/// A principal or a group whose policies are too intricate to decide exactly.
#[derive(Debug, thiserror::Error)]
#[error("what `{arn}` may do cannot be decided")]
pub struct UndecidedError {
    arn: String,
    source: TooIntricate,
}

/// An account, and what has been worked out about it.
pub(crate) struct Survey<'a> {
    pub(super) account: &'a Account,
    pub(super) scope: &'a Scope,
    stages: Frame,
    pub(super) permissions: Permissions<'a>,
    /// Of those who may serve any slot.
    of_actors: HashMap<Actor, Rc<Approvals>>,
    /// By the group's place.
    of_groups: Vec<Approvals>,
    none: Approvals,
    pairs: RefCell<Pairs>,
}

/// Which slots somebody may serve.
#[derive(Debug, Default)]
pub(super) struct Approvals {
    /// By the slot's place.
    pub(super) slots: Vec<Option<Reached>>,
    /// Two of them in one stage.
    pub(super) both: Option<Both>,
}

/// Two slots of one stage that somebody may serve.
#[derive(Clone, Debug)]
pub(super) struct Both {
    /// The slots' places.
    pub(super) slots: [usize; 2],
    /// The ARNs of the two actions.
    pub(super) witness: [String; 2],
    /// Which of the states that were asked about serve them.
    pub(super) states: [usize; 2],
    /// Whether it takes conditions that only the request decides.
    pub(super) open: bool,
}

/// By two slots, each with the place of those who serve it: a shortest stage in which they do, and
/// whether that takes open conditions.
type Pairs = HashMap<[(usize, usize); 2], Option<(String, bool)>>;

/// What somebody may do about approvals at one time, as one of several that are asked for two
/// slots.
#[derive(Clone, Copy)]
pub(super) struct Candidate<'c> {
    clauses: &'c Clauses<'c, PolicyId>,
    /// The slots that these serve, where that is known.
    approvals: Option<&'c Approvals>,
    /// The place of those whose these are now; none of what somebody might have.
    place: Option<usize>,
}

impl<'c> Candidate<'c> {
    /// What some may do now.
    pub(super) fn now(alike: &'c Alike<'c>, approvals: &'c Approvals) -> Self {
        Self { clauses: &alike.clauses, approvals: Some(approvals), place: Some(alike.place) }
    }

    /// What somebody might have.
    pub(super) fn supposed(clauses: &'c Clauses<'c, PolicyId>) -> Self {
        Self { clauses, approvals: None, place: None }
    }

    /// Whether it may serve a slot, as far as that is known.
    fn may_serve(&self, slot: usize) -> bool {
        self.approvals
            .is_none_or(|approvals| approvals.slots.get(slot).is_some_and(Option::is_some))
    }
}

impl Approvals {
    /// The slots that may be served.
    pub(super) fn served(&self) -> impl Iterator<Item = (usize, &Reached)> {
        let slots = self.slots.iter().enumerate();
        slots.filter_map(|(at, reached)| Some((at, reached.as_ref()?)))
    }

    pub(super) fn any(&self) -> bool {
        self.served().next().is_some()
    }
}

impl<'a> Survey<'a> {
    pub(super) fn new(account: &'a Account, scope: &'a Scope) -> Result<Self, UndecidedError> {
        let mut survey = Self {
            account,
            scope,
            stages: scope.resources(account, On::Stages),
            permissions: Permissions::new(account, scope),
            of_actors: HashMap::new(),
            of_groups: Vec::new(),
            none: Approvals::default(),
            pairs: RefCell::default(),
        };
        let mut known: HashMap<usize, Rc<Approvals>> = HashMap::new();
        for actor in account.actors() {
            let Some(alike) = survey.permissions.alike(actor, APPROVE) else {
                continue;
            };
            let approvals = match known.get(&alike.place) {
                Some(known) => Rc::clone(known),
                None => {
                    let worked_out =
                        Rc::new(survey.approvals_by(&alike.clauses).map_err(survey.about(actor))?);
                    known.insert(alike.place, Rc::clone(&worked_out));
                    worked_out
                }
            };
            if approvals.any() {
                survey.of_actors.insert(actor, approvals);
            }
        }
        for group in &account.groups {
            let approvals = survey.worked_out_of(group)?;
            survey.of_groups.push(approvals);
        }
        Ok(survey)
    }

    /// Which slots an actor may serve with its own permissions.
    pub(super) fn approvals(&self, actor: Actor) -> &Approvals {
        self.of_actors.get(&actor).map_or(&self.none, Rc::as_ref)
    }

    /// Which slots a group's own policies allow somebody to serve, or may allow; by the group's
    /// place.
    pub(super) fn group_approvals(&self, group: usize) -> &Approvals {
        self.of_groups.get(group).unwrap_or(&self.none)
    }

    fn worked_out_of(&self, group: &Group) -> Result<Approvals, UndecidedError> {
        if !group.policies.iter().any(|id| self.permissions.allows(*id, APPROVE)) {
            return Ok(Approvals::default());
        }
        let state = self.permissions.state_of(group);
        self.approvals_in(&state)
            .map_err(|source| UndecidedError { arn: group.arn.clone(), source })
    }

    /// Which slots are served in a state.
    pub(super) fn approvals_in(&self, state: &State<'_>) -> Result<Approvals, TooIntricate> {
        self.approvals_by(&state.clauses())
    }

    fn approvals_by(&self, clauses: &Clauses<'_, PolicyId>) -> Result<Approvals, TooIntricate> {
        let slots = (0..self.scope.slots.len()).map(|slot| {
            let parts = [(slot, clauses)];
            Ok(self
                .common(&parts)?
                .map(|(witness, open)| Reached { witness: self.action_arn(&witness, slot), open }))
        });
        let slots = slots.collect::<Result<Vec<_>, _>>()?;
        let mut approvals = Approvals { slots, both: None };
        let itself = Candidate { clauses, approvals: Some(&approvals), place: None };
        approvals.both = self.pair(&[itself])?;
        Ok(approvals)
    }

    /// Two slots of one stage, served by one or two of several states.
    pub(super) fn pair(&self, states: &[Candidate<'_>]) -> Result<Option<Both>, TooIntricate> {
        self.both(states, |_, _| true)
    }

    /// Two slots of one stage, one of them at least served in the last of several states.
    pub(super) fn pair_with_last(
        &self,
        states: &[Candidate<'_>],
    ) -> Result<Option<Both>, TooIntricate> {
        let last = states.len().saturating_sub(1);
        self.both(states, |i, j| i == last || j == last)
    }

    /// Two slots of one stage, served by one or two of several states, of which some places are
    /// wanted.
    pub(super) fn both(
        &self,
        states: &[Candidate<'_>],
        wanted: impl Fn(usize, usize) -> bool,
    ) -> Result<Option<Both>, TooIntricate> {
        let mut found: Option<Both> = None;
        let slots = 0..self.scope.slots.len();
        for a in slots.clone() {
            for b in slots.clone().skip(a + 1) {
                let serving = |slot| {
                    states.iter().enumerate().filter(move |(_, state)| state.may_serve(slot))
                };
                for (i, of_a) in serving(a) {
                    for (j, of_b) in serving(b).filter(|(j, _)| wanted(i, *j)) {
                        let Some((witness, open)) = self.in_common([(a, of_a), (b, of_b)])? else {
                            continue;
                        };
                        let both = Both {
                            slots: [a, b],
                            witness: [a, b].map(|slot| self.action_arn(&witness, slot)),
                            states: [i, j],
                            open,
                        };
                        if !open {
                            return Ok(Some(both));
                        }
                        found.get_or_insert(both);
                    }
                }
            }
        }
        Ok(found)
    }

    /// As [`Survey::common`], which is asked once of those who are alike.
    fn in_common(
        &self,
        parts: [(usize, &Candidate<'_>); 2],
    ) -> Result<Option<(String, bool)>, TooIntricate> {
        let work_out = || self.common(&parts.map(|(slot, candidate)| (slot, candidate.clauses)));
        let [a, b] = parts.map(|(slot, candidate)| Some((slot, candidate.place?)));
        let (Some(a), Some(b)) = (a, b) else {
            return work_out();
        };
        let asked = [a, b];
        if let Some(known) = self.pairs.borrow().get(&asked) {
            return Ok(known.clone());
        }
        let found = work_out()?;
        self.pairs.borrow_mut().insert(asked, found.clone());
        Ok(found)
    }

    /// A shortest stage in which all of these slots may be served, and whether that takes open
    /// conditions.
    fn common(
        &self,
        parts: &[(usize, &Clauses<'_, PolicyId>)],
    ) -> Result<Option<(String, bool)>, TooIntricate> {
        let suffixes: Vec<String> = parts.iter().map(|(slot, _)| self.suffix(*slot)).collect();
        let parts: Vec<Part<'_, '_, PolicyId>> = parts
            .iter()
            .zip(&suffixes)
            .map(|((_, clauses), suffix)| Part { suffix, clauses })
            .collect();
        found(&self.stages, &parts)
    }

    fn suffix(&self, slot: usize) -> String {
        let action = self.scope.slots.get(slot).map_or("", |slot| &slot.action);
        format!("/{action}")
    }

    fn action_arn(&self, stage: &str, slot: usize) -> String {
        format!("{stage}{}", self.suffix(slot))
    }

    /// A shortest resource, of those that matter, on which an actor may do something with its own
    /// permissions.
    pub(super) fn reaches(
        &self,
        actor: Actor,
        action: Action,
    ) -> Result<Option<Rc<Reached>>, UndecidedError> {
        let Some(alike) = self.permissions.alike(actor, action) else {
            return Ok(None);
        };
        let frame = || self.scope.resources(self.account, action.on());
        alike.reach(frame).map_err(self.about(actor))
    }

    /// A shortest resource of a frame on which all of these are allowed, and whether that takes
    /// open conditions.
    pub(super) fn reach_all(
        &self,
        actor: Actor,
        frame: &Frame,
        clauses: &[&Clauses<'_, PolicyId>],
    ) -> Result<Option<(String, bool)>, UndecidedError> {
        let parts: Vec<Part<'_, '_, PolicyId>> =
            clauses.iter().map(|clauses| Part { suffix: "", clauses }).collect();
        found(frame, &parts).map_err(self.about(actor))
    }

    /// For errors.
    pub(super) fn about(&self, actor: Actor) -> impl Fn(TooIntricate) -> UndecidedError + use<'_> {
        let arn = self.account.arn(actor).to_owned();
        move |source| UndecidedError { arn: arn.clone(), source }
    }
}
