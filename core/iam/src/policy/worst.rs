//! Policies that cannot be read, as the worst that they may be.
//!
//! Such a policy must not end a whole report, and must not make anybody look harmless. So a
//! statement that cannot be read allows what it may allow at most, and denies nothing.

use names::Object;
use serde::Deserialize;
use serde_json::value::RawValue;

use super::read::{self, OneOrMany, WrittenPrincipals, WrittenStatement};
use super::{Actions, Policy, Principals, ResourceElement, Resources, Statement, Trusted};
use crate::document::Effect;
use crate::template::Template;

/// The kinds of policies that are read.
#[derive(Clone, Copy)]
enum Kind {
    /// Of an identity, a boundary or a service control policy.
    Identity,
    /// Of a resource, such as the trust policy of a role.
    Resource,
}

/// A policy whose statements are not read yet.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Outer<'a> {
    version: Option<String>,
    #[serde(borrow)]
    statement: &'a RawValue,
}

/// A statement without the parts that only narrow it.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Inner<'a> {
    #[serde(borrow)]
    effect: Option<&'a RawValue>,
    #[serde(borrow)]
    action: Option<&'a RawValue>,
    #[serde(borrow)]
    not_action: Option<&'a RawValue>,
    #[serde(borrow)]
    resource: Option<&'a RawValue>,
    #[serde(borrow)]
    not_resource: Option<&'a RawValue>,
    #[serde(borrow)]
    principal: Option<&'a RawValue>,
    #[serde(borrow)]
    not_principal: Option<&'a RawValue>,
}

impl Policy {
    /// A policy that cannot be read as an identity's, as one that allows at least as much.
    #[must_use]
    pub fn worst_of_identity(json: &str) -> Self {
        worst(json, Kind::Identity)
    }

    /// A policy that cannot be read as a resource's, as one that allows at least as much.
    #[must_use]
    pub fn worst_of_resource(json: &str) -> Self {
        worst(json, Kind::Resource)
    }
}

fn worst(json: &str, kind: Kind) -> Policy {
    let outer: Result<Object<Outer<'_>>, _> = serde_json::from_str(json);
    let everything = || Policy { id: None, statements: vec![everything(kind)] };
    let Ok(Object(outer)) = outer else { return everything() };
    let Some(variables) = read::has_variables(outer.version.as_deref()) else {
        return everything();
    };
    let raw = outer.statement.get();
    let many: Result<Vec<&RawValue>, _> = serde_json::from_str(raw);
    let raw = many.unwrap_or_else(|_| vec![outer.statement]);
    let statements = raw.into_iter().filter_map(|raw| statement(raw.get(), variables, kind));
    Policy { id: None, statements: statements.collect() }
}

/// Reads a statement, or the worst that it may be. Returns `None` if it denies what cannot be
/// read.
fn statement(json: &str, variables: bool, kind: Kind) -> Option<Statement> {
    let written: Option<Object<WrittenStatement>> = serde_json::from_str(json).ok();
    let strict = written.and_then(|Object(it)| read::statement(it, variables).ok());
    let fits = |statement: &Statement| match kind {
        Kind::Identity => statement.principals.is_none() && statement.resources.is_some(),
        Kind::Resource => statement.principals.is_some(),
    };
    if let Some(strict) = strict.filter(fits) {
        return Some(strict);
    }
    let Ok(Object(inner)) = serde_json::from_str::<Object<Inner<'_>>>(json) else {
        return Some(everything(kind));
    };
    if inner.effect.is_some_and(|effect| effect.get() == "\"Deny\"") {
        return None;
    }
    let mut worst = everything(kind);
    let list = |raw: Option<&RawValue>, other: Option<&RawValue>| {
        let list: OneOrMany<String> = serde_json::from_str(raw?.get()).ok()?;
        Some(list.0).filter(|_| other.is_none())
    };
    if let Some(actions) = list(inner.action, inner.not_action) {
        worst.actions = Actions::new(false, actions);
    }
    if let Some(resources) = list(inner.resource, inner.not_resource) {
        let templates = resources.iter().map(|text| Template::parse(text, variables));
        if let Ok(templates) = templates.collect() {
            worst.resources = Some(ResourceElement::These(Resources::new(templates)));
        }
    }
    let named = inner.principal.filter(|_| inner.not_principal.is_none());
    let named = named.and_then(|raw| serde_json::from_str::<WrittenPrincipals>(raw.get()).ok());
    if let (Kind::Resource, Some(named)) = (kind, named) {
        worst.principals = Some(Box::new(read::principals(false, named)));
    }
    Some(worst)
}

