//! Writes to IAM that do not lead to two slots.

use super::scenarios;
use crate::code::Code;
use crate::holder::{Holder, User};
use crate::plot::{Plot, service};
use crate::policy::{
    A, ANY, APPROVE, B, allow, allow_all_but, approve, deny, deny_all_but, policy,
};

scenarios![
    "grant_near_miss": joins_a_group_of_no_slot, joins_the_group_of_its_slot, joins_one_group, joins_look_alike_group, writes_somebody_elses_policy, writes_a_path_that_is_not_its_own,
    new_version_of_a_policy_of_others, new_version_of_a_former_policy, sets_back_a_harmless_policy, sets_back_a_policy_of_others, reads_only, policy_of_a_role_that_it_may_not_assume,
    opens_the_role_of_its_own_slot, access_key_of_an_approver_of_its_slot, access_key_of_a_bystander, access_key_of_itself, password_under_a_look_alike_name,
    passes_role_and_runs_nothing, passes_role_to_a_service_that_it_does_not_trust, passes_harmless_role, tags_somebody_else, tags_itself_where_tags_decide_nothing,
    bounded, denied_for_good, writes_denied, attaches_reading_only, already_both, leaves_another_group,
];

fn writer(plot: &mut Plot<'_>, user: User, actions: &[&str], resource: &str) {
    plot.inline(user, policy([allow(actions).on(&[resource])]));
}

fn joins_a_group_of_no_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let group = plot.group("book-club");
    let arn = plot.arn(group);
    writer(plot, user, &["iam:AddUserToGroup"], &arn);
}

fn joins_the_group_of_its_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let group = plot.arn(plot.commons.group_a);
    writer(plot, user, &["iam:AddUserToGroup"], &group);
}

/// One write gives only one slot.
fn joins_one_group(plot: &mut Plot<'_>) {
    let user = plot.user();
    let group = plot.arn(plot.commons.group_b);
    writer(plot, user, &["iam:AddUserToGroup"], &group);
}

fn joins_look_alike_group(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let group = format!("{}-viewers", plot.arn(plot.commons.group_b));
    writer(plot, user, &["iam:AddUserToGroup"], &group);
}

fn writes_somebody_elses_policy(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.user());
    let arn = plot.arn(other);
    writer(plot, user, &["iam:PutUserPolicy", "iam:AttachUserPolicy"], &arn);
}

fn writes_a_path_that_is_not_its_own(plot: &mut Plot<'_>) {
    let user = plot.user_at("/engineering/release/");
    writer(plot, user, &["iam:PutUserPolicy"], "arn:aws:iam::*:user/${aws:username}");
}

fn new_version_of_a_policy_of_others(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.user());
    let attached = plot.policy("data-readers", policy([allow(&["s3:GetObject"])]));
    plot.account.attach(other.into(), attached);
    let arn = plot.account.policy_arn(attached).to_owned();
    writer(plot, user, &["iam:CreatePolicyVersion"], &arn);
}

/// No identity has the policy.
fn new_version_of_a_former_policy(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let unused = plot.policy("unused", policy([approve(&[A, B])]));
    let arn = plot.account.policy_arn(unused).to_owned();
    writer(plot, user, &["iam:CreatePolicyVersion", "iam:SetDefaultPolicyVersion"], &arn);
}

/// The user may restore an old version, but no version ever allowed an approval.
fn sets_back_a_harmless_policy(plot: &mut Plot<'_>) {
    let user = plot.user();
    let versions = [policy([allow(&["s3:*"])]), policy([allow(&["s3:Get*"])])];
    let attached = plot.account.policy("bucket-readers", &versions, 2);
    plot.account.attach(user.into(), attached);
    let arn = plot.account.policy_arn(attached).to_owned();
    writer(plot, user, &["iam:SetDefaultPolicyVersion"], &arn);
}

fn sets_back_a_policy_of_others(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.user());
    let versions = [policy([approve(&[A, B])]), policy([allow(&["s3:Get*"])])];
    let attached = plot.account.policy("former-release-managers", &versions, 2);
    plot.account.attach(other.into(), attached);
    let arn = plot.account.policy_arn(attached).to_owned();
    writer(plot, user, &["iam:SetDefaultPolicyVersion"], &arn);
}

fn reads_only(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    writer(plot, user, &["iam:Get*", "iam:List*", "iam:Simulate*"], ANY);
}

fn policy_of_a_role_that_it_may_not_assume(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = plot.role("nightly-backup", service("backup"));
    plot.inline(role, policy([allow(&["s3:*"])]));
    let arn = plot.arn(role);
    writer(plot, user, &["iam:PutRolePolicy", "iam:AttachRolePolicy"], &arn);
}

fn opens_the_role_of_its_own_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = plot.abandoned_role("ApprovalA-escrow");
    plot.inline(role, policy([approve(&[A])]));
    let arn = plot.arn(role);
    writer(plot, user, &["iam:UpdateAssumeRolePolicy"], &arn);
}

