//! `depends-on-one-person`: while one person is away, nothing can be released.

use crate::people::People;
use crate::picture::Picture;
use crate::survey::SurveyError;
use findings::Check;
use findings::{Evidence, Finding, Severity};

pub(super) const CHECK: Check = Check {
    code: "depends-on-one-person",
    severity: Severity::Note,
    title: "While one person is away, nobody can release",
};

pub(super) fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, SurveyError> {
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