/// A statement that allows everything, to everybody.
fn everything(kind: Kind) -> Statement {
    let principals = match kind {
        Kind::Identity => None,
        Kind::Resource => Some(Box::new(Principals {
            all_but: false,
            aws: vec![Trusted::Everyone],
            services: Vec::new(),
            federated: Vec::new(),
            canonical: Vec::new(),
        })),
    };
    let resources = match kind {
        Kind::Identity => Some(ResourceElement::AllBut(Resources::default())),
        Kind::Resource => None,
    };
    Statement {
        sid: None,
        effect: Effect::Allow,
        principals,
        actions: Actions::new(true, Vec::new()),
        resources,
        conditions: Vec::new(),
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::grants::{Grants, Limits};
    use crate::truth::Truth;

    /// Whether the policy allows to read an object and to approve.
    fn allows(statements: &str) -> [Truth; 2] {
        let json = format!(r#"{{"Version": "2012-10-17", "Statement": {statements}}}"#);
        assert!(Policy::identity(&json).is_err(), "{json}");
        let policy = Policy::worst_of_identity(&json);
        let grants = Grants { identity: vec![((), &policy)], limits: Limits::default() };
        let context = Context::new();
        [("s3:getobject", "arn:aws:s3:::b/x"), ("codepipeline:putapprovalresult", "arn:x")]
            .map(|(action, arn)| grants.about(action, &context).allow(arn))
    }

    #[test]
    fn what_cannot_be_read_allows_what_it_may_at_most() {
        let [yes, no] = [Truth::Yes, Truth::No];
        let read = r#""Action": "s3:GetObject", "Resource": "*""#;
        for narrow in [
            r#""Effect": "Allow", "Condition": {"Bool": {"aws:SecureTransport": "yes"}}"#,
            r#""Effect": "Allow", "Condition": null"#,
            r#""Effect": "allow""#,
            r#""Effect": "Allow", "Sid": 1"#,
            r#""Effect": "Allow", "Comment": "x""#,
            r#""Effect": "Allow", "Principal": "*""#,
            r#""Effect": "Allow", "Principal": "*", "Condition": {"Null": {"a:b": "true"}}"#,
        ] {
            assert_eq!(allows(&format!("{{{narrow}, {read}}}")), [yes, no], "{narrow}");
            assert_eq!(allows(&format!("[{{{narrow}, {read}}}]")), [yes, no], "{narrow}");
        }
        let any_resource = r#"{"Effect": "Allow", "Action": "s3:GetObject", "Resource": "${x"}"#;
        assert_eq!(allows(any_resource), [yes, no]);
        for wide in [
            r#"{"Effect": "Allow", "Action": ["s3:GetObject", ["s3:PutObject"]], "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "NotAction": "x", "Resource": "*"}"#,
            r#"{"Effect": "Allow", "Action": "s3:GetObject", "Action": "x", "Resource": "*"}"#,
            r#""nothing""#,
            "[1]",
        ] {
            assert_eq!(allows(wide), [yes, yes], "{wide}");
        }
        assert_eq!(allows(r#"{"Effect": "Deny", "Action": 1}"#), [no, no]);
    }

    #[test]
    fn the_statements_that_can_be_read_count() {
        let [yes, no] = [Truth::Yes, Truth::No];
        let all = r#"{"Effect": "Allow", "NotAction": "x", "Resource": "*", "Sid": 1}"#;
        let deny = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#;
        assert_eq!(allows(&format!("[{all}, {deny}]")), [no, yes]);
        let unread = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*", "Sid": 1}"#;
        assert_eq!(allows(&format!("[{all}, {unread}]")), [yes, yes]);
    }

    /// Its values are those of the members, in our order.
    #[test]
    fn a_list_is_not_a_policy_or_a_statement() {
        let [yes, no] = [Truth::Yes, Truth::No];
        let list = r#"["Sid", "Allow", null, null, "s3:*", null, "*", null, {}]"#;
        assert_eq!(allows(&format!("[{list}]")), [yes, yes]);
        let deny = r#"{"Effect": "Deny", "Action": "s3:*", "Resource": "*"}"#;
        assert_eq!(allows(&format!("[{deny}, {list}]")), [no, yes]);
        let unread = r#"["Deny", "s3:*", null, "*", null, null, null]"#;
        assert_eq!(allows(&format!("[{unread}]")), [yes, yes]);
        for json in
            [format!(r#"["2012-10-17", null, [{deny}]]"#), format!(r#"["2012-10-17", [{deny}]]"#)]
        {
            assert!(Policy::identity(&json).is_err(), "{json}");
            assert_eq!(Policy::worst_of_identity(&json), Policy::allowing_everything(), "{json}");
        }
    }

    #[test]
    fn a_text_that_is_no_policy_allows_everything() {
        for json in ["null", "1", "{}", "", r#"{"Version": "2024-01-01", "Statement": []}"#] {
            assert!(Policy::identity(json).is_err(), "{json}");
            assert_eq!(Policy::worst_of_identity(json), Policy::allowing_everything(), "{json}");
        }
        let trusts = Policy::worst_of_resource("null").statements;
        let trusts = trusts.first().unwrap().principals.as_ref().unwrap();
        assert!(trusts.name_everyone());
    }
}
