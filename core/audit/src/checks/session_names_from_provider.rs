//! `session-names-from-provider`: a role whose session names the gate believes, and that a SAML
//! provider of the account sets.

use findings::{Check, Evidence, Finding, Severity};
use iam::account::Actor;

use super::Find;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "session-names-from-provider",
    severity: Severity::Warning,
    title: "A SAML provider of the account names the approvers that the gate believes",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let roles = view.account().roles_by_ix();
    // Only IAM Identity Center has the key of its own provider.
    let believed = roles.filter(|(_, role)| {
        let name = &role.identity.name;
        view.trusts_sessions_of(name) && !view.gate_account.has_reserved_role(name)
    });
    let findings = believed.filter_map(|(at, role)| {
        let actor = Actor::Role(at);
        let providers = view.saml_providers.iter();
        let providers = providers.filter(|(_, roles)| roles.contains(&actor));
        let providers: Vec<&String> = providers.map(|(provider, _)| provider).collect();
        if providers.is_empty() {
            return None;
        }
        let served = view.reach.slots_of(actor);
        let slots: Vec<&str> = served.iter().map(|(slot, _)| view.slot(slot)).collect();
        let names: Vec<String> = providers.iter().map(|provider| format!("`{provider}`")).collect();
        let message = format!(
            "`{}` may approve {}, and the rule believes its session names. They come from {}: a human who runs that identity provider or \
             may change it can sign in under any name and count as two.",
            role.identity.name,
            slots.join(" and "),
            names.join(" and "),
        );
        let help = "Make sure that it is your company's identity provider, and that nobody who approves runs it or may change it \
                    (`can-make-second-person` reports those who may). Then accept this with a reason. Otherwise remove the role \
                    from `trustedSessionRoles`.";
        let mut finding = CHECK.finding(role.identity.arn.clone(), message, help.to_owned());
        finding.evidence = vec![Evidence::new("role", &role.identity.arn, "is trusted by the rule")];
        let signing = providers
            .into_iter()
            .map(|provider| Evidence::new("principal", provider, "names its sessions"));
        finding.evidence.extend(signing);
        finding.witness = served.iter().next().map(|(_, reached)| reached.witness.clone());
        Some(finding)
    });
    Ok(findings.collect())
}
