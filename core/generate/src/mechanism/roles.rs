//! Writes a role for each slot.

use iam::{Document, Principal, Statement};

use crate::approval::slot_statements;
use crate::plan::{Plan, PlanError, Role};
use crate::spec::{Mfa, Spec, Trust};
use crate::statement::{trust, when};

/// `guardrails` are the names of further policies for every role.
pub(crate) fn add(
    plan: &mut Plan,
    spec: &Spec,
    who: &Trust,
    guardrails: &[String],
) -> Result<(), PlanError> {
    let mut names = Vec::new();
    for slot in spec.slots.iter() {
        let name = format!("{}{slot}", spec.prefix);
        names.push(format!("`{name}`"));
        let description = format!("Two-person rule: approve {slot}");
        let document = Document { statements: slot_statements(spec, slot) };
        add_role(plan, spec, who, (name, description), document, guardrails)?;
    }
    plan.notes.push(format!(
        "{} the names of the sessions of these roles: list {} in `trustedSessionRoles` of the \
         gate's rule",
        match who {
            Trust::Saml { .. } => "the identity provider sets",
            Trust::Accounts(_) => "the trust policies pin to user names",
        },
        names.join(", ")
    ));
    Ok(())
}

/// Adds one role, with a policy of the same name and description.
pub(super) fn add_role(
    plan: &mut Plan,
    spec: &Spec,
    who: &Trust,
    (name, description): (String, String),
    document: Document,
    guardrails: &[String],
) -> Result<(), PlanError> {
    let mut policies = plan.add_policy(&name, &description, document)?;
    policies.extend_from_slice(guardrails);
    let trust = Document { statements: vec![trust_statement(spec, who)] };
    plan.add_role(Role { name, description, trust, policies })
}

fn trust_statement(spec: &Spec, who: &Trust) -> Statement {
    match who {
        Trust::Saml { provider, audience } => when(
            trust(
                "SignInThroughSaml",
                Principal::Federated(provider.to_string()),
                &["sts:AssumeRoleWithSAML"],
            ),
            "StringEquals",
            "SAML:aud",
            [(*audience).to_owned()],
        ),
        Trust::Accounts(accounts) => {
            let partition = spec.targets.partition();
            let root = |account| format!("arn:{partition}:iam::{account}:root");
            let users = Principal::Aws(accounts.iter().map(root).collect());
            // Only IAM users have that variable. For other principals the statement does not match.
            let under_own_name = when(
                trust("UsersUnderTheirOwnNames", users, &["sts:AssumeRole"]),
                "StringEquals",
                "sts:RoleSessionName",
                ["${aws:username}".to_owned()],
            );
            match spec.mfa {
                Some(mfa) => with_mfa(under_own_name, mfa),
                None => under_own_name,
            }
        }
    }
}

/// Requires a second factor to assume the role. Sessions of AssumeRole do not show one, so no later
/// policy can require it (IAM User Guide, "Secure API access with MFA").
fn with_mfa(statement: Statement, mfa: Mfa) -> Statement {
    let statement = when(statement, "Bool", "aws:MultiFactorAuthPresent", ["true".to_owned()]);
    match mfa.max_age {
        Some(age) => when(
            statement,
            "NumericLessThanEquals",
            "aws:MultiFactorAuthAge",
            [age.seconds().to_string()],
        ),
        None => statement,
    }
}
