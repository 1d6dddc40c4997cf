//! Policies, and how IAM evaluates them: "Policy evaluation logic" of the IAM User Guide, for
//! statements without conditions.

use std::rc::Rc;

use serde_json::{Value, json};

/// A statement of an identity policy, a boundary or a service control policy.
#[derive(Clone, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) struct Statement {
    pub(crate) allows: bool,
    pub(crate) actions: Vec<&'static str>,
    pub(crate) resources: Vec<&'static str>,
}

/// The text of a policy. States share it, because they differ in one thing at a time.
pub(crate) type Document = Rc<Vec<Statement>>;

/// The principals that a statement of a trust policy is about.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
pub(crate) enum Trusted {
    /// A user or role of the account, by its ARN.
    Named(&'static str),
    /// The account's root: everybody in it whose own policies allow it.
    Account,
    Everybody,
    Lambda,
}

/// A trust policy: who may assume a role, and who may not.
pub(crate) type Trust = Rc<Vec<(bool, Trusted)>>;

impl Statement {
    pub(crate) fn allow(actions: &[&'static str], resource: &'static str) -> Self {
        Self { allows: true, actions: actions.to_vec(), resources: vec![resource] }
    }

    pub(crate) fn deny(actions: &[&'static str], resource: &'static str) -> Self {
        Self { allows: false, ..Self::allow(actions, resource) }
    }

    fn is_about(&self, action: &str, resource: &str) -> bool {
        let (action, resource) = (action.as_bytes(), resource.as_bytes());
        self.actions.iter().any(|pattern| matches(pattern.as_bytes(), action))
            && self.resources.iter().any(|pattern| matches(pattern.as_bytes(), resource))
    }

    fn json(&self) -> Value {
        let effect = if self.allows { "Allow" } else { "Deny" };
        json!({"Effect": effect, "Action": self.actions, "Resource": self.resources})
    }
}

impl std::fmt::Debug for Statement {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        let effect = if self.allows { "allow" } else { "deny" };
        write!(f, "{effect} {} on {}", self.actions.join(" "), self.resources.join(" "))
    }
}

/// `*` stands for any characters and `?` for one. Everything here is written in the case of AWS.
fn matches(pattern: &[u8], text: &[u8]) -> bool {
    match (pattern.split_first(), text.split_first()) {
        (None, None) => true,
        (Some((b'*', [])), _) => true,
        (Some((b'*', rest)), None) => matches(rest, text),
        (Some((b'*', rest)), Some((_, others))) => matches(rest, text) || matches(pattern, others),
        (Some((b'?', rest)), Some((_, others))) => matches(rest, others),
        (Some((one, rest)), Some((other, others))) => one == other && matches(rest, others),
        _ => false,
    }
}

/// The strongest text that somebody can write.
pub(crate) fn everything() -> Document {
    Rc::new(vec![Statement::allow(&["*"], "*")])
}

/// The strongest trust policy that somebody can write.
pub(crate) fn open_to_all() -> Trust {
    Rc::new(vec![(true, Trusted::Everybody), (true, Trusted::Lambda)])
}

pub(crate) fn has(document: &Document, allows: bool) -> bool {
    document.iter().any(|statement| statement.allows == allows)
}

/// Whether one of the texts has such a statement about an action on a resource.
pub(crate) fn any(documents: &[&Document], allows: bool, action: &str, resource: &str) -> bool {
    documents.iter().any(|document| {
        document.iter().any(|it| it.allows == allows && it.is_about(action, resource))
    })
}

pub(crate) fn document_json(document: &Document) -> Value {
    let statements: Vec<Value> = document.iter().map(Statement::json).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

pub(crate) fn trust_json(trust: &Trust, root: &str) -> Value {
    let statement = |(allows, trusted): &(bool, Trusted)| {
        let principal = match trusted {
            Trusted::Named(arn) => json!({"AWS": arn}),
            Trusted::Account => json!({"AWS": root}),
            Trusted::Everybody => json!({"AWS": "*"}),
            Trusted::Lambda => json!({"Service": "lambda.amazonaws.com"}),
        };
        let effect = if *allows { "Allow" } else { "Deny" };
        json!({"Effect": effect, "Action": "sts:AssumeRole", "Principal": principal})
    };
    let statements: Vec<Value> = trust.iter().map(statement).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}
