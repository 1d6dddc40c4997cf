//! Who may assume a role.
//!
//! IAM User Guide, "Policy evaluation for requests within a single account": a trust policy that names a principal itself
//! suffices; one that names the account leaves it to the principal's own policies. An explicit deny wins, wherever it
//! stands; and service control policies limit both ways.

use super::{Account, Actor, PolicyId, Role};
use crate::condition::Condition;
use crate::document::Effect;
use crate::grants::{Blame, Grants};
use crate::policy::{Concern, Statement};
use crate::truth::Truth;

/// The action, as policies are asked for it.
const ASSUME_ROLE: &str = "sts:assumerole";

/// How an actor may assume a role.
#[derive(Clone, Debug)]
pub struct Assumption<'a> {
    /// The statements of the trust policy that allow it, or may yet deny it: their places, and their open conditions.
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

impl Account {
    /// How an actor may assume a role; none when it may not. What is open is taken to be met.
    #[must_use]
    pub fn assumption<'a>(
        &'a self,
        actor: Actor,
        role: &'a Role,
        keep: impl Fn(PolicyId) -> bool,
    ) -> Option<Assumption<'a>> {
        let identity = self.identity(actor)?;
        let caller = self.caller(identity);
        let concerns = |statement: &Statement| match &statement.principals {
            None => Concern::Not,
            // A denial of all but some "will always deny any IAM principal that has a permissions boundary policy
            // attached" (IAM User Guide, "NotPrincipal").
            Some(principals)
                if principals.all_but && statement.effect == Effect::Deny && identity.boundary.is_some() =>
            {
                Concern::Itself
            }
            // Whoever assumes a role says how its session is called. What is denied to one name is open to others.
            Some(principals)
                if !principals.all_but && statement.effect == Effect::Allow && principals.name_sessions_of(caller) =>
            {
                Concern::Itself
            }
            Some(principals) => principals.concern(caller),
        };
        let grants = self.grants(actor, keep);
        // Most roles trust somebody else, and most principals may not assume what trusts the account: that is seen
        // without a context.
        let allowing = role
            .trust
            .statements
            .iter()
            .filter(|statement| statement.effect == Effect::Allow);
        match allowing.map(concerns).max().unwrap_or(Concern::Not) {
            Concern::Not => return None,
            Concern::Account if grants.kinds.iter().any(Vec::is_empty) => return None,
            Concern::Account | Concern::Itself => {}
        }
        let context = self.context(actor);
        let mut nearest = Concern::Not;
        let mut trust = Vec::new();
        for (at, statement) in role.trust.statements.iter().enumerate() {
            let concern = concerns(statement);
            if concern == Concern::Not || !statement.actions.include(ASSUME_ROLE) {
                continue;
            }
            let holds = |condition: &&Condition| condition.holds(&context);
            if statement
                .conditions
                .iter()
                .any(|condition| holds(&condition) == Truth::No)
            {
                continue;
            }
            let open: Vec<&Condition> = statement
                .conditions
                .iter()
                .filter(|c| holds(c) == Truth::Unknown)
                .collect();
            match statement.effect {
                Effect::Deny if open.is_empty() => return None,
                Effect::Deny => {}
                Effect::Allow => nearest = nearest.max(concern),
            }
            trust.push((at, open));
        }
        let arn = &role.identity.arn;
        let own = grants.about(ASSUME_ROLE, &context);
        match nearest {
            Concern::Not => None,
            Concern::Account => (own.allow(arn) != Truth::No).then(|| Assumption {
                trust,
                own: own.blame(arn),
            }),
            Concern::Itself => {
                let limited = Grants {
                    kinds: self
                        .limits_of_the_named(actor)
                        .into_iter()
                        .map(|level| self.of(level))
                        .collect(),
                };
                let allowed = !own.deny(arn) && limited.about(ASSUME_ROLE, &context).allow(arn) != Truth::No;
                allowed.then_some(Assumption { trust, own: Vec::new() })
            }
        }
    }

    /// What limits an actor that a trust policy names: a role's boundary does, a user's does not (IAM User Guide,
    /// "Permissions boundaries for IAM entities").
    fn limits_of_the_named(&self, actor: Actor) -> Vec<Vec<PolicyId>> {
        match actor {
            Actor::User(_) => self.controls.clone(),
            Actor::Role(_) => self.limits(actor),
        }
    }

    fn of(&self, ids: Vec<PolicyId>) -> Vec<(PolicyId, &crate::Policy)> {
        ids.into_iter()
            .filter_map(|id| Some((id, &self.policy(id)?.policy)))
            .collect()
    }

    /// Who that is not in the account may assume a role, conditions aside.
    #[must_use]
    pub fn outsiders(&self, role: &Role) -> Outsiders {
        let mut outsiders = Outsiders::default();
        let assumes = [
            "sts:assumerole",
            "sts:assumerolewithsaml",
            "sts:assumerolewithwebidentity",
        ];
        for statement in &role.trust.statements {
            let allows =
                statement.effect == Effect::Allow && assumes.iter().any(|action| statement.actions.include(action));
            let Some(principals) = statement.principals.as_ref().filter(|_| allows) else {
                continue;
            };
            if principals.all_but {
                outsiders.accounts.push("everybody but some".to_owned());
                continue;
            }
            outsiders.services.extend(principals.services.iter().cloned());
            let (oidc, people) = principals
                .federated
                .iter()
                .cloned()
                .partition(|p| p.contains(":oidc-provider/"));
            outsiders.oidc.extend::<Vec<String>>(oidc);
            outsiders.federated.extend::<Vec<String>>(people);
            let others = principals.aws.iter().filter_map(|trusted| trusted.outside(&self.id));
            outsiders.accounts.extend(others);
        }
        outsiders
    }
}
