//! The account, and what follows from it: the input of all checks.

use std::cell::{OnceCell, RefCell};
use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};
use std::rc::Rc;

use iam::Policy;
use iam::account::{Account, Actor, GroupIx, PolicyId, RoleIx, UserIx};
use rule::{RESERVED_PATH, RequireSignature, Rule, Trust};

use crate::action::{APPROVE, Action, Actions};
use crate::answerer::Answerer;
use crate::bypass::{Bypass, NoSuchRole};
use crate::closure::{self, Classes, Closure, Outcome, WantedSlots, Wants};
use crate::counted::{Counting, Verdict};
use crate::equivalence_class::{ClassId, EquivalenceClass};
use crate::identity_center::{Assigned, IdentityCenter, permission_set_of};
use crate::machines;
use crate::of_aws;
use crate::passing::Trusted;
use crate::people::People;
use crate::reach_index::{ReachIndex, ServedSlots, SlotPair, UndecidedError};
use crate::release::named_role;
use crate::role_chains::{Reachable, RoleChains};
use crate::running::Running;
use crate::scope::{Scope, SlotIx};
use crate::second_person;
use crate::targets::{Among, Candidates};

/// An account, and what follows from it.
pub(crate) struct AccountView<'a> {
    pub(super) reach: ReachIndex<'a>,
    pub(super) chains: RoleChains<'a>,
    /// The ways past the gate.
    pub(super) bypass: Bypass,
    /// The groups that serve each slot.
    pub(super) slot_groups: BTreeMap<SlotIx, BTreeSet<GroupIx>>,
    /// The users that may become each approving role, directly or through other roles.
    pub(super) users_of_roles: HashMap<RoleIx, Vec<UserIx>>,
    /// The SAML providers of the account whose users may sign in to approving roles, with these
    /// roles.
    pub(super) saml_providers: BTreeMap<String, Vec<Actor>>,
    /// The actions that may lead a principal to more than it has.
    pub(super) leading: Vec<Action>,
    /// All actions on which that depends.
    pub(super) deciding: Vec<Action>,
    outcomes: RefCell<HashMap<Actor, Rc<Outcome>>>,
    /// The classes of actors.
    pub(super) classes: RefCell<HashMap<Actor, Classes>>,
    pub(super) second_persons: second_person::Known<'a>,
    pub(super) candidates: RefCell<HashMap<Among, Rc<Candidates<'a>>>>,
    pub(super) services: RefCell<HashMap<RoleIx, Rc<[Trusted]>>>,
    pub(super) running: Running,
    /// The classes, by their permissions to assume roles, whose members reach no two slots of one
    /// stage by roles alone.
    pub(super) apart: RefCell<HashSet<ClassId>>,
    worth_joining: OnceCell<Vec<GroupIx>>,
    worth_attaching: OnceCell<Vec<PolicyId>>,
    keys_of_changes: OnceCell<BTreeSet<String>>,
    approving_permission_sets: OnceCell<Vec<Actor>>,
    /// A policy that allows everything: the most that a principal can write.
    pub(super) everything: &'a Policy,
    people: OnceCell<People>,
    /// What IAM Identity Center says, if it was given.
    identity_center: Option<&'a IdentityCenter>,
    assigned: OnceCell<Assigned<'a>>,
    /// The role that the desk answers with, if there is a desk.
    pub(super) desk: Option<Actor>,
    /// The gate's rule, if it was given.
    pub(super) rule: Option<&'a Rule>,
    /// The account as the gate knows it: it knows the roles under the path that AWS reserves.
    pub(super) gate_account: rule::Account,
    /// What the gate makes of two answers.
    pub(super) counting: Counting<'a>,
    /// The roles that no human can assume. Computed when it is needed.
    beyond_people: OnceCell<BTreeSet<RoleIx>>,
    /// Whether anybody may rename users.
    any_renames: OnceCell<bool>,
}

