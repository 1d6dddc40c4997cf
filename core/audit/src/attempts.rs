//! Writes that are tried: what a principal could approve after each.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use iam::account::Actor;
use iam::{TooIntricate, Truth};

use super::action::{APPROVE, Action};
use super::alike::Alike;
use super::permissions::State;
use super::picture::Picture;
use super::survey::{Approvals, Both, Candidate, UndecidedError};

/// One write after which a principal can serve two slots of one stage.
pub(super) struct Write {
    /// The action of the write.
    pub(super) action: Action,
    /// What is written to: an ARN.
    pub(super) resource: String,
    /// The slots.
    pub(super) both: Both,
}

/// The writes of one principal that were tried.
pub(super) struct Attempts<'p, 'a> {
    picture: &'p Picture<'a>,
    actor: Actor,
    /// What the actor can approve before the write, as itself and as the roles that it may become:
    /// that counts as well. Empty until it is needed.
    before: OnceCell<Vec<(Rc<Alike<'a>>, &'p Approvals)>>,
    /// Two slots with what another may approve, by that: none where there are none.
    with: HashMap<*const Approvals, Option<Both>>,
    /// Those that give two slots. One target shows what an action can do.
    found: Vec<Write>,
    problem: Option<TooIntricate>,
}

impl<'p, 'a> Attempts<'p, 'a> {
    pub(super) fn of(picture: &'p Picture<'a>, actor: Actor) -> Self {
        Self {
            picture,
            actor,
            before: OnceCell::new(),
            with: HashMap::new(),
            found: Vec::new(),
            problem: None,
        }
    }

    /// The writes that give two slots.
    pub(super) fn found(self) -> Result<Vec<Write>, UndecidedError> {
        match self.problem {
            None => Ok(self.found),
            Some(problem) => Err(self.picture.survey.about(self.actor)(problem)),
        }
    }

    /// Whether an action has shown what it can do.
    pub(super) fn have(&self, action: Action) -> bool {
        self.found.iter().any(|write| write.action == action)
    }

    fn may(&self, action: Action, resource: &str) -> bool {
        let alike = self.picture.survey.permissions.alike(self.actor, action);
        alike.is_some_and(|alike| alike.clauses.allow(resource) != Truth::No)
    }

    /// Tries a write, where the actor may make it.
    pub(super) fn offer(
        &mut self,
        action: Action,
        resource: &str,
        after: impl FnOnce() -> Option<State<'a>>,
    ) {
        if !self.have(action) && self.may(action, resource) {
            self.add(action, resource, after());
        }
    }

    /// Tries a write that the actor may make.
    pub(super) fn add(&mut self, action: Action, resource: &str, after: Option<State<'a>>) {
        let Some(after) = after.filter(|_| !self.have(action)) else {
            return;
        };
        let clauses = &after.clauses();
        let both = self.pair_with(Candidate::supposed(clauses));
        self.found.extend(both.map(|both| Write { action, resource: resource.to_owned(), both }));
    }

    /// Tries a write that the actor may make, and after which it can do what another may.
    pub(super) fn act_as(&mut self, action: Action, other: Actor) {
        let survey = &self.picture.survey;
        let approvals = survey.approvals(other);
        if other == self.actor || self.have(action) {
            return;
        }
        let both = match self.with.get(&std::ptr::from_ref(approvals)) {
            Some(known) => known.clone(),
            None => {
                let alike = survey.permissions.alike(other, APPROVE);
                let both =
                    alike.and_then(|alike| self.pair_with(Candidate::now(&alike, approvals)));
                self.with.insert(approvals, both.clone());
                both
            }
        };
        self.found.extend(both.map(|both| Write {
            action,
            resource: survey.account.arn(other).to_owned(),
            both,
        }));
    }

    /// Two slots of one stage, with what the actor can approve anyway.
    fn pair_with(&mut self, after: Candidate<'_>) -> Option<Both> {
        let before = self.before.get_or_init(|| self.picture.approvals_of_selves(self.actor));
        let before = before.iter().map(|(alike, approvals)| Candidate::now(alike, approvals));
        let states: Vec<Candidate<'_>> = before.chain([after]).collect();
        match self.picture.survey.pair_with_last(&states) {
            Ok(both) => both,
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
        }
    }
}
