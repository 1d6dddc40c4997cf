//! `member-missing`: a person that code puts into a group, or gives a permission set or a tag, and
//! who does not have it.

use std::collections::BTreeMap;

use findings::{Check, Finding, Severity};

use super::Find;
use crate::account_view::AccountView;
use crate::declared::{DeclaredMembers, MemberPlace};
use crate::drift::missing;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "member-missing",
    severity: Severity::Warning,
    title: "An approver that code names is missing",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    // What each person should have and does not have.
    let mut absent: BTreeMap<String, (&str, Vec<String>)> = BTreeMap::new();
    for declared in &view.reach.scope.declared {
        let Some(members) = view.members_of(&declared.place) else {
            findings.extend(no_place(view, declared));
            continue;
        };
        let arns = view.arns_by_name(&declared.place);
        for name in missing(declared, &members) {
            let arn = arns.get(&name.to_lowercase()).cloned();
            let arn = arn.unwrap_or_else(|| view.arn_if_there(&declared.place, name));
            let (_, claims) = absent.entry(arn).or_insert_with(|| (name, Vec::new()));
            claims.push(declared.place.claim());
        }
    }
    findings.extend(absent.into_iter().map(|(arn, (name, claims))| {
        let message = format!(
            "The file of `--config` says that `{name}` {}, and the account does not.",
            claims.join(" and ")
        );
        let help = "Give it to the person, or remove the name from `members` in that file.";
        let mut finding = CHECK.finding(arn, message, help.to_owned());
        name.clone_into(&mut finding.called);
        finding
    }));
    Ok(findings)
}

/// The place itself is missing. A tag always exists.
fn no_place(view: &AccountView<'_>, declared: &DeclaredMembers) -> Option<Finding> {
    let DeclaredMembers { place, members } = declared;
    if members.is_empty() {
        return None;
    }
    let message = format!(
        "The account does not have {place}. The file of `--config` puts {} there.",
        findings::first_names(Vec::from_iter(members).iter().map(|name| name.as_str()))
    );
    let help = match place {
        MemberPlace::PermissionSet(_) => {
            "Provision the permission set in this account, or check `prefix` and `slot` in that \
             file."
        }
        MemberPlace::Group(_) | MemberPlace::Tag { .. } => {
            "Deploy what `policygen generate` writes from that file, or check its `prefix` and \
             `slot`."
        }
    };
    Some(CHECK.finding(view.arn_of_place(place), message, help.to_owned()))
}
