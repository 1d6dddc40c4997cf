//! `rule-not-in-code`: the deployed rule differs from the rule file in more than new keys.

use std::collections::BTreeMap;

use findings::{Check, Finding, Severity};
use rule::{Change, Effect};

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "rule-not-in-code",
    severity: Severity::Error,
    title: "The deployed rule is not the one in code",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let (Some(file), Some(deployed)) = (view.rule, &view.reach.scope.deployed) else {
        return Ok(Vec::new());
    };
    let mut by_key: BTreeMap<&str, Vec<Change>> = BTreeMap::new();
    let changes = file.changes_to(&deployed.rule).into_iter();
    for change in changes.filter(|change| change.added_key.is_none()) {
        by_key.entry(change.key).or_default().push(change);
    }
    let findings = by_key.into_iter().map(|(key, changes)| {
        let loosens = changes.iter().any(|change| change.effect == Effect::Loosens);
        let (is, severity) = match loosens {
            true => ("looser", Severity::Error),
            false => ("stricter", Severity::Warning),
        };
        let messages: Vec<&str> = changes.iter().map(|change| change.message.as_str()).collect();
        let message = format!(
            "The rule of the function is {is} than the file of `--rule` in `{key}`: {}.",
            messages.join("; ")
        );
        let help = "Deploy the file again, or bring the file up to date in a change that somebody \
                    else reviews. CloudTrail shows who changed the function.";
        let subject = format!("{}/{key}", deployed.function);
        let finding = CHECK.finding(subject, message, help.to_owned());
        Finding { severity, ..finding }
    });
    Ok(findings.collect())
}
