//! Principals that are alike as far as an action is concerned: they get the same answers, which are
//! kept.

use std::cell::OnceCell;
use std::rc::Rc;

use iam::account::{Account, Actor, PolicyId};
use iam::{Clauses, Frame, Part, TooIntricate, Truth, reach};

/// A resource that somebody may act on.
#[derive(Clone, Debug)]
pub(super) struct Reached {
    /// Its ARN.
    pub(super) witness: String,
    /// Whether it takes conditions that only the request decides.
    pub(super) open: bool,
}

/// Principals that are alike as far as an action is concerned, and might do it.
pub(super) struct Alike<'a> {
    /// In the order in which they were found.
    pub(super) place: usize,
    /// What their own permissions say about the action; by the policies of one of them.
    pub(super) clauses: Clauses<'a, PolicyId>,
    reached: OnceCell<Option<Rc<Reached>>>,
    targets: OnceCell<Vec<Actor>>,
}

impl<'a> Alike<'a> {
    pub(super) fn new(place: usize, clauses: Clauses<'a, PolicyId>) -> Self {
        Self { place, clauses, reached: OnceCell::new(), targets: OnceCell::new() }
    }

    /// A shortest resource of a frame on which they may do it. The answer is kept: an action is
    /// always asked about with one frame.
    pub(super) fn reach(
        &self,
        frame: impl FnOnce() -> Frame,
    ) -> Result<Option<Rc<Reached>>, TooIntricate> {
        if let Some(known) = self.reached.get() {
            return Ok(known.clone());
        }
        let part = Part { suffix: "", clauses: &self.clauses };
        let found =
            found(&frame(), &[part])?.map(|(witness, open)| Rc::new(Reached { witness, open }));
        Ok(self.reached.get_or_init(|| found).clone())
    }

    /// On whom of some they may do it. The answer is kept: an action is always asked about with the
    /// same.
    ///
    /// Most may write to a few that are named: those are looked up, not looked for.
    pub(super) fn targets(&self, account: &Account, all: impl Fn() -> Vec<Actor>) -> &[Actor] {
        self.targets.get_or_init(|| {
            let mut targets = match self.clauses.only() {
                Some(named) => named.into_iter().filter_map(|arn| account.actor(arn)).collect(),
                None => all(),
            };
            targets.retain(|target| self.clauses.allow(account.arn(*target)) != Truth::No);
            targets
        })
    }
}

/// A shortest resource of a frame on which all parts are allowed, for certain or else when open
/// conditions hold; and whether that is so.
pub(super) fn found(
    frame: &Frame,
    parts: &[Part<'_, '_, PolicyId>],
) -> Result<Option<(String, bool)>, TooIntricate> {
    let certain = reach(frame, parts, false)?;
    if certain.is_some() || parts.iter().all(|part| part.clauses.are_decided()) {
        return Ok(certain.map(|witness| (witness, false)));
    }
    Ok(reach(frame, parts, true)?.map(|witness| (witness, true)))
}
