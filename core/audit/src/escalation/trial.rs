//! Trials of writes: what could a principal approve after each?

use std::cell::OnceCell;
use std::collections::HashSet;

use iam::account::Actor;
use iam::{TooIntricate, Truth};

use crate::account_view::{AccountView, Serving};
use crate::action::{APPROVE, Action, CREDENTIALS};
use crate::answerer::Answerer;
use crate::counted::{Verdict, best_pair_with_last};
use crate::equivalence_class::ClassId;
use crate::permissions::{As, State};
use crate::reach_index::{Candidate, SlotPair, UndecidedError};
use crate::second_factor::{self, Factor};

/// A write after which a principal can serve two slots of one stage.
pub(crate) struct Write {
    /// The action of the write.
    pub(crate) action: Action,
    /// The ARN of its target.
    pub(crate) resource: String,
    /// The slots.
    pub(crate) pair: SlotPair,
    /// What the gate makes of the two answers.
    pub(crate) verdict: Verdict,
}

/// The most writes that are tried after those that give two slots to one person.
const MORE: usize = 64;

/// The writes of one principal that were tried, with their results.
pub(super) struct Trial<'p, 'a> {
    view: &'p AccountView<'a>,
    actor: Actor,
    /// What the actor can approve before the write, as itself and as the roles that it may become:
    /// that counts too. Computed when it is needed.
    before: OnceCell<Vec<(Serving<'p, 'a>, Answerer)>>,
    /// The classes that do not give the actor two slots if it can also do what they may do.
    in_vain: HashSet<ClassId>,
    /// The writes that give two slots. One for each action is enough: one after which the gate
    /// counts two people, if there is one.
    found: Vec<Write>,
    /// How many more writes were tried for such a one.
    more: usize,
    problem: Option<TooIntricate>,
}

impl<'p, 'a> Trial<'p, 'a> {
    /// No writes yet.
    pub(super) fn new(view: &'p AccountView<'a>, actor: Actor) -> Self {
        Self {
            view,
            actor,
            before: OnceCell::new(),
            in_vain: HashSet::new(),
            found: Vec::new(),
            more: 0,
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

    /// Whether a write with this action gives two slots, and no other one is worth a trial.
    pub(super) fn have(&self, action: Action) -> bool {
        let mut found = self.found.iter();
        found.any(|write| write.action == action)
            && (self.more >= MORE || !self.is_worth_more(action))
    }

    /// Whether another write with an action may make two people of the actor, if the one that was
    /// found does not. By the default rule only the credentials of another user do.
    fn is_worth_more(&self, action: Action) -> bool {
        let found = self.found.iter().find(|write| write.action == action);
        found.is_none_or(|write| !write.verdict.counts_two())
            && (self.view.rule.is_some() || CREDENTIALS.contains(&action))
    }

    fn may(&self, action: Action, resource: &str) -> bool {
        let permissions = &self.view.reach.permissions;
        let target = self.view.account().actor(resource);
        permissions.allows_to(&As::Now(self.actor), action, resource, target, &[]) != Truth::No
    }

    /// Tries a write if the actor may make it. `of` gets other permissions by it.
    pub(super) fn offer(
        &mut self,
        action: Action,
        resource: &str,
        of: Actor,
        after: impl FnOnce() -> Option<State<'a>>,
    ) {
        if !self.have(action) && self.may(action, resource) {
            self.add(action, resource, of, after());
        }
    }

    /// Tries a write that the actor may make. `of` gets other permissions by it.
    pub(super) fn add(
        &mut self,
        action: Action,
        resource: &str,
        of: Actor,
        after: Option<State<'a>>,
    ) {
        let Some(after) = after.filter(|_| !self.have(action)) else {
            return;
        };
        let reach = &self.view.reach;
        // Writes after which somebody has the same permissions are one question.
        let class = reach.permissions.class_in(&after, APPROVE);
        let Some(class) = class.filter(|class| !self.in_vain.contains(&class.id)) else {
            return;
        };
        let served = reach.slots_of_class(&class);
        let by = self.view.answers_as(self.actor, of);
        if !self.note(action, resource, Candidate::now(&class, &served), by) {
            self.in_vain.insert(class.id);
        }
    }

    /// Tries a write that the actor may make and that lets it act as another principal.
    pub(super) fn act_as(&mut self, action: Action, other: Actor) {
        let reach = &self.view.reach;
        if other == self.actor || self.have(action) || !self.may(action, reach.account.arn(other)) {
            return;
        }
        let class = match CREDENTIALS.contains(&action) {
            true => match second_factor::of(self.view, &As::Now(self.actor), other, action) {
                Factor::NotNeeded => reach.permissions.class_of(other, APPROVE),
                Factor::Missing(class) => class,
                // That takes another write.
                Factor::Added { .. } => None,
            },
            false => reach.permissions.class_of(other, APPROVE),
        };
        let Some(class) = class.filter(|class| !self.in_vain.contains(&class.id)) else {
            return;
        };
        let served = reach.slots_of_class(&class);
        let now = Candidate::now(&class, &served);
        if !self.note(action, reach.account.arn(other), now, self.view.taken(self.actor, other)) {
            self.in_vain.insert(class.id);
        }
    }

    /// Notes a write if it gives two slots of one stage: one by these permissions, the other by
    /// these or by what the actor can approve already. Returns whether it does.
    fn note(&mut self, action: Action, resource: &str, after: Candidate<'_>, by: Answerer) -> bool {
        let (view, actor) = (self.view, self.actor);
        let before = self.before.get_or_init(|| {
            let serving = view.serving_as(actor).into_iter();
            serving
                .map(|it| {
                    let by = view.answers_as(actor, it.actor);
                    (it, by)
                })
                .collect()
        });
        let states = before.iter().map(|(it, _)| Candidate::now(&it.class, it.served));
        let states: Vec<Candidate<'_>> = states.chain([after]).collect();
        let answerers: Vec<Answerer> =
            before.iter().map(|(_, by)| by.clone()).chain([by]).collect();
        let found = best_pair_with_last(&view.counting, &view.reach, &states, &answerers);
        let (pair, verdict) = match found {
            Ok(Some(found)) => found,
            Ok(None) => return false,
            Err(problem) => {
                self.problem = Some(problem);
                return false;
            }
        };
        let write = Write { action, resource: resource.to_owned(), pair, verdict };
        match self.found.iter_mut().find(|write| write.action == action) {
            None => self.found.push(write),
            Some(known) if !known.verdict.counts_two() && write.verdict.counts_two() => {
                *known = write;
            }
            Some(_) => self.more += 1,
        }
        true
    }
}
