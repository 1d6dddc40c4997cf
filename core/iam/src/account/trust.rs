//! The principals that may assume a role.
//!
//! IAM User Guide, "Policy evaluation for requests within a single account": a trust policy that
//! names a principal itself is enough; one that names the account leaves the decision to the
//! principal's own policies. An explicit deny in any policy wins, and service control policies
//! limit both ways.

use super::{Account, Actor, Identity, PolicyId, Role};
use crate::clause::Blame;
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::grants::{Clauses, Grants, Limits};
use crate::policy::{Concern, Principals, Statement, Trusted};
use crate::truth::Truth;

/// The action, in lower case, as [`crate::Grants::about`] expects it.
const ASSUME_ROLE: &str = "sts:assumerole";

/// The statements that let an actor assume a role.
#[derive(Clone, Debug)]
pub struct Assumption<'a> {
    /// The statements of the trust policy that allow it or may deny it: their places, and their
    /// open conditions.
    pub trust: Vec<(usize, Vec<&'a Condition>)>,
    /// The statements of the actor's own policies. Empty if the trust policy names the actor.
    pub own: Vec<Blame<'a, PolicyId>>,
}

/// The principals outside the account that may assume a role.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outsiders {
    /// AWS services.
    pub services: Vec<String>,
    /// OpenID Connect providers: workloads, e.g. of a CI system.
    pub oidc: Vec<String>,
    /// SAML providers and other web identities: people at an identity provider.
    pub federated: Vec<String>,
    /// Other accounts, their principals, or everybody.
    pub accounts: Vec<String>,
}

/// An actor that may assume roles, with the answers that are the same for every role.
#[derive(Debug)]
pub struct Assumer<'a> {
    account: &'a Account,
    identity: &'a Identity,
    is_bounded: bool,
    context: Context,
    /// The statements of its own policies.
    own: Clauses<'a, PolicyId>,
    /// The statements that limit it if a trust policy names it. Then its own policies need not
    /// allow anything.
    limits: Clauses<'a, PolicyId>,
    /// The same if a trust policy names its sessions: without a boundary.
    limits_of_sessions: Option<Clauses<'a, PolicyId>>,
}

/// The principals of the account that a trust policy may allow, without regard to conditions and
/// denials.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trustees {
    /// Every principal.
    pub everybody: bool,
    /// Every principal that the account's own policies allow to assume the role.
    pub account: bool,
    /// These principals.
    pub named: Vec<Actor>,
    /// Whether a statement that denies is about some of the account's principals only, without
    /// regard to conditions.
    pub are_told_apart: bool,
}

impl<'a> Assumer<'a> {
    /// How it may assume a role. Returns `None` if it may not. Open conditions count as met.
    #[must_use]
    pub fn assume(&self, role: &'a Role) -> Option<Assumption<'a>> {
        let arn = &role.identity.arn;
        // A shortcut: most principals may not assume a role that trusts the account.
        let statements = role.trust.statements.iter();
        let allowing = statements.filter(|statement| statement.effect == Effect::Allow);
        match allowing.map(|statement| self.concern(statement)).max() {
            None | Some(Concern::Not) => return None,
            Some(Concern::Account) if self.own.allow(arn) == Truth::No => return None,
            Some(Concern::Account | Concern::Itself | Concern::Session) => {}
        }
        let mut nearest = Concern::Not;
        let mut trust = Vec::new();
        for (at, statement) in role.trust.statements.iter().enumerate() {
            let concern = self.concern(statement);
            if concern == Concern::Not || !statement.actions.include(ASSUME_ROLE) {
                continue;
            }
            let mut open = Vec::new();
            let holds = Truth::all(statement.conditions.iter().map(|condition| {
                let holds = condition.holds(&self.context);
                if holds == Truth::Unknown {
                    open.push(condition);
                }
                holds
            }));
            match (holds, statement.effect) {
                (Truth::No, _) => continue,
                (Truth::Yes, Effect::Deny) => return None,
                (Truth::Unknown, Effect::Deny) => {}
                (Truth::Yes | Truth::Unknown, Effect::Allow) => nearest = nearest.max(concern),
            }
            trust.push((at, open));
        }
        match nearest {
            Concern::Not => None,
            Concern::Account => (self.own.allow(arn) != Truth::No)
                .then(|| Assumption { trust, own: self.own.blame(arn) }),
            Concern::Itself | Concern::Session => {
                let of_sessions = self.limits_of_sessions.as_ref();
                let of_sessions = of_sessions.filter(|_| nearest == Concern::Session);
                let limits = of_sessions.unwrap_or(&self.limits);
                let allowed = !self.own.deny(arn) && limits.allow(arn) != Truth::No;
                allowed.then_some(Assumption { trust, own: Vec::new() })
            }
        }
    }

    /// Whether the trust policy of a role denies it, no matter what its own policies allow.
    #[must_use]
    pub fn is_refused(&self, role: &Role) -> bool {
        role.trust.statements.iter().any(|statement| {
            let conditions = statement.conditions.iter();
            statement.effect == Effect::Deny
                && statement.actions.include(ASSUME_ROLE)
                && self.concern(statement) != Concern::Not
                && Truth::all(conditions.map(|condition| condition.holds(&self.context)))
                    == Truth::Yes
        })
    }

    fn concern(&self, statement: &Statement) -> Concern {
        match &statement.principals {
            None => Concern::Not,
            // A denial of all but some "will always deny any IAM principal that has a permissions
            // boundary policy attached" (IAM User Guide, "NotPrincipal").
            Some(principals)
                if principals.all_but && statement.effect == Effect::Deny && self.is_bounded =>
            {
                Concern::Itself
            }
            // A principal that assumes a role chooses the name of its session. A statement that
            // denies one name leaves others open. A boundary limits neither a named session nor
            // "permissions granted using the aws:PrincipalArn condition key with a wildcard (*) in
            // the Principal element" (IAM User Guide, "Policy evaluation logic"). AWS does not say
            // what holds for `*` without that key, so it counts the same.
            Some(principals)
                if !principals.all_but
                    && statement.effect == Effect::Allow
                    && (principals.name_everyone()
                        || principals.name_sessions_of(self.account.caller(self.identity))) =>
            {
                Concern::Session
            }
            Some(principals) => principals.concern(self.account.caller(self.identity)),
        }
    }
}

impl Account {
    /// Prepares an actor for questions about roles that it may assume. `keep` may refuse policies
    /// that are not about that action.
    #[must_use]
    pub fn assumer(&self, actor: Actor, keep: impl Fn(PolicyId) -> bool) -> Option<Assumer<'_>> {
        let own = self.grants(actor, keep);
        let limits = self.limits(self.boundary(actor), self.is_exempt(actor), &|_| true);
        self.assumer_with(actor, &limits, &own, self.context(actor))
    }