/// Why an account cannot be audited.
#[derive(Debug, thiserror::Error)]
pub enum AuditError {
    /// The account does not have the desk's role.
    #[error("the account has no role `{0}`, which `--desk-role` names; check the name")]
    NoDesk(String),
    /// The account does not have a role that the user names.
    #[error("the account has no role `{0}`, which `--deploy-role` names; check the name")]
    NoDeployRole(String),
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
        identity_center: Option<&'a IdentityCenter>,
        everything: &'a Policy,
    ) -> Result<Self, AuditError> {
        let reach = ReachIndex::new(account, scope);
        let slot_groups = slot_groups(&reach)?;
        let desk = scope.desk.as_deref().map(|name| desk(account, name)).transpose()?;
        let leading = closure::leading();
        let answering = desk.filter(|_| !rule.is_some_and(requires_signatures));
        let bypass = Bypass::new(&reach, answering)
            .map_err(|NoSuchRole(name)| AuditError::NoDeployRole(name))?;
        let mattering = [&leading[..], bypass.actions()].concat();
        let chains = RoleChains::new(&reach, &mattering, bypass.roles());
        let roles = account.roles_by_ix().map(|(at, _)| Actor::Role(at));
        let approving_roles: Vec<Actor> =
            roles.filter(|role| reach.slots_of(*role).any()).collect();
        let gate_account = rule::Account::new(account.id.as_str());
        let gate_account = gate_account.with_roles(account.role_arns());
        Ok(Self {
            saml_providers: second_person::saml_providers(account, &approving_roles),
            users_of_roles: chains.users(),
            reach,
            chains,
            slot_groups,
            leading,
            deciding: closure::deciding(bypass.actions()),
            bypass,
            outcomes: RefCell::default(),
            classes: RefCell::default(),
            second_persons: second_person::Known::default(),
            candidates: RefCell::default(),
            services: RefCell::default(),
            running: Running::default(),
            apart: RefCell::default(),
            worth_joining: OnceCell::new(),
            worth_attaching: OnceCell::new(),
            keys_of_changes: OnceCell::new(),
            approving_permission_sets: OnceCell::new(),
            everything,
            people: OnceCell::new(),
            identity_center,
            assigned: OnceCell::new(),
            desk,
            rule,
            counting: Counting::new(rule, gate_account.clone()),
            gate_account,
            beyond_people: OnceCell::new(),
            any_renames: OnceCell::new(),
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

    /// The actors about which everything can be decided, as far as it is known.
    pub(super) fn actors(&self) -> impl Iterator<Item = Actor> + use<'a> {
        let (account, undecided) = (self.account(), self.reach.all_undecided());
        account
            .actors()
            .filter(move |actor| undecided.is_empty() || !undecided.contains(account.arn(*actor)))
    }

    /// The people who serve the slots.
    pub(super) fn people(&self) -> &People {
        self.people.get_or_init(|| People::new(self))
    }

    /// The people of IAM Identity Center whose roles lead to slots, or whose permission sets code
    /// names. `None` if the lists were not given.
    pub(super) fn assigned_people(&self) -> Option<&Assigned<'a>> {
        let center = self.identity_center?;
        let is_declared = |role| {
            let set = self.account().role(role).and_then(|it| permission_set_of(&it.identity));
            set.is_some_and(|set| self.reach.scope.declares_set(set))
        };
        let matters = |role| {
            self.reach.slots_of(Actor::Role(role)).any()
                || self.reachable(Actor::Role(role)).approving().next().is_some()
                || is_declared(role)
        };
        let join = || Assigned::new(center, self.account(), matters);
        Some(self.assigned.get_or_init(join))
    }

    /// Whether an actor may serve a slot, bypass the gate or become somebody else.
    pub(super) fn matters(&self, actor: Actor) -> bool {
        match actor {
            Actor::Role(at) => self.chains.matters(at),
            Actor::User(_) => {
                let permissions = &self.reach.permissions;
                self.reach.slots_of(actor).any()
                    || permissions.might_any(actor, &self.leading)
                    || self.bypass.might(&self.reach, actor)
                    || self.reachable(actor).mattering().next().is_some()
            }
        }
    }

    /// Whether a policy allows anything that matters.
    fn is_worth_having(&self, policy: PolicyId) -> bool {
        let actions = Actions::from_actions(&self.deciding);
        self.reach.permissions.allows_any(policy, actions)
    }

    /// The groups whose members may do anything that matters.
    pub(super) fn worth_joining(&self) -> &[GroupIx] {
        self.worth_joining.get_or_init(|| {
            let groups = self.account().groups_by_ix();
            let worth = groups.filter(|(_, group)| {
                group.policies.iter().any(|policy| self.is_worth_having(*policy))
            });
            worth.map(|(at, _)| at).collect()
        })
    }

    /// The roles of IAM Identity Center that serve a slot.
    pub(super) fn approving_permission_sets(&self) -> &[Actor] {
        self.approving_permission_sets.get_or_init(|| {
            let roles = self.account().roles_by_ix();
            let reserved =
                roles.filter(|(_, role)| role.identity.path().starts_with(RESERVED_PATH));
            let roles = reserved.map(|(at, _)| Actor::Role(at));
            roles.filter(|role| self.reach.slots_of(*role).any()).collect()
        })
    }

    /// The managed policies that allow anything that matters.
    pub(super) fn worth_attaching(&self) -> &[PolicyId] {
        self.worth_attaching.get_or_init(|| {
            let policies = self.account().policies();
            let managed = policies.filter(|(_, stored)| stored.arn.is_some());
            managed.map(|(id, _)| id).filter(|id| self.is_worth_having(*id)).collect()
        })
    }

    /// The condition keys of what somebody may get by changes: policies that are worth attaching,
    /// those of groups that are worth joining, and other versions of policies.
    pub(super) fn keys_of_changes(&self) -> &BTreeSet<String> {
        self.keys_of_changes.get_or_init(|| {
            let account = self.account();
            let groups = self.worth_joining().iter().filter_map(|at| account.group(*at));
            let gained = groups.flat_map(|group| &group.policies).chain(self.worth_attaching());
            let gained = gained.filter_map(|id| account.policy(*id)).map(|stored| &stored.policy);
            let versions = account.policies().flat_map(|(_, stored)| &stored.other_versions);
            let keys = gained
                .chain(versions)
                .flat_map(|policy| self.reach.permissions.keys_about(policy, &self.deciding));
            keys.map(str::to_owned).collect()
        })
    }

    /// What an actor reaches by at least one write: two slots, if it does not have them without a
    /// write, and a way past the gate.
    pub(super) fn outcome(&self, actor: Actor) -> Result<Rc<Outcome>, UndecidedError> {
        if let Some(known) = self.outcomes.borrow().get(&actor) {
            return Ok(Rc::clone(known));
        }
        let slots = match &self.reach.slots_of(actor).pair {
            None => WantedSlots::Any,
            Some(own) if self.is_settled(actor, own) => WantedSlots::No,
            Some(_) => WantedSlots::OfTwoPeople,
        };
        let past_the_gate = !self.bypass.is_open_to(&self.reach, actor)?;
        let wants = Wants { slots, past_the_gate };
        let is_anything = slots != WantedSlots::No || past_the_gate;
        let outcome = match is_anything && self.may_lead_further(actor) {
            true => Closure::of(self, actor, wants)?,
            false => Outcome::default(),
        };
        let outcome = Rc::new(outcome);
        self.outcomes.borrow_mut().insert(actor, Rc::clone(&outcome));
        Ok(outcome)
    }

    /// What the gate makes of two slots that an actor serves with its own permissions.
    pub(super) fn verdict_of_own(&self, actor: Actor, own: &SlotPair) -> Verdict {
        let by = self.answers_as(actor, actor);
        self.counting.ask(own.slots.map(|slot| self.slot(slot)), [&by, &by])
    }

    /// Whether an actor that has two slots by itself gets no worse by roles or writes. It does if
    /// the gate refuses what it can do by itself. The desk and machines are nobody.
    pub(super) fn is_settled(&self, actor: Actor, own: &SlotPair) -> bool {
        self.is_desk(actor)
            || self.is_beyond_people(actor)
            || !self.counting.counts_unsigned()
            || self.verdict_of_own(actor, own).counts_two()
    }

    /// Whether an actor might do more than to assume roles. Cheap, so it is asked first.
    fn may_lead_further(&self, actor: Actor) -> bool {
        let permissions = &self.reach.permissions;
        let is_of_aws =
            |identity| matches!(actor, Actor::Role(_)) && of_aws::is_service_linked(identity);
        if self.account().identity(actor).is_some_and(is_of_aws) {
            return false;
        }
        let might =
            |it| permissions.might_any(it, &self.leading) || self.bypass.might(&self.reach, it);
        let leads = |role| {
            let it = Actor::Role(role);
            might(it) || self.bypass.as_role(it).is_some()
        };
        might(actor) || self.reachable(actor).lead_further(leads)
    }

    /// The roles that an actor may become, and perhaps itself.
    pub(super) fn reachable(&self, actor: Actor) -> Rc<Reachable> {
        self.chains.from(actor)
    }

    /// An actor, and the roles that it may become.
    pub(super) fn selves(&self, actor: Actor) -> Vec<Actor> {
        let reachable = self.reachable(actor);
        let roles = reachable.roles().map(Actor::Role).filter(|role| *role != actor);
        std::iter::once(actor).chain(roles).collect()
    }

    /// An actor, and the roles that it may become and that serve a slot.
    pub(super) fn serving_selves(&self, actor: Actor) -> Vec<Actor> {
        let reachable = self.reachable(actor);
        let roles = reachable.approving().map(|(_, role)| Actor::Role(role));
        let roles = roles.filter(|role| *role != actor);
        std::iter::once(actor).chain(roles).collect()
    }

    /// Whether this is the role that the desk answers with. It answers every slot, for the people
    /// who sign.
    pub(super) fn is_desk(&self, actor: Actor) -> bool {
        self.desk == Some(actor)
    }

    /// Whether anybody may rename users. In most accounts few may.
    pub(super) fn any_renames(&self) -> bool {
        *self.any_renames.get_or_init(|| {
            let mut all = self.reach.permissions.actors_that_might(&[Action::UpdateUser]);
            all.next().is_some()
        })
    }

    /// Whether this is a role that no human can assume: only services and workloads, or nobody.
    pub(super) fn is_beyond_people(&self, actor: Actor) -> bool {
        let Actor::Role(at) = actor else { return false };
        self.beyond_people.get_or_init(|| machines::beyond_people(self.account())).contains(&at)
    }

    /// An actor and the roles that it may become, as far as they serve slots. Those with the same
    /// permissions are there once, unless the gate may count them as different people.
    pub(super) fn serving_as(&self, actor: Actor) -> Vec<Serving<'_, 'a>> {
        let mut found: Vec<Serving<'_, 'a>> = Vec::new();
        let mut alike: HashMap<ClassId, Vec<Answerer>> = HashMap::new();
        for it in self.serving_selves(actor) {
            let served = self.reach.slots_of(it);
            if !served.any() {
                continue;
            }
            let Some(class) = self.reach.permissions.class_of(it, APPROVE) else { continue };
            let kept = alike.entry(class.id).or_default();
            let by = || self.answers_as(actor, it);
            if kept.is_empty() || self.may_be_another(it, served, &Vec::from_iter(&*kept), by) {
                kept.push(by());
                found.push(Serving { actor: it, class, served });
            }
        }
        found
    }

    /// As [`Counting::may_be_another`] of an actor. `by` is what AWS shows of it.
    pub(crate) fn may_be_another(
        &self,
        actor: Actor,
        served: &ServedSlots,
        before: &[&Answerer],
        by: impl FnOnce() -> Answerer,
    ) -> bool {
        self.counting.may_count(actor, self.name(actor))
            && self.counting.may_be_another(&self.reach, served, before, &by())
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

/// A principal that a human may act as, and that serves slots.
pub(super) struct Serving<'p, 'a> {
    pub(super) actor: Actor,
    pub(super) class: Rc<EquivalenceClass<'a>>,
    pub(super) served: &'p ServedSlots,
}

/// The role that the desk answers with.
fn desk(account: &Account, name: &str) -> Result<Actor, AuditError> {
    let found = named_role(account, name);
    found.map(Actor::Role).ok_or_else(|| AuditError::NoDesk(name.to_owned()))
}

/// Whether the gate counts only signed approvals, so that a desk cannot answer for others.
fn requires_signatures(rule: &Rule) -> bool {
    rule.require_signature() != RequireSignature::No
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