const CREDENTIALS: &[&str] =
    &["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];

fn access_key_of_an_approver_of_its_slot(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.approver_of_a());
    let arn = plot.arn(other);
    writer(plot, user, CREDENTIALS, &arn);
}

fn access_key_of_a_bystander(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.user());
    let arn = plot.arn(other);
    writer(plot, user, CREDENTIALS, &arn);
}

fn access_key_of_itself(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    writer(plot, user, CREDENTIALS, "arn:aws:iam::*:user/${aws:username}");
}

fn password_under_a_look_alike_name(plot: &mut Plot<'_>) {
    let (user, other) = (plot.approver_of_a(), plot.approver_of_b());
    let arn = format!("{}X", plot.arn(other));
    writer(plot, user, CREDENTIALS, &arn);
}

/// A user who may pass a role of functions that approves both slots.
fn passing_role_of_functions(plot: &mut Plot<'_>) -> User {
    let user = plot.user();
    let role = plot.role("chatops", service("lambda"));
    plot.approves_both(role);
    plot.expect(Code::MachineCanApprove, role);
    let arn = plot.arn(role);
    writer(plot, user, &["iam:PassRole"], &arn);
    user
}

fn passes_role_and_runs_nothing(plot: &mut Plot<'_>) {
    passing_role_of_functions(plot);
}

fn passes_role_to_a_service_that_it_does_not_trust(plot: &mut Plot<'_>) {
    let user = passing_role_of_functions(plot);
    writer(plot, user, &["codebuild:CreateProject", "codebuild:StartBuild"], ANY);
}

fn passes_harmless_role(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = plot.role("thumbnails", service("lambda"));
    plot.inline(role, policy([allow(&["s3:GetObject", "s3:PutObject"])]));
    let arn = plot.arn(role);
    writer(plot, user, &["iam:PassRole"], &arn);
    writer(plot, user, &["lambda:CreateFunction", "lambda:InvokeFunction"], ANY);
    plot.expect(Code::CanInvokeGate, user);
}

const SLOT_BY_TAG: &str = "arn:aws:codepipeline:*:*:*/*/Approval${aws:PrincipalTag/Slot}";

fn tags_somebody_else(plot: &mut Plot<'_>) {
    let (user, other) = (plot.user(), plot.user());
    plot.tag(user, "Slot", "A");
    plot.inline(user, policy([approve(&[SLOT_BY_TAG])]));
    plot.expect(Code::ApproverWithoutMfa, user);
    let arn = plot.arn(other);
    writer(plot, user, &["iam:TagUser"], &arn);
}

fn tags_itself_where_tags_decide_nothing(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.tag(user, "Slot", "A");
    let itself = plot.arn(user);
    writer(plot, user, &["iam:TagUser"], &itself);
}

/// The user may write any policy, but the boundary permits no approval and no other identity.
fn bounded(plot: &mut Plot<'_>) {
    let user = plot.user();
    let itself = plot.arn(user);
    writer(plot, user, &["iam:PutUserPolicy", "iam:AttachUserPolicy"], &itself);
    plot.bound(user, policy([allow(&["iam:PutUserPolicy", "iam:AttachUserPolicy", "s3:*"])]));
}

/// The user may write any policy, but a group denies everything else about identities, slot B and
/// the pipelines.
fn denied_for_good(plot: &mut Plot<'_>) {
    let user = plot.user();
    let itself = plot.arn(user);
    writer(plot, user, &["iam:PutUserPolicy"], &itself);
    plot.group_of(
        user,
        "NeverApprovalB",
        policy([
            deny(&[APPROVE]).on(&[B]),
            deny_all_but(&[APPROVE, "iam:PutUserPolicy", "s3:*"]).on(&[ANY]),
        ]),
    );
}

fn writes_denied(plot: &mut Plot<'_>) {
    let user = plot.user();
    let but = ["codepipeline:*", "lambda:*", "sts:*"];
    plot.inline(user, policy([allow_all_but(&but).on(&[ANY])]));
    plot.group_of(user, "NoIdentities", policy([deny(&["iam:*"])]));
}

/// The condition permits to attach only one policy, which only reads.
fn attaches_reading_only(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let itself = plot.arn(user);
    plot.attach_aws(Holder::User(user), "ReadOnlyAccess");
    let statement = allow(&["iam:AttachUserPolicy"]).on(&[itself]);
    plot.inline(
        user,
        policy([statement.when(
            "ArnEquals",
            "iam:PolicyARN",
            "arn:aws:iam::aws:policy/ReadOnlyAccess",
        )]),
    );
}

/// The user already has the permissions that a write could grant.
fn already_both(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    plot.expect_both(user);
    let group = plot.arn(plot.commons.group_a);
    writer(plot, user, &["iam:AddUserToGroup"], &group);
}

/// The denial is in another group, which the user may not leave.
fn leaves_another_group(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    plot.group_of(user, "NeverApprovals", policy([deny(&[APPROVE])]));
    let other = plot.group_of(user, "Lunch", policy([allow(&["s3:GetObject"])]));
    let arn = plot.arn(other);
    writer(plot, user, &["iam:RemoveUserFromGroup"], &arn);
}
