//! `approver-without-mfa`: a user that can approve, and whose policies do not require MFA.

use findings::{Check, Finding, Severity};
use iam::account::Actor;

use super::Find;
use super::can_approve_both::evidence_of;
use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;
use crate::scope::SlotIx;

pub(super) const CHECK: Check<Find> = Check {
    code: "approver-without-mfa",
    severity: Severity::Note,
    title: "A user can approve without MFA",
    find,
};

fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = view.account();
    let mut findings = Vec::new();
    for actor in view.actors() {
        let Actor::User(at) = actor else { continue };
        let Some(user) = account.user(at) else { continue };
        let Some((slot, witness)) = without_mfa(view, actor)? else {
            continue;
        };
        let message = format!(
            "`{}` can approve {} without MFA, with only a password or an access key.",
            user.identity.name,
            view.slot(slot)
        );
        let help = "Add the condition `\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}` to the statement that allows it, or deny \
                    it with `\"BoolIfExists\": {\"aws:MultiFactorAuthPresent\": \"false\"}`, which also covers access keys.";
        let mut finding = CHECK.finding(user.identity.arn.clone(), message, help.to_owned());
        finding.evidence = evidence_of(view, actor, std::slice::from_ref(&witness));
        finding.witness = Some(witness);
        findings.push(finding);
    }
    Ok(findings)
}

/// A slot that a user can serve without MFA, and one of its approval actions.
fn without_mfa(
    view: &AccountView<'_>,
    actor: Actor,
) -> Result<Option<(SlotIx, String)>, UndecidedError> {
    let served = view.reach.slots_of(actor);
    if let Some((slot, reached)) = served.iter().find(|(_, reached)| !reached.open) {
        return Ok(Some((slot, reached.witness.clone())));
    }
    if !served.any() {
        return Ok(None);
    }
    // With only a password the key is `false`; with an access key it is missing (IAM User Guide,
    // "AWS global condition context keys", aws:MultiFactorAuthPresent).
    let mut with_password = view.reach.permissions.state(actor);
    with_password.context.set("aws:MultiFactorAuthPresent", ["false".to_owned()]);
    let mut with_access_key = view.reach.permissions.state(actor);
    with_access_key.context.absent("aws:MultiFactorAuthPresent");
    for mut state in [with_password, with_access_key] {
        state.context.absent("aws:MultiFactorAuthAge");
        let served = view.reach.slots_in(&state).map_err(view.reach.undecided(actor))?;
        if let Some((slot, reached)) = served.iter().next() {
            return Ok(Some((slot, reached.witness.clone())));
        }
    }
    Ok(None)
}
