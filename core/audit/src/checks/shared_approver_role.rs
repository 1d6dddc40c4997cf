//! `shared-approver-role`: a role that can approve, and that several people can assume.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "shared-approver-role",
    severity: Severity::Warning,
    title: "Several people can assume a role that approves",
    find,
};

/// The number of users that the evidence names.
const NAMED: usize = 5;

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    for (at, role) in account.roles_by_ix() {
        let served = view.reach.slots_of(Actor::Role(at));
        if !served.any() || view.trusts_sessions_of(&role.identity.name) {
            continue;
        }
        let users = view.users_of_roles.get(&at).map_or(&[][..], Vec::as_slice);
        let outsiders = account.outsiders(role);
        let others: Vec<&String> = outsiders.federated.iter().chain(&outsiders.accounts).collect();
        if users.len() < 2 && others.is_empty() {
            continue;
        }
        let slots: Vec<&str> = served.iter().map(|(slot, _)| view.slot(slot)).collect();
        let message = format!(
            "`{}` may approve {}, and {} can assume it: an approval does not say which of them gave it.",
            role.identity.name,
            slots.join(" and "),
            who(users.len(), &others),
        );
        let help = "Give each of them their own permissions, or pin the session name in the trust policy and put the role into \
                    the rule's `trustedSessionRoles`. The gate refuses such approvals unless the rule has `\"sharedRoles\": \"collapse\"`.";
        let mut finding = CHECK.finding(role.identity.arn.clone(), message, help.to_owned());
        let named = users.iter().filter_map(|user| account.user(*user)).take(NAMED);
        finding.evidence =
            named.map(|user| Evidence::new("user", &user.identity.arn, "can assume it")).collect();
        let others =
            others.into_iter().map(|other| Evidence::new("principal", other, "can assume it"));
        finding.evidence.extend(others);
        finding.witness = served.iter().next().map(|(_, reached)| reached.witness.clone());
        findings.push(finding);
    }
    Ok(findings)
}

/// The people who can assume the role, in words.
fn who(users: usize, others: &[&String]) -> String {
    let others: Vec<String> = others
        .iter()
        .map(|other| match other.as_str() {
            arn if arn.starts_with("arn:") => format!("everybody who comes from `{arn}`"),
            account if account.starts_with("the account") => {
                format!("everybody who comes from {account}")
            }
            everybody => everybody.to_owned(),
        })
        .collect();
    match users {
        0 => others.join(", "),
        1 if others.is_empty() => "1 user".to_owned(),
        1 => format!("1 user and {}", others.join(", ")),
        _ if others.is_empty() => format!("{users} users"),
        _ => format!("{users} users and {}", others.join(", ")),
    }
}
