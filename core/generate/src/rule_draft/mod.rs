//! A rule to start from, by what an account shows.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use iam::account::{Account, Actor, Identity};
use rule::{Keys, Principal, Rule, RuleError};
use serde::Serialize;

use findings::pretty;

/// The rule as it is written: the gate's own keys, in the order in which people read them.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written<'a> {
    #[serde(skip_serializing_if = "Option::is_none")]
    stage: Option<&'a str>,
    #[serde(skip_serializing_if = "BTreeSet::is_empty")]
    actions: &'a BTreeSet<String>,
    only_people: bool,
    trusted_session_roles: &'a BTreeSet<String>,
    people: &'a BTreeMap<String, BTreeSet<String>>,
}

/// What the rule is to be about.
#[derive(Debug)]
pub struct Wanted {
    pub stage: Option<String>,
    /// Empty for every approval of the stage.
    pub actions: BTreeSet<String>,
}

/// A rule to start from.
#[derive(Debug)]
pub struct Draft {
    wanted: Wanted,
    account_id: String,
    partition: String,
    /// Exact names of the roles that IAM Identity Center made.
    trusted: BTreeSet<String>,
    /// One entry a human, as far as names tell: the ARNs of their IAM users.
    people: BTreeMap<String, BTreeSet<String>>,
    /// Other roles that may approve.
    untrusted: BTreeSet<String>,
}

/// Why there is no rule.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    #[error("the gate would refuse such a rule: {0}")]
    Refused(#[from] RuleError),
    #[error("the rule could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Draft {
    /// `approvers` are the users and roles that may approve.
    pub fn new(account: &Account, approvers: &[Actor], wanted: Wanted) -> Self {
        let gate_account = rule::Account::new(account.id.as_str()).with_roles(account.role_arns());
        let (mut users, mut trusted, mut untrusted) =
            (Vec::new(), BTreeSet::new(), BTreeSet::new());
        for actor in approvers {
            let Some(Identity { name, arn, .. }) = account.identity(*actor) else {
                continue;
            };
            match actor {
                Actor::User(_) => users.push(arn.clone()),
                Actor::Role(_) => {
                    let roles = if gate_account.has_reserved_role(name) {
                        &mut trusted
                    } else {
                        &mut untrusted
                    };
                    roles.insert(name.clone());
                }
            }
        }
        Self {
            wanted,
            account_id: account.id.clone(),
            partition: account.partition.clone(),
            people: people(&users, &gate_account),
            trusted,
            untrusted,
        }
    }

    /// The rule as JSON.
    ///
    /// # Errors
    /// [`DraftError::Refused`] if the gate would refuse it, for instance because there is one
    /// action and a quorum of two.
    pub fn json(&self) -> Result<String, DraftError> {
        let json = pretty(&Written {
            stage: self.wanted.stage.as_deref(),
            actions: &self.wanted.actions,
            only_people: true,
            trusted_session_roles: &self.trusted,
            people: &self.people,
        })?;
        Rule::floor(&json)?;
        Ok(json)
    }
}

/// One entry for each human, by the one function that counts persons: users who share a handle are
/// one.
fn people(users: &[String], account: &rule::Account) -> BTreeMap<String, BTreeSet<String>> {
    let rule = Rule::default();
    let keys = users.iter().map(|arn| rule.keys(&Principal::parse(arn), account));
    // The default rule has no `people`, so that no principal can be two of them.
    let keys: Vec<Keys> = keys.map(Result::unwrap_or_default).collect();
    let persons = rule::persons(&keys);
    let entries = persons.iter().map(|person| {
        let arns = person.members().iter().filter_map(|at| users.get(*at)).cloned();
        (person.name().label(), arns.collect())
    });
    entries.collect()
}
