//! `people-share-handle`: two entries of `people` with one handle. No other part of a rule can
//! split one human in two.

use findings::{Check, Evidence, Finding, Severity};
use rule::Rule;

use super::{Find, about_rule};

pub(super) const CHECK: Check<Find> = Check {
    code: "people-share-handle",
    severity: Severity::Warning,
    title: "Two entries of `people` share a handle",
    find: Find::Rule(find),
};

fn find(rule: &Rule) -> Vec<Finding> {
    let findings = rule.splits().into_iter().map(|split| {
        let entry = |name: &str| Evidence::new("entry", format!("people.{name}"), format!("has the handle {}", split.handle));
        Finding {
            evidence: vec![entry(&split.first), entry(&split.second)],
            ..CHECK.finding(
                about_rule(&format!("people.{}", split.second)),
                format!(
                    "`{}` and `{}` both have the handle `{}`. Everywhere else one handle is one person, but here the rule says that \
                     they are two. If they are one human, that human can release alone.",
                    split.first, split.second, split.handle
                ),
                "If they are one human, put all of their principals into one entry. If they are two, accept this finding with a reason."
                    .to_owned(),
            )
        }
    });
    findings.collect()
}
