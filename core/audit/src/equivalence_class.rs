//! Classes of principals that are equivalent for an action: their policies say the same about it,
//! so every question is answered once for all of them.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeSet, HashMap};
use std::rc::Rc;

use iam::account::PolicyId;
use iam::{Clauses, Frame, Part, TooIntricate, reach};

use crate::targets::{Among, Targets};
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
    example: OnceCell<Option<String>>,
    reached: OnceCell<Option<Rc<Reached>>>,
    targets: RefCell<HashMap<Among, Targets>>,
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
            example: OnceCell::new(),
            reached: OnceCell::new(),
            targets: RefCell::default(),
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

    /// A resource on which the action may be allowed. `None` says nothing.
    pub(crate) fn example(&self) -> Option<&str> {
        self.example.get_or_init(|| self.clauses.example()).as_deref()
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

    /// The principals among some on which the action may be allowed, computed once.
    pub(crate) fn targets(&self, among: Among, compute: impl FnOnce() -> Targets) -> Targets {
        if let Some(known) = self.targets.borrow().get(&among) {
            return Rc::clone(known);
        }
        let targets = compute();
        self.targets.borrow_mut().insert(among, Rc::clone(&targets));
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
