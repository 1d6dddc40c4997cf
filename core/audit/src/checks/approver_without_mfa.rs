//! `approver-without-mfa`: a user that approves, and that no policy asks for MFA.

use findings::{Check, Finding, Severity};
use iam::account::Actor;

use super::Find;
use super::can_approve_both::evidence_of;
use crate::picture::Picture;
use crate::survey::UndecidedError;

pub(super) const CHECK: Check<Find> = Check {
    code: "approver-without-mfa",
    severity: Severity::Note,
    title: "A user can approve without MFA",
    find,
};

fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let account = picture.account();
    let mut findings = Vec::new();
    for (at, user) in account.users.iter().enumerate() {
        let actor = Actor::User(at);
        let Some((slot, witness)) = without_mfa(picture, actor)? else {
            continue;
        };
        let message = format!(
            "`{}` can approve {} without MFA, with a password or an access key alone.",
            user.identity.name,
            picture.slot(slot)
        );
        let help = "Add the condition `\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}` to what allows it, or deny it with \
                    `\"BoolIfExists\": {\"aws:MultiFactorAuthPresent\": \"false\"}`, which holds of access keys too.";
        let mut finding = CHECK.finding(user.identity.arn.clone(), message, help.to_owned());
        finding.evidence = evidence_of(picture, actor, std::slice::from_ref(&witness));
        finding.witness = Some(witness);
        findings.push(finding);
    }
    Ok(findings)
}

/// A slot that a user can serve without MFA, and one of its actions.
fn without_mfa(
    picture: &Picture<'_>,
    actor: Actor,
) -> Result<Option<(usize, String)>, UndecidedError> {
    let approvals = picture.survey.approvals(actor);
    if let Some((slot, reached)) = approvals.served().find(|(_, reached)| !reached.open) {
        return Ok(Some((slot, reached.witness.clone())));
    }
    if !approvals.any() {
        return Ok(None);
    }
    // With a password alone the key says `false`; with an access key there is none (IAM User Guide,
    // "AWS global condition context keys", aws:MultiFactorAuthPresent).
    let mut with_password = picture.survey.permissions.state(actor);
    with_password.context.set("aws:MultiFactorAuthPresent", ["false".to_owned()]);
    let mut with_access_key = picture.survey.permissions.state(actor);
    with_access_key.context.absent("aws:MultiFactorAuthPresent");
    for mut state in [with_password, with_access_key] {
        state.context.absent("aws:MultiFactorAuthAge");
        let approvals = picture.survey.approvals_in(&state).map_err(picture.survey.about(actor))?;
        if let Some((slot, reached)) = approvals.served().next() {
            return Ok(Some((slot, reached.witness.clone())));
        }
    }
    Ok(None)
}
