//! The account, and what follows from it: the input of all checks.

use std::cell::OnceCell;
use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::rc::Rc;

use iam::Policy;
use iam::account::{Account, Actor, GroupIx, RoleIx, Trustees, UserIx};
use rule::{Rule, Trust};

use crate::action::APPROVE;
use crate::equivalence_class::EquivalenceClass;
use crate::people::People;
use crate::reach_index::{ReachIndex, ServedSlots, UndecidedError};
use crate::role_chains::{RoleChain, RoleChains};
use crate::scope::{Scope, SlotIx};
use crate::second_person;

/// An account, and what follows from it.
pub(crate) struct AccountView<'a> {
    pub(super) reach: ReachIndex<'a>,
    pub(super) chains: RoleChains<'a>,
    /// The groups that serve each slot.
    pub(super) slot_groups: BTreeMap<SlotIx, BTreeSet<GroupIx>>,
    /// The users that may become each approving role, directly or through other roles.
    pub(super) users_of_roles: HashMap<RoleIx, Vec<UserIx>>,
    /// The users that may serve a slot.
    approving_users: Vec<Actor>,
    /// The roles that may serve a slot.
    approving_roles: Vec<Actor>,
    /// The services that may assume each approving role.
    pub(super) services: HashMap<Actor, Vec<String>>,
    /// The SAML providers of the account whose users may sign in to approving roles, with these
    /// roles.
    pub(super) saml_providers: BTreeMap<String, Vec<Actor>>,
    /// A policy that allows everything: the most that a principal can write.
    pub(super) everything: &'a Policy,
    people: OnceCell<People>,
    /// The role that the desk answers with, if there is a desk.
    pub(super) desk: Option<Actor>,
    /// The gate's rule, if it was given.
    pub(super) rule: Option<&'a Rule>,
    /// The account as the gate knows it: it knows the roles under the path that AWS reserves.
    pub(super) gate_account: rule::Account,
}