    /// The same for an actor with other permissions than it has now.
    #[must_use]
    pub fn assumer_after<'a>(
        &'a self,
        actor: Actor,
        grants: &Grants<'a, PolicyId>,
        context: Context,
    ) -> Option<Assumer<'a>> {
        self.assumer_with(actor, &grants.limits, grants, context)
    }

    fn assumer_with<'a>(
        &'a self,
        actor: Actor,
        limits: &Limits<'a, PolicyId>,
        own: &Grants<'a, PolicyId>,
        context: Context,
    ) -> Option<Assumer<'a>> {
        let is_bounded = limits.boundary.is_some();
        let unbounded = Limits { boundary: None, controls: limits.controls.clone() };
        // The boundary of a role limits it if a trust policy names it, that of a user does not (IAM
        // User Guide, "Permissions boundaries for IAM entities").
        let is_limited = is_bounded && matches!(actor, Actor::Role(_));
        let if_named = if is_limited { limits } else { &unbounded };
        Some(Assumer {
            account: self,
            identity: self.identity(actor)?,
            is_bounded,
            own: own.about(ASSUME_ROLE, &context),
            limits: if_named.about(ASSUME_ROLE, &context),
            limits_of_sessions: is_limited.then(|| unbounded.about(ASSUME_ROLE, &context)),
            context,
        })
    }

    /// The principals of the account that a role's trust policy may allow.
    #[must_use]
    pub fn trustees(&self, role: &Role) -> Trustees {
        let mut trustees = Trustees::default();
        let mut denying =
            role.trust.statements.iter().filter(|statement| statement.effect == Effect::Deny);
        trustees.are_told_apart = denying.any(|statement| {
            let names_some = |principals: &Principals| {
                let names_one = |it: &Trusted| matches!(it, Trusted::Arn(_) | Trusted::UniqueId(_));
                principals.all_but || principals.aws.iter().any(names_one)
            };
            statement.principals.as_deref().is_some_and(names_some)
        });
        let allowing =
            role.trust.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        for principals in allowing.filter_map(|statement| statement.principals.as_ref()) {
            trustees.everybody |= principals.all_but;
            for trusted in &principals.aws {
                match trusted {
                    Trusted::Everyone => trustees.everybody = true,
                    Trusted::Account(account) => trustees.account |= *account == self.id,
                    // The actor of a session is its role.
                    Trusted::Arn(arn) => trustees.named.extend(self.actor(arn)),
                    Trusted::UniqueId(id) => trustees.named.extend(self.by_id.get(id)),
                }
            }
        }
        trustees
    }

    /// The principals outside the account that may assume a role, without regard to conditions.
    #[must_use]
    pub fn outsiders(&self, role: &Role) -> Outsiders {
        let mut outsiders = Outsiders::default();
        let assumes = ["sts:assumerole", "sts:assumerolewithsaml", "sts:assumerolewithwebidentity"];
        for statement in &role.trust.statements {
            let allows = statement.effect == Effect::Allow
                && assumes.iter().any(|action| statement.actions.include(action));
            let Some(principals) = statement.principals.as_ref().filter(|_| allows) else {
                continue;
            };
            if principals.all_but {
                outsiders.accounts.push("everybody but some".to_owned());
                continue;
            }
            outsiders.services.extend(principals.services.iter().cloned());
            let (oidc, people) =
                principals.federated.iter().cloned().partition(|p| p.contains(":oidc-provider/"));
            outsiders.oidc.extend::<Vec<String>>(oidc);
            outsiders.federated.extend::<Vec<String>>(people);
            let others = principals.aws.iter().filter_map(|trusted| trusted.outside(&self.id));
            outsiders.accounts.extend(others);
        }
        outsiders
    }
}
