//! `slot-without-approver`: nobody can serve a slot, so nothing can be released.

use findings::{Check, Finding, Severity};

use super::Find;
use crate::action::APPROVE;
use crate::people::People;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "slot-without-approver",
    severity: Severity::Error,
    title: "Nobody can serve a slot",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let people = People::of(picture)?;
    let slots = picture.slots().iter().enumerate();
    let empty = slots.filter(|(at, _)| !people.serve(*at));
    let findings = empty.map(|(_, slot)| {
        let name = &slot.action;
        let subject = picture.survey.scope.slot_arn(picture.account(), slot);
        let message = format!("Nobody in the account can approve {name}: no release gets through.");
        let help = format!(
            "Give {APPROVE} on {name} to those who are to serve it, or correct the slot's name."
        );
        CHECK.finding(subject, message, help)
    });
    Ok(findings.collect())
}
