//! Policy documents, written the way AWS writes them.
//!
//! The grammar and the order of the keys: IAM User Guide, "Grammar of the IAM JSON policy language".

use std::collections::BTreeMap;

use serde::{Deserialize, Serialize, Serializer};

/// A policy document of version 2012-10-17, the only version with policy variables.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Document {
    /// Its statements.
    pub statements: Vec<Statement>,
}

impl Serialize for Document {
    fn serialize<S: Serializer>(&self, serializer: S) -> Result<S::Ok, S::Error> {
        #[derive(Serialize)]
        #[serde(rename_all = "PascalCase")]
        struct Written<'a> {
            version: &'static str,
            statement: &'a [Statement],
        }
        Written { version: "2012-10-17", statement: &self.statements }.serialize(serializer)
    }
}

/// One statement.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub struct Statement {
    /// The name of the statement: letters and digits.
    pub sid: String,
    /// Whether it allows or denies.
    pub effect: Effect,
    /// The principals that it concerns. Only trust policies have them.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub principal: Option<Principal>,
    /// `service:Verb`.
    #[serde(serialize_with = "one_or_many")]
    pub action: Vec<String>,
    /// Its resources. Only trust policies have none.
    #[serde(flatten)]
    pub resources: Option<Resources>,
    /// When it applies: operator, key, values.
    #[serde(skip_serializing_if = "BTreeMap::is_empty", serialize_with = "conditions")]
    pub condition: Conditions,
}

/// Conditions: operator, key, values.
pub type Conditions = BTreeMap<String, BTreeMap<String, Vec<String>>>;

/// The effect of a statement.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, Deserialize, Serialize)]
pub enum Effect {
    /// The request is allowed, unless another statement denies it.
    Allow,
    /// The request is denied, even if other statements allow it.
    Deny,
}

/// The principals that a trust policy trusts.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Principal {
    /// Accounts, users and roles, by ARN.
    #[serde(rename = "AWS", serialize_with = "one_or_many")]
    Aws(Vec<String>),
    /// An identity provider, by ARN.
    Federated(String),
    /// An AWS service, by host name.
    Service(String),
}

/// The resources of a statement, as ARNs with `*` and `?`.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
pub enum Resources {
    /// These.
    #[serde(rename = "Resource", serialize_with = "one_or_many")]
    These(Vec<String>),
    /// All but these.
    #[serde(rename = "NotResource", serialize_with = "one_or_many")]
    AllBut(Vec<String>),
}

/// AWS writes a list of one without brackets.
fn one_or_many<S: Serializer>(values: &[String], serializer: S) -> Result<S::Ok, S::Error> {
    match values {
        [one] => one.serialize(serializer),
        many => many.serialize(serializer),
    }
}

fn conditions<S: Serializer>(conditions: &Conditions, serializer: S) -> Result<S::Ok, S::Error> {
    #[derive(Serialize)]
    struct Values<'a>(#[serde(serialize_with = "one_or_many")] &'a [String]);

    let written: BTreeMap<&String, BTreeMap<&String, Values<'_>>> = conditions
        .iter()
        .map(|(operator, keys)| {
            (operator, keys.iter().map(|(key, values)| (key, Values(values))).collect())
        })
        .collect();
    written.serialize(serializer)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn keys_are_in_the_order_of_aws() {
        let text = |t: &str| t.to_owned();
        let document = Document {
            statements: vec![
                Statement {
                    sid: text("One"),
                    effect: Effect::Allow,
                    principal: None,
                    action: vec![text("codepipeline:PutApprovalResult")],
                    resources: Some(Resources::These(vec![text("a"), text("b")])),
                    condition: Conditions::from([(
                        text("StringEquals"),
                        BTreeMap::from([(text("aws:PrincipalTag/Slot"), vec![text("A")])]),
                    )]),
                },
                Statement {
                    sid: text("Two"),
                    effect: Effect::Deny,
                    principal: Some(Principal::Service(text("lambda.amazonaws.com"))),
                    action: vec![text("sts:AssumeRole"), text("sts:TagSession")],
                    resources: None,
                    condition: Conditions::new(),
                },
            ],
        };
        assert_eq!(
            serde_json::to_string(&document).unwrap(),
            concat!(
                r#"{"Version":"2012-10-17","Statement":["#,
                r#"{"Sid":"One","Effect":"Allow","Action":"codepipeline:PutApprovalResult","Resource":["a","b"],"#,
                r#""Condition":{"StringEquals":{"aws:PrincipalTag/Slot":"A"}}},"#,
                r#"{"Sid":"Two","Effect":"Deny","Principal":{"Service":"lambda.amazonaws.com"},"#,
                r#""Action":["sts:AssumeRole","sts:TagSession"]}]}"#
            )
        );
    }
}
