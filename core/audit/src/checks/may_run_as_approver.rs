//! `may-run-as-approver`: a principal that may change code that may run with a role that approves.

use findings::{Check, Finding, Severity};
use iam::account::Actor;

use super::{Find, can_approve_both_through_role};
use crate::account_view::AccountView;
use crate::counted::Verdict;
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
        let own = view.reach.slots_of(actor).pair.as_ref();
        if own.is_some_and(|own| view.is_settled(actor, own)) || !might(view, actor) {
            continue;
        }
        // Other checks report what takes no such code, if that is as bad.
        let others = without_code(view, actor)?;
        if others.iter().any(Verdict::counts_two) {
            continue;
        }
        let Some(slots) = running::two_slots(view, actor)? else { continue };
        if (own.is_some() || !others.is_empty()) && !slots.verdict.counts_two() {
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

/// What the gate makes of two slots that an actor reaches as roles or by writes.
fn without_code(view: &AccountView<'_>, actor: Actor) -> Result<Vec<Verdict>, UndecidedError> {
    let outcome = view.outcome(actor)?;
    let mut found: Vec<Verdict> = outcome.slots.iter().map(|slots| slots.verdict.clone()).collect();
    found.extend(can_approve_both_through_role::verdict(view, actor)?);
    found.extend(second_person::ways(view, actor)?.iter().map(|way| way.verdict.clone()));
    Ok(found)
}
