//! `refused-rule`: a rule that the gate refuses. Nobody can release.

use findings::{Check, Finding, Severity};
use rule::RuleError;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "refused-rule",
    severity: Severity::Error,
    title: "The gate refuses the rule",
    find: Find::RefusedRule(|error| vec![find(error)]),
};

fn find(error: &RuleError) -> Finding {
    let key = match error {
        RuleError::Form(_) => "",
        RuleError::Value { key, .. } => key,
    };
    CHECK.finding(
        about_rule(key),
        format!(
            "The gate refuses this rule, so every release ends in a ConfigurationError: {error}."
        ),
        "Correct it before it becomes the function's TWO_PERSON_RULE.".to_owned(),
    )
}
