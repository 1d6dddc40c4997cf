//! Reasons to believe that two principals are the same human.

use std::collections::BTreeSet;
use std::fmt;

/// One reason to believe that two principals are the same human.
///
/// All names are lower-cased, because IAM names are unique case-insensitively. The order says how
/// well a key names a human: the least key of a person is that person's name.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub enum Key {
    /// An entry of the rule's `people` map.
    Person(String),
    /// A user or session name up to the `@`, without a `+tag` and affixes such as `-admin`. Also
    /// the name of a `people` entry.
    Handle(String),
    /// The human behind a session according to CloudTrail, for example by a source identity or a
    /// user id of IAM Identity Center. The gate does not read CloudTrail, an auditor may.
    Traced(String),
    /// An IAM user of one account.
    User {
        /// 12-digit account id.
        account: String,
        /// Lower-cased user name.
        name: String,
    },
    /// A role of one account, shared by everybody who may assume it.
    Role {
        /// 12-digit account id.
        account: String,
        /// Lower-cased role name.
        name: String,
    },
}

impl Key {
    pub(crate) fn person(name: &str) -> Self {
        Self::Person(name.to_lowercase())
    }

    pub(crate) fn user(account: &str, name: &str) -> Self {
        Self::User { account: account.to_owned(), name: name.to_lowercase() }
    }

    pub(crate) fn role(account: &str, name: &str) -> Self {
        Self::Role { account: account.to_owned(), name: name.to_lowercase() }
    }

    /// A short form for people: `alice`, `role/deployer`.
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
/// INVARIANT (merge only): keys that a caller can choose are `claimed`. They join persons like any
/// other key, but only `proven` keys can distinguish two people with the same handle, give a place
/// on a roster, or name a person.
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

    /// These keys, and more that a trail shows for the principal.
    ///
    /// INVARIANT (merge only): keys of a trail are only claimed. They join persons, but they never
    /// distinguish two and never lend a name.
    #[must_use]
    pub fn also_claiming(&self, trail: impl IntoIterator<Item = Key>) -> Self {
        Self::new(self.proven.iter().cloned(), self.claimed.iter().cloned().chain(trail))
    }

    /// The keys that AWS, the identity provider or the rule vouches for.
    #[must_use]
    pub fn proven(&self) -> &BTreeSet<Key> {
        &self.proven
    }

    /// The keys that the caller could choose.
    #[must_use]
    pub fn claimed(&self) -> &BTreeSet<Key> {
        &self.claimed
    }

    /// All keys, proven ones first.
    pub fn all(&self) -> impl Iterator<Item = &Key> {
        self.proven.iter().chain(&self.claimed)
    }

    /// The entry of `people` that vouches for the principal. There is at most one.
    pub(crate) fn proven_person(&self) -> Option<&Key> {
        self.proven.iter().find(|key| matches!(key, Key::Person(_)))
    }

    /// The role that the principal came through, if others may share it.
    pub(crate) fn role(&self) -> Option<&Key> {
        self.proven.iter().find(|key| matches!(key, Key::Role { .. }))
    }

    /// Whether these keys make a person. Claimed keys alone do not.
    ///
    /// INVARIANT (fail closed): no evidence, no person.
    #[must_use]
    pub fn is_attributable(&self) -> bool {
        !self.proven.is_empty()
    }

    /// Whether the key is one of these, proven or claimed.
    #[must_use]
    pub fn has(&self, key: &Key) -> bool {
        self.proven.contains(key) || self.claimed.contains(key)
    }

    /// The keys that both have, proven or claimed.
    pub fn shared_with(&self, other: &Self) -> impl Iterator<Item = &Key> {
        self.all().filter(|key| other.has(key))
    }
}
