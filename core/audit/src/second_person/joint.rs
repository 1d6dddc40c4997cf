//! Somebody new that several make.

use std::collections::BTreeSet;
use std::rc::Rc;

use iam::Clauses;
use iam::account::PolicyId;

use crate::action::Action;
use crate::answerer::Answerer;
use crate::permissions::State;

/// Somebody new.
pub(crate) struct Joint<'a> {
    pub(crate) called: &'static str,
    /// What each form does to the new principal: its place, the action and the resource.
    pub(crate) steps: Vec<(usize, Action, String)>,
    pub(crate) open: bool,
    pub(crate) state: State<'a>,
    pub(crate) by: Answerer,
}

impl Joint<'_> {
    /// The places of the forms that take part.
    pub(crate) fn makers(&self) -> BTreeSet<usize> {
        self.steps.iter().map(|(at, ..)| *at).collect()
    }
}

/// A form that may take part, and how: its place, the action and what its policies say about it.
pub(super) type Part<'a> = (usize, Action, Rc<Clauses<'a, PolicyId>>);
