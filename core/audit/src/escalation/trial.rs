//! Trials of writes: what could a principal approve after each?

use std::cell::OnceCell;
use std::collections::HashMap;
use std::rc::Rc;

use iam::account::Actor;
use iam::{TooIntricate, Truth};

use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::permissions::{As, State};
use crate::reach_index::{Candidate, ServedSlots, SlotPair, UndecidedError};

/// A write after which a principal can serve two slots of one stage.
pub(crate) struct Write {
    /// The action of the write.
    pub(crate) action: Action,
    /// The ARN of its target.
    pub(crate) resource: String,
    /// The slots.
    pub(crate) pair: SlotPair,
}

/// The writes of one principal that were tried, with their results.
pub(super) struct Trial<'p, 'a> {
    view: &'p AccountView<'a>,
    actor: Actor,
    /// What the actor can approve before the write, as itself and as the roles that it may become:
    /// that counts too. Computed when it is needed.
    before: OnceCell<Vec<(Rc<EquivalenceClass<'a>>, &'p ServedSlots)>>,
    /// The two slots that the actor has if it can also do what a class may do. `None` if it has no
    /// two.
    with: HashMap<ClassId, Option<SlotPair>>,
    /// The writes that give two slots. One for each action is enough.
    found: Vec<Write>,
    problem: Option<TooIntricate>,
}

impl<'p, 'a> Trial<'p, 'a> {
    /// No writes yet.
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

    /// Whether a write with this action gives two slots.
    pub(super) fn have(&self, action: Action) -> bool {
        self.found.iter().any(|write| write.action == action)
    }

    fn may(&self, action: Action, resource: &str) -> bool {
        let permissions = &self.view.reach.permissions;
        let target = self.view.account().actor(resource);
        permissions.allows_to(&As::Now(self.actor), action, resource, target, &[]) != Truth::No
    }

    /// Tries a write if the actor may make it.
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

    /// Tries a write that the actor may make and that lets it act as another principal.
    pub(super) fn act_as(&mut self, action: Action, other: Actor) {
        let reach = &self.view.reach;
        if other == self.actor || self.have(action) || !self.may(action, reach.account.arn(other)) {
            return;
        }
        let Some(class) = reach.permissions.class_of(other, APPROVE) else {
            return;
        };
        let pair = match self.with.get(&class.id) {
            Some(known) => known.clone(),
            None => {
                let pair = self.pair_with(Candidate::now(&class, reach.slots_of(other)));
                self.with.insert(class.id, pair.clone());
                pair
            }
        };
        self.found.extend(pair.map(|pair| Write {
            action,
            resource: reach.account.arn(other).to_owned(),
            pair,
        }));
    }

    /// Two slots of one stage: one by these permissions, the other by these or by what the actor
    /// can approve already.
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
