//! What all rules look at.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam::Policy;
use iam::account::{Account, Actor, Trustees};
use rule::{Rule, Trust};

use super::action::APPROVE;
use super::alike::Alike;
use super::roads::{Road, Roads};
use super::scope::{Scope, Slot};
use super::second;
use super::survey::{Approvals, Survey, UndecidedError};

/// An account, with what follows from it.
pub(crate) struct Picture<'a> {
    pub(super) survey: Survey<'a>,
    pub(super) roads: Roads<'a>,
    /// By the slot's place: the groups that serve it, by their places.
    pub(super) slot_groups: Vec<BTreeSet<usize>>,
    /// The users that may become an approving role, by the role's place.
    pub(super) users_of_roles: HashMap<usize, Vec<usize>>,
    /// The users and the roles that may serve a slot.
    approving_users: Vec<Actor>,
    approving_roles: Vec<Actor>,
    /// The services that may assume an approving role.
    pub(super) services: HashMap<Actor, Vec<String>>,
    /// The account's SAML providers that sign in to approving roles, each with the roles.
    pub(super) saml_providers: BTreeMap<String, Vec<Actor>>,
    /// The policy that allows everything: what a principal may write.
    pub(super) everything: &'a Policy,
    /// The gate's rule, where it was given.
    pub(super) rule: Option<&'a Rule>,
    /// The account as the gate knows it: which of its roles stand under the path that AWS reserves.
    pub(super) gate_account: rule::Account,
}

/// Why an account cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A principal whose policies are too intricate.
    #[error(transparent)]
    Undecided(#[from] UndecidedError),
    /// A slot names a group that the account does not have.
    #[error(
        "the account has no group `{group}`, which `--slot {slot}={group}` names; check the name"
    )]
    NoGroup {
        /// The name of the group.
        group: String,
        /// The name of the slot.
        slot: String,
    },
}

impl<'a> Picture<'a> {
    pub(crate) fn new(
        account: &'a Account,
        scope: &'a Scope,
        rule: Option<&'a Rule>,
        everything: &'a Policy,
    ) -> Result<Self, AuditError> {
        let survey = Survey::new(account, scope)?;
        let slot_groups = slot_groups(&survey)?;
        let roads = Roads::new(&survey);
        let approving = account.actors().filter(|actor| survey.approvals(*actor).any());
        let (approving_users, approving_roles): (Vec<Actor>, Vec<Actor>) =
            approving.partition(|actor| matches!(actor, Actor::User(_)));
        let services = approving_roles.iter().filter_map(|actor| {
            let Actor::Role(at) = actor else { return None };
            let services = account.outsiders(account.roles.get(*at)?).services;
            Some((*actor, services))
        });
        let services = services.filter(|(_, services)| !services.is_empty()).collect();
        Ok(Self {
            saml_providers: second::saml_providers(account, &approving_roles),
            approving_users,
            approving_roles,
            services,
            users_of_roles: roads.users(),
            survey,
            roads,
            slot_groups,
            everything,
            rule,
            gate_account: rule::Account::new(account.id.as_str()).with_roles(account.role_arns()),
        })
    }

    pub(super) fn account(&self) -> &'a Account {
        self.survey.account
    }

    pub(super) fn slots(&self) -> &'a [Slot] {
        &self.survey.scope.slots
    }

    /// The name of a slot's approval action.
    pub(super) fn slot(&self, at: usize) -> &'a str {
        self.slots().get(at).map_or("", |slot| &slot.action)
    }

    pub(super) fn name(&self, actor: Actor) -> &'a str {
        self.account().identity(actor).map_or("", |identity| &identity.name)
    }

    pub(super) fn actors(&self) -> impl Iterator<Item = Actor> + use<'a> {
        self.account().actors()
    }

    /// The users that may serve a slot.
    pub(super) fn approving_users(&self) -> Vec<Actor> {
        self.approving_users.clone()
    }

    /// The roles that may serve a slot.
    pub(super) fn approving_roles(&self) -> Vec<Actor> {
        self.approving_roles.clone()
    }

    pub(super) fn roads_from(&self, actor: Actor) -> Vec<Road> {
        self.roads.from(actor)
    }

    /// An actor, and the roles that it may become on the way to an approval.
    pub(super) fn selves(&self, actor: Actor) -> Vec<Actor> {
        let roads = self.roads_from(actor);
        let roles = roads.into_iter().map(|road| Actor::Role(road.role));
        std::iter::once(actor).chain(roles).collect()
    }

    /// Whether only services and workloads can be this: a role that no user, no other role and
    /// nobody from elsewhere may assume.
    pub(super) fn is_machine(&self, actor: Actor) -> bool {
        let Actor::Role(at) = actor else { return false };
        self.account().roles.get(at).is_some_and(|role| {
            let outsiders = self.account().outsiders(role);
            let has_machines = !outsiders.services.is_empty() || !outsiders.oidc.is_empty();
            let has_people = !outsiders.federated.is_empty() || !outsiders.accounts.is_empty();
            has_machines && !has_people && self.account().trustees(role) == Trustees::default()
        })
    }

    /// What an actor can approve as itself and as the roles that it may become; those who are alike
    /// once.
    pub(super) fn approvals_of_selves(&self, actor: Actor) -> Vec<(Rc<Alike<'a>>, &Approvals)> {
        let mut found: Vec<(Rc<Alike<'a>>, &Approvals)> = Vec::new();
        for actor in self.selves(actor) {
            let approvals = self.survey.approvals(actor);
            if approvals.any() && !found.iter().any(|(_, known)| std::ptr::eq(*known, approvals)) {
                let alike = self.survey.permissions.alike(actor, APPROVE);
                found.extend(alike.map(|alike| (alike, approvals)));
            }
        }
        found
    }

    /// Whether the gate believes the session names of a role: by its rule, or where none was given,
    /// those of IAM Identity Center's roles, which its path shows.
    pub(super) fn trusts_sessions_of(&self, role: &str) -> bool {
        match self.rule {
            Some(rule) => rule.trust(role, &self.gate_account) == Trust::Believed,
            None => self.gate_account.has_reserved_role(role),
        }
    }
}

/// The groups that serve each slot: the one that was named, or those whose own policies allow it.
fn slot_groups(survey: &Survey<'_>) -> Result<Vec<BTreeSet<usize>>, AuditError> {
    let groups = &survey.account.groups;
    let mut by_slot = vec![BTreeSet::new(); survey.scope.slots.len()];
    for at in 0..groups.len() {
        for (slot, _) in survey.group_approvals(at).served() {
            by_slot.get_mut(slot).map(|groups: &mut BTreeSet<usize>| groups.insert(at));
        }
    }
    for (slot, groups_of_slot) in survey.scope.slots.iter().zip(&mut by_slot) {
        let Some(name) = &slot.group else { continue };
        // Names of groups are unique without regard to case.
        let named = groups.iter().position(|group| group.name.eq_ignore_ascii_case(name));
        let named = named.ok_or_else(|| AuditError::NoGroup {
            group: name.clone(),
            slot: slot.action.to_string(),
        })?;
        *groups_of_slot = BTreeSet::from([named]);
    }
    Ok(by_slot)
}
