//! A short notation for policy documents.

use serde_json::{Map, Value, json};

use super::{SLOT_A, SLOT_B};

/// The action that approves.
pub(super) const APPROVE: &str = "codepipeline:PutApprovalResult";
/// Slot A of every pipeline.
pub(super) const A: &str = "arn:aws:codepipeline:*:*:*/*/ApprovalA";
/// Slot B of every pipeline.
pub(super) const B: &str = "arn:aws:codepipeline:*:*:*/*/ApprovalB";
/// Everything.
pub(super) const ANY: &str = "*";

/// Slot A of some pipelines and stages.
pub(super) fn a(pipeline: &str, stage: &str) -> String {
    format!("arn:aws:codepipeline:*:*:{pipeline}/{stage}/{SLOT_A}")
}

/// Slot B of some pipelines and stages.
pub(super) fn b(pipeline: &str, stage: &str) -> String {
    format!("arn:aws:codepipeline:*:*:{pipeline}/{stage}/{SLOT_B}")
}

/// The same slots in some regions.
pub(super) fn in_region(slot: &str, region: &str) -> String {
    slot.replacen(":*:", &format!(":{region}:"), 1)
}

/// One statement of a policy.
#[derive(Clone, Debug)]
pub(super) struct Statement(Map<String, Value>);

impl Statement {
    fn new(effect: &str, element: &str, actions: &[&str]) -> Self {
        Self(Map::new()).with("Effect", json!(effect)).with(element, one_or_many(actions))
    }

    fn with(mut self, element: &str, value: Value) -> Self {
        self.0.insert(element.to_owned(), value);
        self
    }

    /// Sets its resources. Without them, it is about everything.
    pub(super) fn on<R: AsRef<str>>(self, resources: &[R]) -> Self {
        let resources: Vec<&str> = resources.iter().map(AsRef::as_ref).collect();
        self.with("Resource", one_or_many(&resources))
    }

    /// Sets the resources that it is not about.
    pub(super) fn on_all_but(self, resources: &[&str]) -> Self {
        self.with("NotResource", one_or_many(resources))
    }

    /// Adds a condition.
    pub(super) fn when(mut self, operator: &str, key: &str, value: impl Into<Value>) -> Self {
        let block = self.0.entry("Condition").or_insert_with(|| json!({}));
        if let Some(keys) = block
            .as_object_mut()
            .map(|block| block.entry(operator).or_insert_with(|| json!({})))
            .and_then(Value::as_object_mut)
        {
            keys.insert(key.to_owned(), value.into());
        }
        self
    }

    fn into_value(self) -> Value {
        let on_something = ["Resource", "NotResource", "Principal"]
            .iter()
            .any(|element| self.0.contains_key(*element));
        Value::Object(if on_something { self.0 } else { self.on(&[ANY]).0 })
    }
}

fn one_or_many(texts: &[&str]) -> Value {
    match texts {
        [one] => json!(one),
        many => json!(many),
    }
}

/// Allows these actions.
pub(super) fn allow(actions: &[&str]) -> Statement {
    Statement::new("Allow", "Action", actions)
}

/// Allows all actions except these.
pub(super) fn allow_all_but(actions: &[&str]) -> Statement {
    Statement::new("Allow", "NotAction", actions)
}

/// Denies these actions.
pub(super) fn deny(actions: &[&str]) -> Statement {
    Statement::new("Deny", "Action", actions)
}

/// Denies all actions except these.
pub(super) fn deny_all_but(actions: &[&str]) -> Statement {
    Statement::new("Deny", "NotAction", actions)
}

/// Allows to approve these.
pub(super) fn approve<R: AsRef<str>>(resources: &[R]) -> Statement {
    allow(&[APPROVE]).on(resources)
}

/// In a trust policy: lets the principals of a `Principal` element assume the role.
pub(super) fn let_assume(principal: Value) -> Statement {
    let action = if principal.get("Federated").is_some() {
        "sts:AssumeRoleWithWebIdentity"
    } else {
        "sts:AssumeRole"
    };
    allow(&[action]).with("Principal", principal)
}

/// In a trust policy: another action, for a principal.
pub(super) fn let_do(action: &str, principal: Value) -> Statement {
    allow(&[action]).with("Principal", principal)
}

/// In a trust policy: denies a principal to assume the role.
pub(super) fn keep_from_assuming(principal: Value) -> Statement {
    deny(&["sts:AssumeRole"]).with("Principal", principal)
}

/// A policy of these statements.
pub(super) fn policy(statements: impl IntoIterator<Item = Statement>) -> Value {
    versioned("2012-10-17", statements)
}

/// A policy of version 2008-10-17, in which `${` is plain text.
pub(super) fn policy_of_2008(statements: impl IntoIterator<Item = Statement>) -> Value {
    versioned("2008-10-17", statements)
}

fn versioned(version: &str, statements: impl IntoIterator<Item = Statement>) -> Value {
    let statements: Vec<Value> = statements.into_iter().map(Statement::into_value).collect();
    json!({"Version": version, "Statement": statements})
}
