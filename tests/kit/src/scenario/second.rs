//! Principals that are several writes to IAM away from a second person.

use serde_json::json;

use super::scenarios;
use crate::ACCOUNT;
use crate::code::Code;
use crate::holder::{Role, User};
use crate::plot::{Plot, service};
use crate::policy::{A, ANY, Statement, allow, approve, let_do, policy};

scenarios![
    "second": makes_users_and_their_policies, makes_users_for_a_group, makes_roles, takes_over_a_role, takes_over_a_user, signs_in_as_anybody, recreates_the_provider,
    makes_users_that_cannot_sign_in, makes_users_of_no_slot, makes_users_for_its_own_group, makes_users_within_a_boundary, makes_roles_of_no_permission,
    opens_a_role_of_no_slot, changes_another_provider,
];

/// No user and no role has this path.
const USERS: &str = "arn:aws:iam::*:user/made/*";
const ROLES: &str = "arn:aws:iam::*:role/made/*";

fn may<const N: usize>(plot: &mut Plot<'_>, user: User, statements: [Statement; N]) {
    plot.inline(user, policy(statements));
}

fn makes_users_and_their_policies(plot: &mut Plot<'_>) {
    let user = plot.user();
    let actions = ["iam:CreateUser", "iam:PutUserPolicy", "iam:CreateLoginProfile"];
    may(plot, user, [allow(&actions).on(&[USERS])]);
    plot.expect(Code::CanMakeSecondPerson, user);
    plot.expect(Code::CanBypassGate, user);
}

fn joins(group: &str) -> [Statement; 2] {
    [
        allow(&["iam:CreateUser", "iam:CreateAccessKey"]).on(&[USERS]),
        allow(&["iam:AddUserToGroup"]).on(&[group]),
    ]
}

fn makes_users_for_a_group(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let group = plot.arn(plot.commons.group_a);
    let statements = joins(&group);
    may(plot, user, statements);
    plot.expect(Code::CanMakeSecondPerson, user);
    // The user could also join the group.
    plot.expect(Code::CanGrantItself, user);
}

fn makes_roles(plot: &mut Plot<'_>) {
    let user = plot.user();
    may(plot, user, [allow(&["iam:CreateRole", "iam:AttachRolePolicy"]).on(&[ROLES])]);
    plot.expect(Code::CanMakeSecondPerson, user);
    plot.expect(Code::CanBypassGate, user);
    // The sessions of the role do not count, but it can make the keys of approvers.
    plot.expect(Code::CanGrantItself, user);
}

/// A role of a service, without a connection to approvals.
fn role_of_a_service(plot: &mut Plot<'_>) -> String {
    let role = plot.role("nightly-report", service("lambda"));
    plot.inline(role, policy([allow(&["s3:GetObject"])]));
    plot.arn(role)
}

fn takes_over_a_role(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = role_of_a_service(plot);
    may(plot, user, [allow(&["iam:UpdateAssumeRolePolicy", "iam:PutRolePolicy"]).on(&[role])]);
    plot.expect(Code::CanMakeSecondPerson, user);
    plot.expect(Code::CanBypassGate, user);
    plot.expect(Code::CanGrantItself, user);
}

fn takes_over_a_user(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.user());
    let other = plot.arn(other);
    may(plot, user, [allow(&["iam:CreateAccessKey", "iam:AttachUserPolicy"]).on(&[other])]);
    plot.expect(Code::CanMakeSecondPerson, user);
    plot.expect(Code::CanBypassGate, user);
}

/// A SAML provider, and a role of slot A for its users.
fn role_of_a_provider(plot: &mut Plot<'_>, name: &str) -> (String, Role) {
    let provider = format!("arn:aws:iam::{ACCOUNT}:saml-provider/{name}");
    let trust = let_do("sts:AssumeRoleWithSAML", json!({"Federated": provider}));
    let role = plot.role_with_trust("approver-from-afar", policy([trust]));
    plot.inline(role, policy([approve(&[A])]));
    plot.expect(Code::SharedApproverRole, role);
    (provider, role)
}

fn signs_in_as_anybody(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let (provider, _) = role_of_a_provider(plot, "corp");
    may(plot, user, [allow(&["iam:UpdateSAMLProvider"]).on(&[provider])]);
    plot.expect(Code::CanMakeSecondPerson, user);
}

fn recreates_the_provider(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let (provider, _) = role_of_a_provider(plot, "corp-old");
    may(plot, user, [allow(&["iam:DeleteSAMLProvider", "iam:CreateSAMLProvider"]).on(&[provider])]);
    plot.expect(Code::CanMakeSecondPerson, user);
}

fn makes_users_that_cannot_sign_in(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    may(plot, user, [allow(&["iam:CreateUser", "iam:PutUserPolicy"]).on(&[USERS])]);
}

fn makes_users_of_no_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    may(plot, user, [allow(&["iam:CreateUser", "iam:CreateAccessKey"]).on(&[USERS])]);
}

fn makes_users_for_its_own_group(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let group = plot.arn(plot.commons.group_a);
    let statements = joins(&group);
    may(plot, user, statements);
}

fn makes_users_within_a_boundary(plot: &mut Plot<'_>) {
    let user = plot.user();
    let boundary = plot.policy("made-boundary", policy([allow(&["s3:*"]).on(&[ANY])]));
    let boundary = plot.account.policy_arn(boundary).to_owned();
    let bounded = |actions: &[&str], on: &str| {
        allow(actions).on(&[on]).when("StringEquals", "iam:PermissionsBoundary", boundary.clone())
    };
    let statements = [
        bounded(&["iam:CreateUser", "iam:PutUserPolicy"], USERS),
        bounded(&["iam:CreateRole", "iam:AttachRolePolicy"], ROLES),
        allow(&["iam:CreateAccessKey"]).on(&[USERS]),
    ];
    may(plot, user, statements);
}

fn makes_roles_of_no_permission(plot: &mut Plot<'_>) {
    let user = plot.user();
    may(plot, user, [allow(&["iam:CreateRole"]).on(&[ANY])]);
}

fn opens_a_role_of_no_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = role_of_a_service(plot);
    may(plot, user, [allow(&["iam:UpdateAssumeRolePolicy"]).on(&[role])]);
}

fn changes_another_provider(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    role_of_a_provider(plot, "corp-new");
    let other = format!("arn:aws:iam::{ACCOUNT}:saml-provider/vendor");
    may(plot, user, [allow(&["iam:UpdateSAMLProvider", "iam:CreateSAMLProvider"]).on(&[other])]);
}