/// Why an account cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// A principal whose policies are too intricate.
    #[error(transparent)]
    Undecided(#[from] UndecidedError),
    /// The account does not have the desk's role.
    #[error("the account has no role `{0}`, which `--desk-role` names; check the name")]
    NoDesk(String),
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

impl<'a> AccountView<'a> {
    pub(crate) fn new(
        account: &'a Account,
        scope: &'a Scope,
        rule: Option<&'a Rule>,
        everything: &'a Policy,
    ) -> Result<Self, AuditError> {
        let reach = ReachIndex::new(account, scope)?;
        let slot_groups = slot_groups(&reach)?;
        let desk = scope.desk.as_deref().map(|name| desk(account, name)).transpose()?;
        let chains = RoleChains::new(&reach);
        let approving = account.actors().filter(|actor| reach.slots_of(*actor).any());
        let (approving_users, approving_roles): (Vec<Actor>, Vec<Actor>) =
            approving.partition(|actor| matches!(actor, Actor::User(_)));
        let services = approving_roles.iter().filter_map(|actor| {
            let Actor::Role(at) = actor else { return None };
            let services = account.outsiders(account.role(*at)?).services;
            Some((*actor, services))
        });
        let services = services.filter(|(_, services)| !services.is_empty()).collect();
        Ok(Self {
            saml_providers: second_person::saml_providers(account, &approving_roles),
            approving_users,
            approving_roles,
            services,
            users_of_roles: chains.users(),
            reach,
            chains,
            slot_groups,
            everything,
            people: OnceCell::new(),
            desk,
            rule,
            gate_account: rule::Account::new(account.id.as_str()).with_roles(account.role_arns()),
        })
    }

    pub(super) fn account(&self) -> &'a Account {
        self.reach.account
    }

    /// The name of a slot's approval action.
    pub(super) fn slot(&self, slot: SlotIx) -> &'a str {
        self.reach.scope.name(slot)
    }

    pub(super) fn name(&self, actor: Actor) -> &'a str {
        self.account().identity(actor).map_or("", |identity| &identity.name)
    }

    pub(super) fn actors(&self) -> impl Iterator<Item = Actor> + use<'a> {
        self.account().actors()
    }

    /// The people who serve the slots.
    pub(super) fn people(&self) -> &People {
        self.people.get_or_init(|| People::new(self))
    }

    /// The users that may serve a slot.
    pub(super) fn approving_users(&self) -> Vec<Actor> {
        self.approving_users.clone()
    }

    /// The roles that may serve a slot.
    pub(super) fn approving_roles(&self) -> Vec<Actor> {
        self.approving_roles.clone()
    }

    pub(super) fn chains_from(&self, actor: Actor) -> Vec<RoleChain> {
        self.chains.from(actor)
    }

    /// An actor, and the roles that it may become and that lead to an approving role.
    pub(super) fn selves(&self, actor: Actor) -> Vec<Actor> {
        let chains = self.chains_from(actor);
        let roles = chains.into_iter().map(|chain| Actor::Role(chain.role));
        std::iter::once(actor).chain(roles).collect()
    }

    /// Whether this is the role that the desk answers with. It answers every slot, for the people
    /// who sign.
    pub(super) fn is_desk(&self, actor: Actor) -> bool {
        self.desk == Some(actor)
    }

    /// Whether only services and workloads can act as this: a role that no user, no other role and
    /// nobody outside the account may assume.
    pub(super) fn is_machine(&self, actor: Actor) -> bool {
        let Actor::Role(at) = actor else { return false };
        self.account().role(at).is_some_and(|role| {
            let outsiders = self.account().outsiders(role);
            let has_machines = !outsiders.services.is_empty() || !outsiders.oidc.is_empty();
            let has_people = !outsiders.federated.is_empty() || !outsiders.accounts.is_empty();
            has_machines && !has_people && self.account().trustees(role) == Trustees::default()
        })
    }

    /// The slots that an actor may serve as itself and as the roles that it may become, once for
    /// each class.
    pub(super) fn slots_of_selves(
        &self,
        actor: Actor,
    ) -> Vec<(Rc<EquivalenceClass<'a>>, &ServedSlots)> {
        let mut found: Vec<(Rc<EquivalenceClass<'a>>, &ServedSlots)> = Vec::new();
        for actor in self.selves(actor) {
            let served = self.reach.slots_of(actor);
            if !served.any() {
                continue;
            }
            if let Some(class) = self.reach.permissions.class_of(actor, APPROVE)
                && !found.iter().any(|(known, _)| known.id == class.id)
            {
                found.push((class, served));
            }
        }
        found
    }

    /// Whether the gate believes the session names of a role: by its rule, or, if none was given,
    /// if its path shows that IAM Identity Center made the role.
    pub(super) fn trusts_sessions_of(&self, role: &str) -> bool {
        match self.rule {
            Some(rule) => rule.trust(role, &self.gate_account) == Trust::Believed,
            None => self.gate_account.has_reserved_role(role),
        }
    }
}

/// The role with this name. Names of roles are unique without regard to case.
fn desk(account: &Account, name: &str) -> Result<Actor, AuditError> {
    let mut roles = account.roles_by_ix();
    let found = roles.find(|(_, role)| role.identity.name.eq_ignore_ascii_case(name));
    let (at, _) = found.ok_or_else(|| AuditError::NoDesk(name.to_owned()))?;
    Ok(Actor::Role(at))
}

/// The groups that serve each slot: the one that the user named, or those whose own policies
/// allow it.
fn slot_groups(reach: &ReachIndex<'_>) -> Result<BTreeMap<SlotIx, BTreeSet<GroupIx>>, AuditError> {
    let account = reach.account;
    let mut groups: BTreeMap<SlotIx, BTreeSet<GroupIx>> = BTreeMap::new();
    for (at, _) in account.groups_by_ix() {
        for (slot, _) in reach.slots_of_group(at).iter() {
            groups.entry(slot).or_default().insert(at);
        }
    }
    for (at, slot) in reach.scope.slots_by_ix() {
        let Some(name) = &slot.group else { continue };
        // Names of groups are unique without regard to case.
        let mut named = account.groups_by_ix();
        let named = named.find(|(_, group)| group.name.eq_ignore_ascii_case(name));
        let (named, _) = named.ok_or_else(|| AuditError::NoGroup {
            group: name.clone(),
            slot: slot.action.to_string(),
        })?;
        groups.insert(at, BTreeSet::from([named]));
    }
    Ok(groups)
}
