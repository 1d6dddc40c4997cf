//! Which keys a principal has under a rule: the table "who is the same human" of the README.

use crate::key::{Key, Keys};
use crate::principal::{Principal, PrincipalKind};
use crate::rule::Rule;

/// A principal that the `people` map gives to two people: the rule is wrong, and no verdict can come of it.
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

impl Rule {
    /// The keys of a principal; none when it cannot be attributed to anybody.
    ///
    /// # Errors
    /// [`AmbiguousPerson`] when two entries of `people` match the principal.
    pub fn keys(&self, principal: &Principal) -> Result<Keys, AmbiguousPerson> {
        Ok(match principal.kind() {
            PrincipalKind::User { account, name } => Keys::new(
                [
                    Some(Key::user(account, name)),
                    Key::handle(name),
                    self.person(principal)?,
                ]
                .into_iter()
                .flatten(),
                [],
            ),
            // The service or the identity provider set the session name, so it proves who this is.
            PrincipalKind::Session { role, session, .. } if self.trusts_sessions_of(role) => Keys::new(
                [Key::handle(session), self.person(principal)?].into_iter().flatten(),
                [],
            ),
            // INVARIANT (merge only): the caller chose the session name, so what follows from it is a claim.
            PrincipalKind::Session { account, role, session } => Keys::new(
                [Key::role(account, role)],
                [Key::handle(session), self.person(principal)?].into_iter().flatten(),
            ),
            // INVARIANT (fail closed): the sessions of a trusted role are told apart by their names. Its bare ARN has lost that
            // name and could be any of them; a key of its own would count one of them twice.
            PrincipalKind::Role { role, .. } if self.trusts_sessions_of(role) => Keys::default(),
            PrincipalKind::Role { account, role } => Keys::new([Key::role(account, role)], self.person(principal)?),
            PrincipalKind::Root | PrincipalKind::FederatedUser | PrincipalKind::Service | PrincipalKind::Unknown => {
                Keys::default()
            }
        })
    }

    /// Whether callers of this principal share it: a role whose sessions the rule does not tell apart.
    pub(crate) fn is_shared_role(&self, principal: &Principal) -> bool {
        match principal.kind() {
            PrincipalKind::Session { role, .. } | PrincipalKind::Role { role, .. } => !self.trusts_sessions_of(role),
            PrincipalKind::User { .. }
            | PrincipalKind::Root
            | PrincipalKind::FederatedUser
            | PrincipalKind::Service
            | PrincipalKind::Unknown => false,
        }
    }

    /// Whether the rule's `notPeople` says that this principal is a machine.
    pub(crate) fn is_machine(&self, principal: &Principal) -> bool {
        match principal.kind() {
            PrincipalKind::User { name, .. }
            | PrincipalKind::Session { role: name, .. }
            | PrincipalKind::Role { role: name, .. } => self.not_people().iter().any(|glob| glob.matches(name)),
            PrincipalKind::Root | PrincipalKind::FederatedUser | PrincipalKind::Service | PrincipalKind::Unknown => {
                false
            }
        }
    }

    /// Whether these keys have a place on the roster of `action`; everybody has where there is no roster.
    ///
    /// INVARIANT (merge only): by proven keys alone. An entry that is a name of the `people` map means that person, and nobody else who
    /// happens to have that handle.
    pub(crate) fn is_on_roster(&self, action: &str, keys: &Keys) -> bool {
        let Some(entries) = self.roster().get(action) else {
            return true;
        };
        keys.proven().iter().any(|key| match key {
            Key::Person(name) => entries.contains(name),
            Key::Handle(name) => entries.contains(name) && !self.people().contains_key(name),
            Key::Role { .. } => entries.contains(&key.label()),
            Key::User { .. } => false,
        })
    }

    /// Whether the names of a role's sessions are believed: they are set by a service or an identity provider.
    #[must_use]
    pub fn trusts_sessions_of(&self, role: &str) -> bool {
        self.trusted_session_roles().iter().any(|glob| glob.matches(role))
    }

    fn person(&self, principal: &Principal) -> Result<Option<Key>, AmbiguousPerson> {
        let mut matching = self
            .people()
            .iter()
            .filter(|(_, globs)| globs.iter().any(|glob| glob.matches(principal.arn())))
            .map(|(name, _)| name);
        match (matching.next(), matching.next()) {
            (Some(first), Some(second)) => Err(AmbiguousPerson {
                arn: principal.arn().to_owned(),
                first: first.clone(),
                second: second.clone(),
            }),
            (Some(name), None) => Ok(Some(Key::person(name))),
            (None, _) => Ok(None),
        }
    }
}
