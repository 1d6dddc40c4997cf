//! `depends-on-one-person`: while one person is away, nobody can release.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "depends-on-one-person",
    severity: Severity::Note,
    title: "While one person is away, nobody can release",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for person in view.people().indispensable() {
        let message = format!("While `{}` is away, nobody can release.", person.name);
        let help = "Let another person serve one of their slots too.".to_owned();
        let mut finding = CHECK.finding(person.subject.clone(), message, help);
        finding.evidence = vec![Evidence::new("person", &person.name, person.serving(view))];
        findings.push(finding);
    }
    Ok(findings)
}
