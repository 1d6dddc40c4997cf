//! Classes of principals that are equivalent for an action: their policies say the same about it,
//! so every question is answered once for all of them.

use std::cell::OnceCell;
use std::collections::BTreeSet;
use std::rc::Rc;

use iam::account::{Account, Actor, PolicyId};
use iam::{Clauses, Frame, Part, TooIntricate, Truth, reach};

use crate::witness::readable;

/// A resource on which an action is allowed.
#[derive(Clone, Debug)]
pub(crate) struct Reached {
    /// Its ARN.
    pub(crate) witness: String,
    /// Whether that depends on conditions that only the request decides.
    pub(crate) open: bool,
}

/// Identifies a class: the number of classes that were found before it.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct ClassId(pub(crate) usize);

/// The principals that are equivalent for an action and might be allowed it.
#[derive(Debug)]
pub(crate) struct EquivalenceClass<'a> {
    pub(crate) id: ClassId,
    /// What their own policies say about the action, as the policies of one of them put it.
    pub(crate) clauses: Rc<Clauses<'a, PolicyId>>,
    /// The condition keys that these policies use.
    keys: BTreeSet<String>,
    reached: OnceCell<Option<Rc<Reached>>>,
    targets: OnceCell<Vec<Actor>>,
    targets_that_matter: OnceCell<Vec<Actor>>,
}

impl<'a> EquivalenceClass<'a> {
    pub(crate) fn new(
        id: ClassId,
        clauses: Clauses<'a, PolicyId>,
        keys: impl IntoIterator<Item = String>,
    ) -> Self {
        let (clauses, keys) = (Rc::new(clauses), keys.into_iter().collect());
        Self {
            id,
            clauses,
            keys,
            reached: OnceCell::new(),
            targets: OnceCell::new(),
            targets_that_matter: OnceCell::new(),
        }
    }

    /// Whether these policies use a condition key.
    pub(crate) fn uses(&self, key: &str) -> bool {
        self.keys.iter().any(|used| used.eq_ignore_ascii_case(key))
    }

    /// Whether these policies use a condition key that begins like this, in lower case.
    pub(crate) fn uses_any_of(&self, prefix: &str) -> bool {
        self.keys.iter().any(|used| used.to_lowercase().starts_with(prefix))
    }

    /// A shortest resource of a frame on which the action is allowed. The answer is cached, so
    /// callers must always pass the same frame for one action.
    pub(crate) fn reach(
        &self,
        frame: impl FnOnce() -> Frame,
    ) -> Result<Option<Rc<Reached>>, TooIntricate> {
        if let Some(known) = self.reached.get() {
            return Ok(known.clone());
        }
        let part = Part { suffix: "", clauses: &self.clauses };
        let found = shortest(&frame(), &[part])?.map(Rc::new);
        Ok(self.reached.get_or_init(|| found).clone())
    }

    /// The principals on which the action is allowed. `all` gives the candidates if the policies
    /// name them by wildcard; most policies name a few, which are looked up. The answer is cached,
    /// so callers must always pass the same candidates for one action.
    pub(crate) fn targets(&self, account: &Account, all: impl Fn() -> Vec<Actor>) -> &[Actor] {
        self.targets.get_or_init(|| self.compute_targets(account, all))
    }

    /// The same for other candidates: all that matter to the search for what one can become.
    pub(crate) fn targets_that_matter(
        &self,
        account: &Account,
        all: impl Fn() -> Vec<Actor>,
    ) -> &[Actor] {
        self.targets_that_matter.get_or_init(|| self.compute_targets(account, all))
    }

    fn compute_targets(&self, account: &Account, all: impl Fn() -> Vec<Actor>) -> Vec<Actor> {
        let mut targets = match self.clauses.only() {
            Some(named) => named.into_iter().filter_map(|arn| account.actor(arn)).collect(),
            None => all(),
        };
        targets.retain(|target| self.clauses.allow(account.arn(*target)) != Truth::No);
        targets
    }
}

/// A shortest resource of a frame on which all parts are allowed. One that does not depend on open
/// conditions is preferred.
pub(crate) fn shortest(
    frame: &Frame,
    parts: &[Part<'_, '_, PolicyId>],
) -> Result<Option<Reached>, TooIntricate> {
    let reached =
        |text: String, open| Reached { witness: readable(text, frame, parts, open), open };
    let certain = reach(frame, parts, false)?;
    if certain.is_some() || parts.iter().all(|part| part.clauses.are_decided()) {
        return Ok(certain.map(|text| reached(text, false)));
    }
    Ok(reach(frame, parts, true)?.map(|text| reached(text, true)))
}
