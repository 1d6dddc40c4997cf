//! One change of a rule, and the two rules that are compared.

use crate::message::list;
use crate::rule::Rule;

/// What a change of a rule does to the releases that can pass.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Effect {
    /// Some release may pass that the old rule refuses, or nobody can decide that none does.
    Loosens,
    /// Some release may be refused that the old rule lets pass, and none passes that it refuses.
    Tightens,
}

impl Effect {
    /// The word for it in reports.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Loosens => "loosens",
            Self::Tightens => "tightens",
        }
    }
}

/// One change of a rule.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Change {
    /// What it does.
    pub effect: Effect,
    /// The key of the rule, as people write it.
    pub key: &'static str,
    /// What is different under the new rule, in words without a full stop.
    pub message: String,
    /// The public key, if the change is about one that the new rule has and the old one does not.
    pub added_key: Option<AddedKey>,
}

/// A public key that the new rule gives to a person.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct AddedKey {
    /// The person in `signingKeys`.
    pub person: String,
    /// The id of the key.
    pub id: String,
}

/// Two rules, and what is known to be different.
pub(super) struct Compared<'a> {
    pub(super) old: &'a Rule,
    pub(super) new: &'a Rule,
    pub(super) found: Vec<Change>,
}

impl Compared<'_> {
    pub(super) fn loosens(&mut self, key: &'static str, message: impl Into<String>) {
        self.add(Effect::Loosens, key, message.into());
    }

    pub(super) fn tightens(&mut self, key: &'static str, message: impl Into<String>) {
        self.add(Effect::Tightens, key, message.into());
    }

    /// Adds a change whose direction depends on the rest of the rules. If it is not known to
    /// tighten, `doubt` says why.
    pub(super) fn tightens_unless(
        &mut self,
        doubt: Option<&str>,
        key: &'static str,
        message: &str,
    ) {
        match doubt {
            None => self.tightens(key, message),
            Some(doubt) => self.loosens(key, format!("{message}: {doubt}")),
        }
    }

    fn add(&mut self, effect: Effect, key: &'static str, message: String) {
        self.found.push(Change { effect, key, message, added_key: None });
    }
}

/// Names in backticks: `a`, `b` and `c`.
pub(super) fn listed<'t>(names: impl IntoIterator<Item = &'t str>) -> String {
    list(names.into_iter().map(|name| format!("`{name}`")))
}
