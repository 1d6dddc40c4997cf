//! Shorthands for policy statements.

use std::collections::BTreeMap;

use iam::{Conditions, Effect, Principal, Resources, Statement};

pub(crate) fn allow(sid: &str, actions: &[&str], resources: Vec<String>) -> Statement {
    statement(sid, Effect::Allow, actions, Some(Resources::These(resources)))
}

pub(crate) fn deny(sid: &str, actions: &[&str], resources: Vec<String>) -> Statement {
    statement(sid, Effect::Deny, actions, Some(Resources::These(resources)))
}

pub(crate) fn deny_all_but(sid: &str, actions: &[&str], resources: Vec<String>) -> Statement {
    statement(sid, Effect::Deny, actions, Some(Resources::AllBut(resources)))
}

/// A statement of a trust policy.
pub(crate) fn trust(sid: &str, principal: Principal, actions: &[&str]) -> Statement {
    Statement { principal: Some(principal), ..statement(sid, Effect::Allow, actions, None) }
}

/// Adds a condition to a statement.
pub(crate) fn when(
    mut statement: Statement,
    operator: &str,
    key: &str,
    values: impl IntoIterator<Item = String>,
) -> Statement {
    let keys = statement.condition.entry(operator.to_owned()).or_default();
    keys.insert(key.to_owned(), values.into_iter().collect());
    statement
}

/// Any resource, for actions without a narrower one.
pub(crate) fn any() -> Vec<String> {
    vec!["*".to_owned()]
}

fn statement(
    sid: &str,
    effect: Effect,
    actions: &[&str],
    resources: Option<Resources>,
) -> Statement {
    Statement {
        sid: sid.to_owned(),
        effect,
        principal: None,
        action: actions.iter().map(ToString::to_string).collect(),
        resources,
        condition: Conditions::from(BTreeMap::new()),
    }
}
