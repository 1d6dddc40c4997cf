//! Writes that are tried: what a principal could approve after each.

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use iam::account::Actor;
use iam::{TooIntricate, Truth};

use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};
use crate::equivalence_class::EquivalenceClass;
use crate::permissions::State;
use crate::reach_index::{Candidate, ServedSlots, SlotPair, UndecidedError};

/// One write after which a principal can serve two slots of one stage.
pub(crate) struct Write {
    /// The action of the write.
    pub(crate) action: Action,
    /// What is written to: an ARN.
    pub(crate) resource: String,
    /// The slots.
    pub(crate) pair: SlotPair,
}

/// The writes of one principal that were tried.
pub(super) struct Trial<'p, 'a> {
    view: &'p AccountView<'a>,
    actor: Actor,
    /// What the actor can approve before the write, as itself and as the roles that it may become:
    /// that counts as well. Empty until it is needed.
    before: OnceCell<Vec<(Rc<EquivalenceClass<'a>>, &'p ServedSlots)>>,
    /// Two slots with what another may approve, by that: none where there are none.
    with: HashMap<*const ServedSlots, Option<SlotPair>>,
    /// Those that give two slots. One target shows what an action can do.
    found: Vec<Write>,
    problem: Option<TooIntricate>,
}

impl<'p, 'a> Trial<'p, 'a> {
    pub(super) fn new(view: &'p AccountView<'a>, actor: Actor) -> Self {
        Self {
            view,
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
            Some(problem) => Err(self.view.reach.undecided(self.actor)(problem)),
        }
    }

    /// Whether an action has shown what it can do.
    pub(super) fn have(&self, action: Action) -> bool {
        self.found.iter().any(|write| write.action == action)
    }

    fn may(&self, action: Action, resource: &str) -> bool {
        let class = self.view.reach.permissions.class_of(self.actor, action);
        class.is_some_and(|class| class.clauses.allow(resource) != Truth::No)
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
        let pair = self.pair_with(Candidate::supposed(clauses));
        self.found.extend(pair.map(|pair| Write { action, resource: resource.to_owned(), pair }));
    }

    /// Tries a write that the actor may make, and after which it can do what another may.
    pub(super) fn act_as(&mut self, action: Action, other: Actor) {
        let reach = &self.view.reach;
        let served = reach.slots_of(other);
        if other == self.actor || self.have(action) {
            return;
        }
        let pair = match self.with.get(&std::ptr::from_ref(served)) {
            Some(known) => known.clone(),
            None => {
                let class = reach.permissions.class_of(other, APPROVE);
                let pair = class.and_then(|class| self.pair_with(Candidate::now(&class, served)));
                self.with.insert(served, pair.clone());
                pair
            }
        };
        self.found.extend(pair.map(|pair| Write {
            action,
            resource: reach.account.arn(other).to_owned(),
            pair,
        }));
    }

    /// Two slots of one stage, with what the actor can approve anyway.
    fn pair_with(&mut self, after: Candidate<'_>) -> Option<SlotPair> {
        let before = self.before.get_or_init(|| self.view.slots_of_selves(self.actor));
        let before = before.iter().map(|(class, served)| Candidate::now(class, served));
        let states: Vec<Candidate<'_>> = before.chain([after]).collect();
        match self.view.reach.pair_with_last(&states) {
            Ok(pair) => pair,
            Err(problem) => {
                self.problem = Some(problem);
                None
            }
        }
    }
}
