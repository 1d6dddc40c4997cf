//! `no-valid-pair`: every slot has somebody, but not each a person of its own.

use findings::{Check, Evidence, Finding, Severity};

use super::Find;
use crate::people::People;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "no-valid-pair",
    severity: Severity::Error,
    title: "No different persons for all slots",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let people = People::of(picture)?;
    let slots = 0..picture.slots().len();
    let Some(first) = picture.slots().first() else {
        return Ok(Vec::new());
    };
    if !slots.clone().all(|slot| people.serve(slot)) || people.suffice_without(None) {
        return Ok(Vec::new());
    }
    let names: Vec<&str> = slots.map(|slot| picture.slot(slot)).collect();
    let message = format!(
        "There are not enough different persons for {}: whoever is given one leaves none for another.",
        names.join(" and ")
    );
    let help = "Let another person serve one of the slots.".to_owned();
    let subject = picture.survey.scope.slot_arn(picture.account(), first);
    let mut finding = CHECK.finding(subject, message, help);
    let evidence =
        people.all().map(|person| Evidence::new("person", &person.name, person.serving(picture)));
    finding.evidence = evidence.collect();
    Ok(vec![finding])
}
