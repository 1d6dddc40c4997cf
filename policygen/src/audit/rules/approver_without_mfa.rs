//! `approver-without-mfa`: a user that approves, and that no policy asks for MFA.

use iam::account::Actor;

use super::can_approve_both::evidence_of;
use crate::audit::picture::Picture;
use crate::audit::survey::{APPROVE, SurveyError};
use crate::finding::{Finding, Severity};
use crate::report::Check;

pub(super) const CHECK: Check = Check {
    code: "approver-without-mfa",
    severity: Severity::Note,
    title: "A user can approve without MFA",
};

/// The condition keys that tell of MFA begin so: `aws:MultiFactorAuthPresent` and `aws:MultiFactorAuthAge`.
const MFA: &str = "aws:multifactorauth";

pub(super) fn find(picture: &Picture<'_>) -> Result<Vec<Finding>, SurveyError> {
    let account = picture.account();
    let mut findings = Vec::new();
    for (at, user) in account.users.iter().enumerate() {
        let actor = Actor::User(at);
        let approvals = picture.survey.approvals(actor)?;
        let clauses = picture.survey.clauses(actor, APPROVE);
        let mut without = approvals.served().filter(|(_, reached)| {
            let blames = clauses.blame(&reached.witness);
            let mut open = blames.iter().flat_map(|blame| &blame.open);
            !open.any(|condition| condition.key().to_lowercase().starts_with(MFA))
        });
        let Some((slot, reached)) = without.next() else {
            continue;
        };
        let message = format!(
            "`{}` can approve {} with an access key or a password alone: no policy asks for MFA.",
            user.identity.name,
            picture.slot(slot)
        );
        let help = "Add the condition `\"Bool\": {\"aws:MultiFactorAuthPresent\": \"true\"}` to what allows it, or deny it to sessions \
                    without MFA.";
        let mut finding = CHECK.finding(user.identity.arn.clone(), message, help.to_owned());
        finding.evidence = evidence_of(picture, actor, std::slice::from_ref(&reached.witness));
        finding.witness = Some(reached.witness.clone());
        findings.push(finding);
    }
    Ok(findings)
}
