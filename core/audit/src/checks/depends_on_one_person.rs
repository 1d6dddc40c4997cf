//! `depends-on-one-person`: while one person is away, nothing can be released.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::people::People;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "depends-on-one-person",
    severity: Severity::Note,
    title: "While one person is away, nobody can release",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let people = People::of(picture)?;
    if !people.suffice_without(None) {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    for (at, person) in people.all().enumerate() {
        if people.suffice_without(Some(at)) {
            continue;
        }
        let message = format!("While `{}` is away, nobody can release.", person.name);
        let help = "Let another person serve one of their slots as well.".to_owned();
        let mut finding = CHECK.finding(person.subject.clone(), message, help);
        finding.evidence = vec![Evidence::new("person", &person.name, person.serving(picture))];
        findings.push(finding);
    }
    Ok(findings)
}
