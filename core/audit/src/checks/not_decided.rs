//! `not-decided`: a policy that cannot be read, or policies that are too intricate.

use std::collections::{BTreeSet, HashSet};

use findings::{Check, Evidence, Finding, Severity};
use iam::account::{PolicyId, StoredPolicy};

use super::Find;
use crate::account_view::AccountView;
use crate::evidence;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "not-decided",
    severity: Severity::Error,
    title: "What a principal may do cannot be decided",
    find,
};

/// What counts in place of a policy that cannot be read.
const WORST: &str = "Until then it counts as the worst that it may be: it allows everything that it may allow, \
                     and denies nothing that cannot be read.";

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    let mut held: HashSet<PolicyId> = HashSet::new();
    let mut of_holder = |arn: &str, kind: &'static str, name: &str, ids: BTreeSet<PolicyId>| {
        for id in ids {
            let stored = account.policy(id).filter(|stored| stored.unread.is_some());
            let Some(stored) = stored else { continue };
            held.insert(id);
            let mut finding = of_policy(arn, &format!("`{name}` has"), stored);
            finding.evidence.insert(0, Evidence::new(kind, arn, "has the policy"));
            findings.push(finding);
        }
    };
    for actor in account.actors() {
        let Some(identity) = account.identity(actor) else { continue };
        let ids = identity.policies.iter().chain(&identity.boundary).copied().collect();
        of_holder(&identity.arn, evidence::kind(actor), &identity.name, ids);
    }
    for (_, group) in account.groups_by_ix() {
        of_holder(&group.arn, "group", &group.name, group.policies.iter().copied().collect());
    }
    // Nobody has it yet, but somebody may attach it.
    let unread = account.policies().filter(|(_, stored)| stored.unread.is_some());
    for (_, stored) in unread.filter(|(id, _)| !held.contains(id)) {
        let root = format!("arn:{}:iam::{}:root", account.partition, account.id);
        let subject = stored.arn.as_deref().unwrap_or(&root);
        findings.push(of_policy(subject, "the account has", stored));
    }
    for (_, role) in account.roles_by_ix() {
        let Some(problem) = &role.unread_trust else { continue };
        let identity = &role.identity;
        let message = format!(
            "The trust policy of `{}` cannot be read: {problem}. So it is not known who may assume \
             the role.",
            identity.name
        );
        let help = format!("Correct the trust policy, and make the snapshot again. {WORST}");
        let mut finding = CHECK.finding(identity.arn.clone(), message, help);
        finding.evidence = vec![Evidence::new("role", &identity.arn, "has the trust policy")];
        findings.push(finding);
    }
    Ok(findings)
}

fn of_policy(subject: &str, has: &str, stored: &StoredPolicy) -> Finding {
    let problem = stored.unread.as_deref().unwrap_or_default();
    let name = &stored.name;
    let message = format!(
        "What it may do is not known: {has} the policy `{name}`, which cannot be read: {problem}."
    );
    let help = format!("Correct or replace the policy, and make the snapshot again. {WORST}");
    let mut finding = CHECK.finding(subject.to_owned(), message, help);
    let named = stored.arn.as_deref().unwrap_or(name);
    finding.evidence = vec![Evidence::new("policy", named, "cannot be read")];
    finding
}

/// The principals and groups whose policies are too intricate.
pub(super) fn too_intricate(view: &AccountView<'_>) -> Vec<Finding> {
    let of = |arn: String| {
        let name = arn.rsplit('/').next().unwrap_or(&arn);
        let message = format!(
            "What `{name}` may do cannot be decided: the wildcards of its policies are too \
             entangled to follow them all. No check says whether it may approve twice."
        );
        let help = "Write resources with fewer `?` and `*` before a fixed text: a name, or a beginning of one.";
        CHECK.finding(arn, message, help.to_owned())
    };
    view.reach.all_undecided().into_iter().map(of).collect()
}
