//! The users and roles to which somebody may do an action.

use std::collections::BTreeMap;
use std::rc::Rc;

use iam::account::{Actor, PolicyId, RoleIx};
use iam::{Clauses, Truth};

use crate::account_view::AccountView;
use crate::action::{Action, CREDENTIALS};
use crate::of_aws::is_of_aws;
use crate::permissions::As;

/// Users or roles that are worth a try.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(crate) enum Among {
    /// All users.
    Users,
    /// The users that may serve a slot.
    ApprovingUsers,
    /// The users that matter.
    MatteringUsers,
    /// All roles that AWS lets others change.
    Roles,
    /// The roles that may serve a slot.
    ApprovingRoles,
    /// The roles that matter and that AWS lets others change and pass.
    MatteringRoles,
    /// The roles that matter and that trust every principal of the account.
    OpenRoles,
    /// All roles that trust every principal of the account.
    AllOpenRoles,
}

/// Principals, sorted by their ARNs so that patterns find them.
pub(crate) struct Candidates<'a> {
    arns: Vec<&'a str>,
    actors: Vec<Actor>,
}

/// Principals, each with whether an action may be done to it: never [`Truth::No`].
pub(crate) type Targets = Rc<[(Actor, Truth)]>;

impl<'a> AccountView<'a> {
    /// The principals among some to which somebody may do an action, in the order of the account.
    /// Their tags count.
    pub(crate) fn targets(&self, who: &As<'a>, action: Action, among: Among) -> Targets {
        let permissions = &self.reach.permissions;
        let Some(class) = permissions.class_as(who, action) else { return Rc::from([]) };
        let targets = class.targets(among, || {
            let mut targets = match class.clauses.only() {
                // What a policy names is worth a try, even if it matters only after other steps.
                Some(named) => self.among_named(&named, among, &class.clauses),
                None => self.among_candidates(among, &class.clauses),
            };
            targets.sort_unstable_by_key(|(target, _)| *target);
            targets.dedup();
            targets.into()
        });
        if !permissions.looks_at_tags(&class) {
            return targets;
        }
        let tagged = targets.iter().map(|(target, _)| {
            let arn = self.account().arn(*target);
            (*target, permissions.allows_to(who, action, arn, Some(*target), &[]))
        });
        tagged.filter(|(_, allowed)| *allowed != Truth::No).collect()
    }

    /// The users among some whose credentials somebody may make, each with the first action that
    /// makes them.
    pub(crate) fn takeable(
        &self,
        maker: &As<'a>,
        among: Among,
    ) -> BTreeMap<Actor, (Action, Truth)> {
        let mut users = BTreeMap::new();
        for action in CREDENTIALS {
            for (user, allowed) in self.targets(maker, action, among).iter() {
                users.entry(*user).or_insert((action, *allowed));
            }
        }
        users
    }

    fn among_named(
        &self,
        named: &[&str],
        among: Among,
        clauses: &Clauses<'a, PolicyId>,
    ) -> Vec<(Actor, Truth)> {
        let actors = named.iter().filter_map(|arn| Some((self.account().actor(arn)?, *arn)));
        let of_kind = actors.filter(|(actor, _)| match (among, actor) {
            (Among::Roles | Among::MatteringRoles, Actor::Role(role)) => self.is_changeable(*role),
            (Among::OpenRoles | Among::AllOpenRoles, Actor::Role(role)) => {
                self.chains.is_open_to_the_account(*role)
            }
            _ => true,
        });
        // A policy may name the session of a role, which is not the role.
        let targets = of_kind.map(|(actor, _)| (actor, clauses.allow(self.account().arn(actor))));
        targets.filter(|(_, allowed)| *allowed != Truth::No).collect()
    }

    fn among_candidates(
        &self,
        among: Among,
        clauses: &Clauses<'a, PolicyId>,
    ) -> Vec<(Actor, Truth)> {
        let candidates = self.candidates(among);
        let allowed = clauses.allow_among(&candidates.arns).into_iter();
        allowed.filter_map(|(at, allowed)| Some((*candidates.actors.get(at)?, allowed))).collect()
    }

    /// Whether AWS lets others change and pass a role.
    fn is_changeable(&self, role: RoleIx) -> bool {
        self.account().role(role).is_some_and(|role| !is_of_aws(&role.identity))
    }

    fn candidates(&self, among: Among) -> Rc<Candidates<'a>> {
        if let Some(known) = self.candidates.borrow().get(&among) {
            return Rc::clone(known);
        }
        let account = self.account();
        let serves = |actor: Actor| self.reach.slots_of(actor).any();
        let wanted = |actor: Actor| match (among, actor) {
            (Among::Users, Actor::User(_)) => true,
            (Among::ApprovingUsers, Actor::User(_)) => serves(actor),
            (Among::MatteringUsers, Actor::User(_)) => self.matters(actor),
            (Among::Roles, Actor::Role(at)) => self.is_changeable(at),
            (Among::ApprovingRoles, Actor::Role(_)) => serves(actor),
            (Among::MatteringRoles, Actor::Role(at)) => {
                self.chains.matters(at) && self.is_changeable(at)
            }
            (Among::OpenRoles, Actor::Role(at)) => {
                self.chains.matters(at) && self.chains.is_open_to_the_account(at)
            }
            (Among::AllOpenRoles, Actor::Role(at)) => self.chains.is_open_to_the_account(at),
            (Among::Users | Among::ApprovingUsers | Among::MatteringUsers, Actor::Role(_))
            | (
                Among::Roles
                | Among::ApprovingRoles
                | Among::MatteringRoles
                | Among::OpenRoles
                | Among::AllOpenRoles,
                Actor::User(_),
            ) => false,
        };
        let mut found: Vec<(&'a str, Actor)> = account
            .actors()
            .filter(|actor| wanted(*actor))
            .map(|actor| (account.arn(actor), actor))
            .collect();
        found.sort_unstable();
        let (arns, actors) = found.into_iter().unzip();
        let found = Rc::new(Candidates { arns, actors });
        self.candidates.borrow_mut().insert(among, Rc::clone(&found));
        found
    }
}
