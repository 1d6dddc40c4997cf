//! Drafts a rule for the gate from an account.

mod check;

use std::collections::{BTreeMap, BTreeSet};

use iam::account::{Account, Actor, Identity};
use rule::{Keys, Principal, Rule, RuleError};
use serde::Serialize;

use findings::pretty;

/// The rule as JSON: the gate's own keys, in the order that is easiest to read.
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

/// The approvals that the rule is about.
#[derive(Debug)]
pub struct Wanted {
    /// The stage of the approvals, if the rule should name it.
    pub stage: Option<String>,
    /// The approval actions. Empty for every approval of the stage.
    pub actions: BTreeSet<String>,
}

/// A draft of a rule, for a human to complete.
#[derive(Debug)]
pub struct Draft {
    wanted: Wanted,
    account_id: String,
    partition: String,
    /// The exact names of the roles that IAM Identity Center created.
    trusted: BTreeSet<String>,
    /// The ARNs of IAM users, one entry per human as far as their names show.
    people: BTreeMap<String, BTreeSet<String>>,
    /// Other roles that may approve.
    untrusted: BTreeSet<String>,
}

/// Why the draft cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum DraftError {
    /// It is not a valid rule.
    #[error("the gate would refuse such a rule: {0}")]
    Refused(#[from] RuleError),
    /// JSON failed.
    #[error("the rule could not be written as JSON")]
    Json(#[from] serde_json::Error),
}

impl Draft {
    /// Drafts a rule for the users and roles that may approve.
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
    /// [`DraftError::Refused`] if the gate would refuse it, for example because it has one action
    /// and a quorum of two.
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

/// Returns one entry per human. The one function that counts persons decides it, so users with the
/// same handle share an entry.
fn people(users: &[String], account: &rule::Account) -> BTreeMap<String, BTreeSet<String>> {
    let rule = Rule::default();
    let keys = users.iter().map(|arn| rule.keys(&Principal::parse(arn), account));
    // The default rule has no `people`, so no principal can match two of them.
    let keys: Vec<Keys> = keys.map(Result::unwrap_or_default).collect();
    let persons = rule::persons(&keys);
    let entries = persons.iter().map(|person| {
        let arns = person.members().iter().filter_map(|at| users.get(*at)).cloned();
        (person.name().label(), arns.collect())
    });
    entries.collect()
}
