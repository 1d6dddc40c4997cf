//! The keys of a principal under a rule: the table "who is the same human" in docs/concepts.md.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::account::Account;
use crate::handle::handles;
use crate::key::{Key, Keys};
use crate::principal::{Principal, PrincipalKind};
use crate::rule::Rule;
use crate::session_name::is_generated;
use crate::trusted_role::{Trust, trust};

/// A principal that the `people` map gives to two people. The rule is wrong, so a verdict is
/// impossible.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`people`: both `{first}` and `{second}` match the principal `{arn}`; change the patterns so that only one of them does"
)]
pub struct AmbiguousPerson {
    /// The principal, as AWS wrote it.
    pub arn: String,
    /// One person.
    pub first: String,
    /// The other person.
    pub second: String,
}

/// What an approval's person rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub enum Basis {
    /// An IAM user, whose credentials belong to one human.
    User,
    /// A signature by a key that the rule gives to the person.
    Signature,
    /// A session whose name was set by a service or an identity provider.
    TrustedSession,
    /// A role whose sessions cannot be distinguished: an assumption (`sharedRoles: collapse`).
    SharedRole,
}

impl Basis {
    /// The word for it in records and output variables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::Signature => "signature",
            Self::TrustedSession => "trusted-session",
            Self::SharedRole => "shared-role",
        }
    }
}

impl Rule {
    /// The keys of a principal. Empty if it cannot be attributed to anybody.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn keys(&self, principal: &Principal, account: &Account) -> Result<Keys, AmbiguousPerson> {
        // INVARIANT (fail closed): in another account, somebody else chooses the names of
        // principals.
        if principal.account() != Some(account.id()) {
            return Ok(Keys::default());
        }
        Ok(match principal.kind() {
            PrincipalKind::User { account, name } => {
                self.named(principal, name, Some(Key::user(account, name)))?
            }
            PrincipalKind::Session { account: of, role, session } => {
                let named = self.named(principal, session, None)?;
                // INVARIANT (merge only): the caller chose the session name, so every key that it
                // gives is only claimed.
                let shared = || Keys::new([Key::role(of, role)], named.all().cloned());
                match self.trust(role, account) {
                    Trust::Untrusted => shared(),
                    // INVARIANT (fail closed): a session that names nobody stays unattributable
                    // even if IAM has not confirmed its role. It must not become a shared role.
                    Trust::Believed | Trust::Unproven
                        if is_generated(session) || !named.is_attributable() =>
                    {
                        Keys::default()
                    }
                    Trust::Unproven => shared(),
                    Trust::Believed => named,
                }
            }
            PrincipalKind::Role { account: of, role } => match self.trust(role, account) {
                // INVARIANT (fail closed): session names distinguish the people of a trusted role.
                // The bare ARN has no session name and could be any of them, so a separate key
                // would count one of them twice.
                Trust::Believed | Trust::Unproven => Keys::default(),
                Trust::Untrusted => {
                    let person = self.person(principal)?;
                    let claimed = person.iter().flat_map(|name| self.keys_of_entry(name));
                    Keys::new([Key::role(of, role)], claimed)
                }
            },
            PrincipalKind::Root
            | PrincipalKind::FederatedUser
            | PrincipalKind::Service
            | PrincipalKind::Unknown => Keys::default(),
        })
    }

    /// The keys of a principal whose name proves its identity.
    ///
    /// INVARIANT (merge only): a handle that results from the parameters' affixes is only claimed,
    /// because anyone who edits the pipeline could turn one person's name into another's.
    fn named(
        &self,
        principal: &Principal,
        name: &str,
        own: Option<Key>,
    ) -> Result<Keys, AmbiguousPerson> {
        let person = self.person(principal)?;
        let mut proven = self.handles(name);
        proven.extend(own);
        proven.extend(person.iter().flat_map(|person| self.keys_of_entry(person)));
        let affixes = self.affixes();
        let names = [Some(name), person].into_iter().flatten();
        let claimed: BTreeSet<Key> = names.flat_map(|name| handles(name, &affixes)).collect();
        Ok(Keys::new(proven, claimed))
    }

    /// The keys that an entry of `people` gives to the principals that it matches, and an entry of
    /// `signingKeys` to those who sign.
    pub(crate) fn keys_of_entry(&self, name: &str) -> BTreeSet<Key> {
        let mut keys = self.handles(name);
        keys.insert(Key::person(name));
        keys
    }

    /// The handles of a name by the floor's own affixes.
    pub(crate) fn handles(&self, name: &str) -> BTreeSet<Key> {
        handles(name, &self.proven_affixes())
    }

    /// What an approval of this principal rests on, if the principal has proven keys.
    pub(crate) fn basis(&self, principal: &Principal, account: &Account) -> Option<Basis> {
        match principal.kind() {
            PrincipalKind::User { .. } => Some(Basis::User),
            PrincipalKind::Session { role, .. } | PrincipalKind::Role { role, .. } => {
                Some(match self.trust(role, account) {
                    Trust::Believed => Basis::TrustedSession,
                    Trust::Unproven | Trust::Untrusted => Basis::SharedRole,
                })
            }
            PrincipalKind::Root
            | PrincipalKind::FederatedUser
            | PrincipalKind::Service
            | PrincipalKind::Unknown => None,
        }
    }

    /// Whether the rule's `notPeople` says that this principal is a machine.
    pub(crate) fn is_machine(&self, principal: &Principal) -> bool {
        own_name(principal)
            .is_some_and(|name| self.not_people().iter().any(|glob| glob.matches(name)))
    }

    /// Whether the floor's own `notPeople` says that this principal is a machine. Only the floor
    /// may say that an initiator is not a human.
    ///
    /// INVARIANT (fail closed): in another account, somebody else chooses the names of machines.
    pub(crate) fn is_machine_by_the_floor(&self, principal: &Principal, account: &Account) -> bool {
        principal.account() == Some(account.id())
            && own_name(principal)
                .is_some_and(|name| self.machines().iter().any(|glob| glob.matches(name)))
    }

    /// Whether the roster lets a person with these keys count in `action`. Without a roster,
    /// everybody counts.
    pub(crate) fn is_on_roster(&self, action: &str, keys: &Keys) -> bool {
        let is_person = |name: &str| self.people().contains_key(name);
        self.roster().admits(action, keys, is_person, |name| self.handles(name))
    }

    /// Whether the session names of a role of this account are believed.
    #[must_use]
    pub fn trust(&self, role: &str, account: &Account) -> Trust {
        trust(self.trusted_session_roles(), role, account)
    }

    /// The entry of `people` that matches.
    fn person(&self, principal: &Principal) -> Result<Option<&str>, AmbiguousPerson> {
        let mut matching = self
            .people()
            .iter()
            .filter(|(_, patterns)| patterns.iter().any(|pattern| pattern.matches(principal)))
            .map(|(name, _)| name.as_str());
        match (matching.next(), matching.next()) {
            (Some(first), Some(second)) => Err(AmbiguousPerson {
                arn: principal.arn().to_owned(),
                first: first.to_owned(),
                second: second.to_owned(),
            }),
            (found, _) => Ok(found),
        }
    }
}

/// The name that `notPeople` is compared with: of the user, or of the role.
fn own_name(principal: &Principal) -> Option<&str> {
    match principal.kind() {
        PrincipalKind::User { name, .. } => Some(name),
        PrincipalKind::Session { role, .. } | PrincipalKind::Role { role, .. } => Some(role),
        PrincipalKind::Root
        | PrincipalKind::FederatedUser
        | PrincipalKind::Service
        | PrincipalKind::Unknown => None,
    }
}
