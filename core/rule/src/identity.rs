//! The keys of a principal under a rule: the table "who is the same human" in docs/concepts.md.

use std::collections::BTreeSet;

use serde::Serialize;

use crate::account::Account;
use crate::handle::handles;
use crate::key::{Key, Keys};
use crate::principal::{Principal, PrincipalKind};
use crate::rule::Rule;
use crate::session_name::is_made_by_software;
use crate::trusted_role::{Trust, trust};

/// A principal that the `people` map gives to two people: the rule is wrong, and no verdict can
/// come of it.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error(
    "`people`: both `{first}` and `{second}` match the principal `{arn}`; change the patterns so that only one of them does"
)]
pub struct AmbiguousPerson {
    /// The principal, as AWS wrote it.
    pub arn: String,
    /// One of the people.
    pub first: String,
    /// The other.
    pub second: String,
}

/// What an approval's person rests on.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Serialize)]
#[serde(rename_all = "kebab-case")]
pub enum Basis {
    /// An IAM user, whose credentials belong to one human.
    User,
    /// A session whose name a service or an identity provider set.
    TrustedSession,
    /// A role whose sessions are not told apart: an assumption (`sharedRoles: collapse`).
    SharedRole,
}

impl Basis {
    /// The basis as it stands in records and output variables.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::User => "user",
            Self::TrustedSession => "trusted-session",
            Self::SharedRole => "shared-role",
        }
    }
}

impl Rule {
    /// The keys of a principal; none if it cannot be attributed to anybody.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] if two entries of `people` match the principal.
    pub fn keys(&self, principal: &Principal, account: &Account) -> Result<Keys, AmbiguousPerson> {
        // INVARIANT (fail closed): what another account calls its principals is that account's
        // word.
        if principal.account() != Some(account.id()) {
            return Ok(Keys::default());
        }
        Ok(match principal.kind() {
            PrincipalKind::User { account, name } => {
                self.named(principal, name, Some(Key::user(account, name)))?
            }
            PrincipalKind::Session { account: of, role, session } => {
                let named = self.named(principal, session, None)?;
                // INVARIANT (merge only): the caller chose the session name, so what follows from
                // it is a claim.
                let shared = || Keys::new([Key::role(of, role)], named.all().cloned());
                match self.trust(role, account) {
                    Trust::Untrusted => shared(),
                    // INVARIANT (fail closed): a session that names nobody is not worth more for
                    // want of IAM's word on its role.
                    Trust::Believed | Trust::Unproven
                        if is_made_by_software(session) || !named.is_attributable() =>
                    {
                        Keys::default()
                    }
                    Trust::Unproven => shared(),
                    Trust::Believed => named,
                }
            }
            PrincipalKind::Role { account: of, role } => match self.trust(role, account) {
                // INVARIANT (fail closed): the sessions of a trusted role are told apart by their
                // names. Its bare ARN has lost that name and could be any of them; a key of its own
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

    /// The keys of a principal whose name proves who it is.
    ///
    /// INVARIANT (merge only): a handle that comes of the parameters' affixes is a claim, since
    /// somebody who edits the pipeline could make anybody's name into anybody else's.
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

    /// What an entry of `people` gives to the principals that it matches.
    fn keys_of_entry(&self, name: &str) -> BTreeSet<Key> {
        let mut keys = self.handles(name);
        keys.insert(Key::person(name));
        keys
    }

    /// The handles of a name by the floor's own affixes.
    pub(crate) fn handles(&self, name: &str) -> BTreeSet<Key> {
        handles(name, &self.proven_affixes())
    }

    /// What the approval of this principal rests on, if it has proven keys.
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

    /// Whether the floor's own `notPeople` says so, which alone may excuse an initiator from being
    /// a human.
    ///
    /// INVARIANT (fail closed): in another account, somebody else gives the names of machines.
    pub(crate) fn is_machine_by_the_floor(&self, principal: &Principal, account: &Account) -> bool {
        principal.account() == Some(account.id())
            && own_name(principal)
                .is_some_and(|name| self.machines().iter().any(|glob| glob.matches(name)))
    }

    /// Whether these keys have a place on the roster of `action`; everybody has if there is no
    /// roster.
    pub(crate) fn is_on_roster(&self, action: &str, keys: &Keys) -> bool {
        let is_person = |name: &str| self.people().contains_key(name);
        self.roster().admits(action, keys, is_person, |name| self.handles(name))
    }

    /// How far the session names of the account's role of this name are believed.
    #[must_use]
    pub fn trust(&self, role: &str, account: &Account) -> Trust {
        trust(self.trusted_session_roles(), role, account)
    }

    /// The name of the entry of `people` that matches.
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

/// The name of the user or role, by which `notPeople` knows it.
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
