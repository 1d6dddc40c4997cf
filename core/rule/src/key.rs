//! Reasons to believe that two principals are the same human.

use std::collections::BTreeSet;
use std::fmt;

/// One reason to believe that two principals are the same human.
///
/// All names are lower-cased, since IAM names are unique case-insensitively. Ordered by how well a
/// key names a human: the least key of a person is its name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An entry of the rule's `people` map.
    Person(String),
    /// A user or session name up to its `@`, without a `+tag` and affixes such as `-admin`; or the
    /// name of a `people` entry.
    Handle(String),
    /// Who stands behind a session by a trail of it, such as a source identity or a user id of IAM
    /// Identity Center. The gate has no such trail; an auditor may.
    Traced(String),
    /// An IAM user of one account.
    User {
        /// 12-digit account id.
        account: String,
        /// Lower-cased user name.
        name: String,
    },
    /// A role of one account, shared by all who may assume it.
    Role {
        /// 12-digit account id.
        account: String,
        /// Lower-cased role name.
        name: String,
    },
}

impl Key {
    /// The `people` entry `name`.
    pub(crate) fn person(name: &str) -> Self {
        Self::Person(name.to_lowercase())
    }

    pub(crate) fn user(account: &str, name: &str) -> Self {
        Self::User { account: account.to_owned(), name: name.to_lowercase() }
    }

    pub(crate) fn role(account: &str, name: &str) -> Self {
        Self::Role { account: account.to_owned(), name: name.to_lowercase() }
    }

    /// The key in few words, for people: `alice`, `role/deployer`.
    #[must_use]
    pub fn label(&self) -> String {
        match self {
            Self::Person(name)
            | Self::Handle(name)
            | Self::Traced(name)
            | Self::User { name, .. } => name.clone(),
            Self::Role { name, .. } => format!("role/{name}"),
        }
    }
}

impl fmt::Display for Key {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::Person(name) => write!(f, "person:{name}"),
            Self::Handle(name) => write!(f, "handle:{name}"),
            Self::Traced(name) => write!(f, "traced:{name}"),
            Self::User { account, name } => write!(f, "user:{account}/{name}"),
            Self::Role { account, name } => write!(f, "role:{account}/{name}"),
        }
    }
}

/// The keys of one principal.
///
/// INVARIANT (merge only): keys that a caller can choose stand in `claimed`. They join persons like
/// any other, but only `proven` keys tell two people of one handle apart, put anybody on a roster,
/// or name a person.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Keys {
    proven: BTreeSet<Key>,
    claimed: BTreeSet<Key>,
}

impl Keys {
    pub(crate) fn new(
        proven: impl IntoIterator<Item = Key>,
        claimed: impl IntoIterator<Item = Key>,
    ) -> Self {
        let proven: BTreeSet<Key> = proven.into_iter().collect();
        let claimed = claimed.into_iter().filter(|key| !proven.contains(key)).collect();
        Self { proven, claimed }
    }

    /// These keys, with more that a trail of the principal shows.
    ///
    /// INVARIANT (merge only): a trail claims. It joins persons, and never tells two apart or lends
    /// a name.
    #[must_use]
    pub fn also_claiming(&self, trail: impl IntoIterator<Item = Key>) -> Self {
        Self::new(self.proven.iter().cloned(), self.claimed.iter().cloned().chain(trail))
    }

    /// What the service, the identity provider or the rule vouches for.
    #[must_use]
    pub fn proven(&self) -> &BTreeSet<Key> {
        &self.proven
    }

    /// What the caller chose.
    #[must_use]
    pub fn claimed(&self) -> &BTreeSet<Key> {
        &self.claimed
    }

    /// All keys, the proven ones first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        self.proven.iter().chain(&self.claimed)
    }

    /// The entry of `people` that vouches for the principal; there is never more than one.
    pub(crate) fn proven_person(&self) -> Option<&Key> {
        self.proven.iter().find(|key| matches!(key, Key::Person(_)))
    }

    /// Whether these keys can make a person. Keys that are merely claimed cannot.
    ///
    /// INVARIANT (fail closed): no evidence, no person.
    #[must_use]
    pub fn is_attributable(&self) -> bool {
        !self.proven.is_empty()
    }

    /// Whether the key is among them, proven or claimed.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.proven.contains(key) || self.claimed.contains(key)
    }

    /// Keys that both have, proven or claimed.
    pub fn shared_with(&self, other: &Self) -> impl Iterator<Item = &Key> {
        self.all().filter(|key| other.has(key))
    }
}
