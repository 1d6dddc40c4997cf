//! `look-alike-role`: a role that serves a slot and is named like the roles of IAM Identity Center,
//! but is not one of them.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::{Actor, Role, RoleIx};
use rule::RESERVED_PATH;

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::evidence;
use crate::reach_index::UndecidedError;
use crate::session_naming::statement_of_choice;

pub(super) const CHECK: Check<Find> = Check {
    code: "look-alike-role",
    severity: Severity::Error,
    title: "A role looks like one of IAM Identity Center's and serves a slot",
    find,
};

/// The prefix of the names of IAM Identity Center's roles (IAM Identity Center User Guide,
/// "Referencing permission sets in resource policies"). Nobody else can make a role under the
/// reserved path, but everybody can use the name.
const RESERVED_NAME: &str = "AWSReservedSSO_";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let roles = view.account().roles_by_ix();
    let look_alikes = roles.filter(|(_, role)| is_look_alike(role));
    Ok(look_alikes.filter_map(|(at, role)| about(view, at, role)).collect())
}

/// The case of the name does not matter: names of roles are unique without regard to case.
fn is_look_alike(role: &Role) -> bool {
    let begins = role.identity.name.get(..RESERVED_NAME.len());
    begins.is_some_and(|begins| begins.eq_ignore_ascii_case(RESERVED_NAME))
        && !role.identity.path().starts_with(RESERVED_PATH)
}

fn about(view: &AccountView<'_>, at: RoleIx, role: &Role) -> Option<Finding> {
    let account = view.account();
    let actor = Actor::Role(at);
    let mut serving = view.serving_selves(actor).into_iter();
    let serving = serving.find(|actor| view.reach.slots_of(*actor).any())?;
    let served = view.reach.slots_of(serving);
    let slots: Vec<&str> = served.iter().map(|(slot, _)| view.slot(slot)).collect();
    let through = match serving == actor {
        true => String::new(),
        false => format!(" as `{}`", view.name(serving)),
    };
    let providers = account.outsiders(role).federated;
    let names = if statement_of_choice(role).is_some() {
        "The people who assume it choose the names of its sessions.".to_owned()
    } else if providers.is_empty() {
        "Its trust policy pins the names of its sessions.".to_owned()
    } else {
        let providers: Vec<String> =
            providers.iter().map(|provider| format!("`{provider}`")).collect();
        format!("The names of its sessions come from {}.", providers.join(" and "))
    };
    let message = format!(
        "`{}` is named like a role of IAM Identity Center, but its path is `{}`: somebody else made it. It may approve {}{through}. \
         {names} In a history of approvals its sessions look like people who signed in.",
        role.identity.name,
        role.identity.path(),
        slots.join(" and "),
    );
    let help = "Find out who made it, and delete it, or take the approval away and recreate it under another name. Do not name it in the rule's \
                `trustedSessionRoles`. The policy of `policygen generate --guardrails` keeps approvers from making roles.";
    let mut finding = CHECK.finding(role.identity.arn.clone(), message, help.to_owned());
    finding.evidence =
        vec![Evidence::new("role", &role.identity.arn, format!("is not under {RESERVED_PATH}"))];
    if let Actor::Role(last) = serving
        && serving != actor
        && let Some(chain) = view.reachable(actor).chain_to_role(last)
    {
        finding.evidence.extend(evidence::chain_of_roles(view, actor, &chain.through));
    }
    let (_, reached) = served.iter().next()?;
    let action = reached.witness.clone();
    finding.evidence.extend(evidence_of(view, serving, std::slice::from_ref(&action)));
    finding.witness = Some(action);
    Some(finding)
}
