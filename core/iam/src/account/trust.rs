//! Who may assume a role.
//!
//! IAM User Guide, "Policy evaluation for requests within a single account": a trust policy that
//! names a principal itself suffices; one that names the account leaves it to the principal's own
//! policies. An explicit deny wins, wherever it stands; and service control policies limit both
//! ways.

use super::{Account, Actor, Identity, PolicyId, Role};
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::grants::{Blame, Clauses, Grants};
use crate::policy::{Concern, Statement, Trusted};
use crate::truth::Truth;

/// The action, as policies are asked for it.
const ASSUME_ROLE: &str = "sts:assumerole";

/// How an actor may assume a role.
#[derive(Clone, Debug)]
pub struct Assumption<'a> {
    /// The statements of the trust policy that allow it, or may yet deny it: their places, and
    /// their open conditions.
    pub trust: Vec<(usize, Vec<&'a Condition>)>,
    /// The statements of the actor's own policies; none are needed where the trust policy names it.
    pub own: Vec<Blame<'a, PolicyId>>,
}

/// Who else may assume a role: principals that are not in the account.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Outsiders {
    /// AWS services.
    pub services: Vec<String>,
    /// OpenID Connect providers: workloads such as those of a CI.
    pub oidc: Vec<String>,
    /// SAML providers and other web identities: people at an identity provider.
    pub federated: Vec<String>,
    /// Other accounts, principals of them, or everybody.
    pub accounts: Vec<String>,
}

/// Somebody who may assume roles: what is the same whatever the role.
#[derive(Debug)]
pub struct Assumer<'a> {
    account: &'a Account,
    identity: &'a Identity,
    context: Context,
    /// What its own policies say.
    own: Clauses<'a, PolicyId>,
    /// What limits it where a trust policy names it, and its own policies need not allow anything.
    limits: Clauses<'a, PolicyId>,
}

/// Whom of the account a role's trust policy may concern, conditions and denials aside.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Trustees {
    /// Everybody.
    pub everybody: bool,
    /// Whoever the account's own policies allow it.
    pub account: bool,
    /// These.
    pub named: Vec<Actor>,
}

impl<'a> Assumer<'a> {
    /// How it may assume a role; none when it may not. What is open is taken to be met.
    #[must_use]
    pub fn assume(&self, role: &'a Role) -> Option<Assumption<'a>> {
        let arn = &role.identity.arn;
        // Most principals may not assume what trusts the account: that is seen before anything
        // else.
        let statements = role.trust.statements.iter();
        let allowing = statements.filter(|statement| statement.effect == Effect::Allow);
        match allowing.map(|statement| self.concern(statement)).max() {
            None | Some(Concern::Not) => return None,
            Some(Concern::Account) if self.own.allow(arn) == Truth::No => return None,
            Some(Concern::Account | Concern::Itself) => {}
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
            Concern::Itself => {
                let allowed = !self.own.deny(arn) && self.limits.allow(arn) != Truth::No;
                allowed.then_some(Assumption { trust, own: Vec::new() })
            }
        }
    }

    fn concern(&self, statement: &Statement) -> Concern {
        match &statement.principals {
            None => Concern::Not,
            // A denial of all but some "will always deny any IAM principal that has a permissions
            // boundary policy attached" (IAM User Guide, "NotPrincipal").
            Some(principals)
                if principals.all_but
                    && statement.effect == Effect::Deny
                    && self.identity.boundary.is_some() =>
            {
                Concern::Itself
            }
            // Whoever assumes a role says how its session is called. What is denied to one name is
            // open to others.
            Some(principals)
                if !principals.all_but
                    && statement.effect == Effect::Allow
                    && principals.name_sessions_of(self.account.caller(self.identity)) =>
            {
                Concern::Itself
            }
            Some(principals) => principals.concern(self.account.caller(self.identity)),
        }
    }

    /// Whether its own policies deny it to assume a role, whatever the trust policy says.
    #[must_use]
    pub fn is_denied(&self, role: &Role) -> bool {
        self.own.deny(&role.identity.arn)
    }
}

impl Account {
    /// An actor, as far as assuming roles goes. `keep` passes over policies that are known to say
    /// nothing about it.
    #[must_use]
    pub fn assumer(&self, actor: Actor, keep: impl Fn(PolicyId) -> bool) -> Option<Assumer<'_>> {
        let context = self.context(actor);
        let limits = self.limits_of_the_named(actor).into_iter().map(|level| self.of(level));
        let limits = Grants { kinds: limits.collect() };
        Some(Assumer {
            account: self,
            identity: self.identity(actor)?,
            own: self.grants(actor, keep).about(ASSUME_ROLE, &context),
            limits: limits.about(ASSUME_ROLE, &context),
            context,
        })
    }

    /// Whom of the account a role's trust policy may concern.
    #[must_use]
    pub fn trustees(&self, role: &Role) -> Trustees {
        let mut trustees = Trustees::default();
        let allowing =
            role.trust.statements.iter().filter(|statement| statement.effect == Effect::Allow);
        for principals in allowing.filter_map(|statement| statement.principals.as_ref()) {
            trustees.everybody |= principals.all_but;
            for trusted in &principals.aws {
                match trusted {
                    Trusted::Everyone => trustees.everybody = true,
                    Trusted::Account(account) => trustees.account |= *account == self.id,
                    // Of a role's sessions, the role.
                    Trusted::Arn(arn) => trustees.named.extend(self.actor(arn)),
                    Trusted::UniqueId(id) => {
                        let has_it = |actor: &Actor| {
                            self.identity(*actor).is_some_and(|identity| identity.id == *id)
                        };
                        trustees.named.extend(self.actors().find(has_it));
                    }
                }
            }
        }
        trustees
    }

    /// What limits an actor that a trust policy names: a role's boundary does, a user's does not
    /// (IAM User Guide, "Permissions boundaries for IAM entities").
    fn limits_of_the_named(&self, actor: Actor) -> Vec<Vec<PolicyId>> {
        match actor {
            Actor::User(_) => self.controls.clone(),
            Actor::Role(_) => self.limits(actor),
        }
    }

    fn of(&self, ids: Vec<PolicyId>) -> Vec<(PolicyId, &crate::Policy)> {
        ids.into_iter().filter_map(|id| Some((id, &self.policy(id)?.policy))).collect()
    }

    /// Who that is not in the account may assume a role, conditions aside.
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
