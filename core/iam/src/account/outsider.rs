//! Who outside an account may enter its roles.
//!
//! IAM User Guide, "Cross-account policy evaluation logic": both the trust policy and the other
//! account's own policies must allow it. The account shows only the first.

use names::Arn;

use super::{Account, Role};
use crate::condition::Condition;
use crate::context::Context;
use crate::document::Effect;
use crate::policy::{Principals, Statement, Trusted};
use crate::truth::Truth;

/// Somebody outside the account.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Outsider {
    /// A user, a role or a session of a role of another account: its ARN. A session counts as its
    /// role, because whoever assumes a role chooses the name of the session.
    Principal(String),
    /// Anybody in another account: its number.
    Account(String),
    /// Anybody who signs in at a SAML provider: its ARN.
    Saml(String),
    /// Anybody with a token of an OpenID Connect provider: its ARN, or its host name.
    Web(String),
    /// Anybody at all.
    Anybody,
}

/// How a trust policy lets somebody in.
#[derive(Clone, Debug)]
pub struct Entrance<'a> {
    /// The conditions of the statement.
    pub conditions: &'a [Condition],
    /// Whether the statement names the outsider. If not, it names the whole account or everybody.
    pub by_name: bool,
}

impl Outsider {
    /// The outsiders that a statement of an account's trust policy names.
    fn named(principals: &Principals, account: &str) -> Vec<Self> {
        if principals.all_but {
            return vec![Self::Anybody];
        }
        let federated = principals.federated.iter().map(|provider| {
            if provider.contains(":saml-provider/") {
                Self::Saml(provider.clone())
            } else {
                Self::Web(provider.clone())
            }
        });
        let aws = principals.aws.iter().filter_map(|trusted| match trusted {
            Trusted::Everyone => Some(Self::Anybody),
            Trusted::Account(other) => (other != account).then(|| Self::Account(other.clone())),
            Trusted::Arn(arn) => {
                let is_foreign = Arn::parse(arn)
                    .is_some_and(|arn| !arn.account.is_empty() && arn.account != account);
                is_foreign.then(|| Self::Principal(arn.clone()))
            }
            // AWS shows the id of a principal that was deleted.
            Trusted::UniqueId(_) => None,
        });
        aws.chain(federated).collect()
    }

    /// The same text for every ARN of one principal: a session has that of its role, and the path
    /// of a role is left out, as its name is unique in its account.
    #[must_use]
    pub fn identity(&self) -> String {
        let Self::Principal(arn) = self else { return format!("{self:?}") };
        let Some(parts) = Arn::parse(arn) else { return arn.clone() };
        let role = match parts.resource.split_once('/') {
            Some(("assumed-role", session)) => session.split('/').next(),
            Some(("role", role)) => role.rsplit('/').next(),
            Some(_) | None => None,
        };
        match role {
            Some(role) => format!("{}:role/{role}", parts.account),
            None => arn.clone(),
        }
    }

    /// The number of the account that it belongs to.
    #[must_use]
    pub fn account(&self) -> Option<&str> {
        match self {
            Self::Principal(arn) => Arn::parse(arn).map(|arn| arn.account),
            Self::Account(id) => Some(id),
            Self::Saml(_) | Self::Web(_) | Self::Anybody => None,
        }
    }

    /// The action, in lower case, by which it enters a role.
    fn action(&self) -> &'static str {
        match self {
            Self::Principal(_) | Self::Account(_) | Self::Anybody => "sts:assumerole",
            Self::Saml(_) => "sts:assumerolewithsaml",
            Self::Web(_) => "sts:assumerolewithwebidentity",
        }
    }

    /// What is known of its requests.
    fn context(&self) -> Context {
        let mut context = Context::new();
        if let Some(account) = self.account() {
            context.set("aws:PrincipalAccount", [account.to_owned()]);
        }
        if let Self::Principal(arn) = self
            && !arn.contains(":assumed-role/")
        {
            context.set("aws:PrincipalArn", [arn.clone()]);
        }
        context
    }

    /// Whether a statement is about it, and whether it names it. `None` if it is not.
    fn concern(&self, principals: &Principals) -> Option<bool> {
        let names = match self {
            Self::Saml(provider) | Self::Web(provider) => principals.federated.contains(provider),
            Self::Account(id) => principals
                .aws
                .iter()
                .any(|trusted| matches!(trusted, Trusted::Account(other) if other == id)),
            Self::Principal(_) => {
                let itself = self.identity();
                principals.aws.iter().any(|trusted| {
                    matches!(trusted, Trusted::Arn(arn)
                        if Self::Principal(arn.clone()).identity() == itself)
                })
            }
            Self::Anybody => principals.aws.contains(&Trusted::Everyone),
        };
        if principals.all_but {
            return (!names).then_some(matches!(self, Self::Anybody));
        }
        let is_broader = |trusted: &Trusted| match (self, trusted) {
            (Self::Principal(_) | Self::Account(_), Trusted::Everyone) => true,
            (Self::Principal(_), Trusted::Account(id)) => self.account() == Some(id),
            _ => false,
        };
        match names {
            true => Some(true),
            false => principals.aws.iter().any(is_broader).then_some(false),
        }
    }

    /// How a statement concerns it, and whether the conditions hold. `None` if it does not.
    fn judge(&self, statement: &Statement, context: &Context) -> Option<(bool, Truth)> {
        let by_name = self.concern(statement.principals.as_ref()?)?;
        let holds = statement.conditions.iter().map(|condition| condition.holds(context));
        let holds = Truth::all(holds);
        (statement.actions.include(self.action()) && holds != Truth::No).then_some((by_name, holds))
    }
}

impl Account {
    /// The outsiders that the trust policy of a role names, each once.
    #[must_use]
    pub fn named_outsiders(&self, role: &Role) -> Vec<Outsider> {
        let allowing = role.trust.statements.iter().filter(|it| it.effect == Effect::Allow);
        let mut named: Vec<Outsider> = allowing
            .flat_map(|statement| {
                let principals = statement.principals.iter();
                let named = principals.flat_map(|it| Outsider::named(it, &self.id));
                named.filter(|outsider| statement.actions.include(outsider.action()))
            })
            .collect();
        named.sort_unstable();
        named.dedup();
        named
    }
}

impl Role {
    /// The statements of the trust policy that may let an outsider in. Open conditions count as
    /// met.
    #[must_use]
    pub fn entrances(&self, outsider: &Outsider) -> Vec<Entrance<'_>> {
        let context = outsider.context();
        let mut entrances = Vec::new();
        for statement in &self.trust.statements {
            match (statement.effect, outsider.judge(statement, &context)) {
                (_, None) | (Effect::Deny, Some((_, Truth::No | Truth::Unknown))) => {}
                (Effect::Deny, Some((_, Truth::Yes))) => return Vec::new(),
                (Effect::Allow, Some((by_name, _))) => {
                    entrances.push(Entrance { conditions: &statement.conditions, by_name });
                }
            }
        }
        entrances
    }
}
