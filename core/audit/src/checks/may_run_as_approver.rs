//! `may-run-as-approver`: a principal that may change code that may run with a role that approves.

use findings::{Check, Finding, Severity};
use iam::account::Actor;

use super::{Find, can_approve_both_through_role};
use crate::account_view::AccountView;
use crate::of_aws;
use crate::reach_index::UndecidedError;
use crate::{running, second_person, steps};

pub(super) const CHECK: Check<Find> = Check {
    code: "may-run-as-approver",
    severity: Severity::Note,
    title: "A principal may change code that may run with a role that approves",
    find,
};

const HELP: &str = "Take the approval away from roles that services can assume. If a role has to keep it, look at what runs with the role, and \
                    allow these actions only on other resources. The account does not show what runs with which role.";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    if view.running_roles().is_empty() {
        return Ok(Vec::new());
    }
    let mut findings = Vec::new();
    for actor in view.actors() {
        let has_two = view.reach.slots_of(actor).pair.is_some();
        if has_two || !might(view, actor) || view.outcome(actor)?.slots.is_some() {
            continue;
        }
        let Some(slots) = running::two_slots(view, actor)? else { continue };
        if is_reported(view, actor)? {
            continue;
        }
        let says = |of: &str| format!("may serve {of} through code that it can change");
        findings.push(steps::to_two_slots(&CHECK, HELP, view, actor, &slots, says));
    }
    Ok(findings)
}

/// Whether an actor might change code that runs, or become somebody who does. Cheap, so it is
/// asked first.
fn might(view: &AccountView<'_>, actor: Actor) -> bool {
    let is_of_aws =
        |identity| matches!(actor, Actor::Role(_)) && of_aws::is_service_linked(identity);
    // People who can become a machine are reported themselves.
    if view.is_beyond_people(actor)
        || view.is_desk(actor)
        || view.account().identity(actor).is_some_and(is_of_aws)
    {
        return false;
    }
    let permissions = &view.reach.permissions;
    let mut selves = view.selves(actor).into_iter();
    selves.any(|it| permissions.might_any(it, view.changing_running_code()))
}

/// Whether another check reports that the actor reaches two slots.
fn is_reported(view: &AccountView<'_>, actor: Actor) -> Result<bool, UndecidedError> {
    Ok(can_approve_both_through_role::can(view, actor)?
        || !second_person::ways(view, actor)?.is_empty())
}
