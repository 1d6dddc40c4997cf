//! The checks of `doctor`, one file each, named after the code.

use findings::{Catalog, Check, Finding, described};
use rule::{Rule, RuleError};

use super::GivenRule;
use super::topology::Topology;

/// What a check looks at, and the function that does.
#[derive(Clone, Copy)]
enum Find {
    /// A pipeline.
    Pipeline(fn(&Topology<'_>) -> Vec<Finding>),
    /// The gate's rule.
    Rule(fn(&Rule) -> Vec<Finding>),
    /// The reason why the gate would refuse its rule.
    RefusedRule(fn(&RuleError) -> Vec<Finding>),
}

// `CHECKS`: one for each file of this folder.
include!(concat!(env!("OUT_DIR"), "/checks.rs"));

/// Everything that `doctor` looks for.
pub const CATALOG: Catalog = Catalog { page: "docs/doctor.md", checks: &described(&CHECKS) };

/// What all checks of a pipeline find.
pub(super) fn find(topology: &Topology<'_>) -> Vec<Finding> {
    let found = CHECKS.iter().map(|Check { find, .. }| match find {
        Find::Pipeline(find) => find(topology),
        Find::Rule(_) | Find::RefusedRule(_) => Vec::new(),
    });
    found.flatten().collect()
}

/// What all checks of a rule find.
pub(super) fn find_in_rule(given: &GivenRule) -> Vec<Finding> {
    let found = CHECKS.iter().map(|Check { find, .. }| match (find, given) {
        (Find::Rule(find), Ok(rule)) => find(rule),
        (Find::RefusedRule(find), Err(error)) => find(error),
        (Find::Pipeline(_) | Find::Rule(_) | Find::RefusedRule(_), _) => Vec::new(),
    });
    found.flatten().collect()
}

/// The subject of a finding about a key of the rule, or about the whole rule if `key` is empty.
fn about_rule(key: &str) -> String {
    if key.is_empty() {
        return "rule".to_owned();
    }
    format!("rule:{key}")
}
