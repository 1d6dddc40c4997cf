//! Principals that are one write to IAM away from two slots.

use serde_json::Value;

use super::scenarios;
use crate::code::Code;
use crate::holder::User;
use crate::plot::{Plot, service};
use crate::policy::{A, ANY, B, allow, allow_all_but, approve, deny, let_assume, policy};

scenarios![
    "grant": everything_of_iam, everything_but_pipelines, joins_any_group, joins_the_other_group, writes_its_own_policy, attaches_to_itself, writes_by_its_own_name,
    writes_its_groups_policy, attaches_to_its_group, writes_policy_of_its_role, attaches_to_its_role, role_writes_its_own_policy, new_version_of_its_policy,
    new_version_of_its_groups_policy, sets_back_its_policy, opens_the_role_of_the_other_slot, access_key_of_the_other_approver, first_password_of_the_other_approver,
    new_password_of_the_other_approver, access_key_of_anybody, passes_role_to_a_function, passes_role_to_a_build, changes_its_own_tag, role_changes_its_own_tag, leaves_the_group_that_denies, takes_its_denial_off,
    already_both_and_the_keys_of_others,
];

/// A user who may write, which is a finding.
fn writer(plot: &mut Plot<'_>, user: User, actions: &[&str], resource: &str) {
    plot.inline(user, policy([allow(actions).on(&[resource])]));
    plot.expect(Code::CanGrantItself, user);
}

fn everything_of_iam(plot: &mut Plot<'_>) {
    let user = plot.user();
    writer(plot, user, &["iam:*"], ANY);
    plot.expect(Code::CanMakeSecondPerson, user);
    plot.expect(Code::CanBypassGate, user);
}

/// This includes functions, also the gate's; identities; and any role, for example one that
/// approves both slots.
fn everything_but_pipelines(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([allow_all_but(&["codepipeline:*"]).on(&[ANY])]));
    plot.expect(Code::CanGrantItself, user);
    plot.expect(Code::CanMakeSecondPerson, user);
    plot.expect(Code::CanBypassGate, user);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

/// Every account has a group of administrators.
fn joins_any_group(plot: &mut Plot<'_>) {
    let user = plot.user();
    writer(plot, user, &["iam:AddUserToGroup"], ANY);
    plot.expect(Code::CanBypassGate, user);
}

fn joins_the_other_group(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let group = plot.arn(plot.commons.group_b);
    writer(plot, user, &["iam:AddUserToGroup"], &group);
}

fn writes_its_own_policy(plot: &mut Plot<'_>) {
    let user = plot.user();
    let itself = plot.arn(user);
    writer(plot, user, &["iam:PutUserPolicy"], &itself);
    plot.expect(Code::CanBypassGate, user);
}

fn attaches_to_itself(plot: &mut Plot<'_>) {
    let user = plot.user();
    let itself = plot.arn(user);
    writer(plot, user, &["iam:AttachUserPolicy"], &itself);
    plot.expect(Code::CanBypassGate, user);
}

fn writes_by_its_own_name(plot: &mut Plot<'_>) {
    let user = plot.user();
    writer(plot, user, &["iam:PutUser*"], "arn:aws:iam::*:user/${aws:username}");
    plot.expect(Code::CanBypassGate, user);
}

fn in_a_group_that_it_writes(plot: &mut Plot<'_>, action: &str) {
    let user = plot.user();
    let group = plot.group("platform-leads");
    plot.account.join(user, group);
    let arn = plot.arn(group);
    plot.inline(group, policy([allow(&[action]).on(&[arn])]));
    plot.expect(Code::CanGrantItself, user);
    plot.expect(Code::CanBypassGate, user);
}

fn writes_its_groups_policy(plot: &mut Plot<'_>) {
    in_a_group_that_it_writes(plot, "iam:PutGroupPolicy");
}

fn attaches_to_its_group(plot: &mut Plot<'_>) {
    in_a_group_that_it_writes(plot, "iam:AttachGroupPolicy");
}

fn with_a_role_that_it_writes(plot: &mut Plot<'_>, action: &str) {
    let user = plot.user();
    let principal = plot.names(user);
    let role = plot.role("toolbox", principal);
    plot.inline(role, policy([allow(&["s3:GetObject"])]));
    let arn = plot.arn(role);
    writer(plot, user, &[action], &arn);
    plot.expect(Code::CanBypassGate, user);
}

fn writes_policy_of_its_role(plot: &mut Plot<'_>) {
    with_a_role_that_it_writes(plot, "iam:PutRolePolicy");
}

fn attaches_to_its_role(plot: &mut Plot<'_>) {
    with_a_role_that_it_writes(plot, "iam:AttachRolePolicy");
}

fn role_writes_its_own_policy(plot: &mut Plot<'_>) {
    let role = plot.role("bootstrap", service("ec2"));
    let itself = plot.arn(role);
    plot.inline(role, policy([allow(&["iam:PutRolePolicy"]).on(&[itself])]));
    plot.expect(Code::CanGrantItself, role);
    plot.expect(Code::CanBypassGate, role);
}

fn harmless() -> Value {
    policy([allow(&["codepipeline:Get*", "codepipeline:List*"])])
}

fn new_version_of_its_policy(plot: &mut Plot<'_>) {
    let user = plot.user();
    let attached = plot.policy("team-permissions", harmless());
    plot.account.attach(user.into(), attached);
    let arn = plot.account.policy_arn(attached).to_owned();
    writer(plot, user, &["iam:CreatePolicyVersion"], &arn);
    plot.expect(Code::CanBypassGate, user);
}

fn new_version_of_its_groups_policy(plot: &mut Plot<'_>) {
    let user = plot.user();
    let group = plot.group("policy-authors");
    let attached = plot.policy("team-permissions", harmless());
    plot.account.attach(group.into(), attached);
    plot.account.join(user, group);
    let arn = plot.account.policy_arn(attached).to_owned();
    writer(plot, user, &["iam:CreatePolicyVersion"], &arn);
    plot.expect(Code::CanBypassGate, user);
}

/// An older version allowed both slots.
fn sets_back_its_policy(plot: &mut Plot<'_>) {
    let user = plot.user();
    let attached =
        plot.account.policy("team-permissions", &[policy([approve(&[A, B])]), harmless()], 2);
    plot.account.attach(user.into(), attached);
    let arn = plot.account.policy_arn(attached).to_owned();
    writer(plot, user, &["iam:SetDefaultPolicyVersion"], &arn);
}

fn opens_the_role_of_the_other_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = plot.abandoned_role("ApprovalB-escrow");
    plot.inline(role, policy([approve(&[B])]));
    let arn = plot.arn(role);
    writer(plot, user, &["iam:UpdateAssumeRolePolicy"], &arn);
}

fn credentials_of_the_other_approver(plot: &mut Plot<'_>, action: &str) {
    let (user, other) = (plot.approver_of_a(), plot.approver_of_b());
    let arn = plot.arn(other);
    writer(plot, user, &[action], &arn);
}

fn access_key_of_the_other_approver(plot: &mut Plot<'_>) {
    credentials_of_the_other_approver(plot, "iam:CreateAccessKey");
}

fn first_password_of_the_other_approver(plot: &mut Plot<'_>) {
    credentials_of_the_other_approver(plot, "iam:CreateLoginProfile");
}

fn new_password_of_the_other_approver(plot: &mut Plot<'_>) {
    credentials_of_the_other_approver(plot, "iam:UpdateLoginProfile");
}

/// Every account has an administrator.
fn access_key_of_anybody(plot: &mut Plot<'_>) {
    let user = plot.user();
    writer(plot, user, &["iam:CreateAccessKey"], "arn:aws:iam::*:user/*");
    plot.expect(Code::CanBypassGate, user);
}

/// A service's role approves both slots. A user may pass it to code that the user can run.
fn passes_role(plot: &mut Plot<'_>, of_service: &str, runs_code: &[&str]) -> User {
    let user = plot.user();
    let trust = policy([let_assume(service(of_service))]);
    let role = plot.role_with_trust("chatops", trust);
    plot.approves_both(role);
    plot.expect(Code::MachineCanApprove, role);
    let arn = plot.arn(role);
    plot.inline(user, policy([allow(&["iam:PassRole"]).on(&[arn]), allow(runs_code).on(&[ANY])]));
    plot.expect(Code::CanGrantItself, user);
    user
}

fn passes_role_to_a_function(plot: &mut Plot<'_>) {
    let user = passes_role(plot, "lambda", &["lambda:CreateFunction", "lambda:InvokeFunction"]);
    plot.expect(Code::CanInvokeGate, user);
}

fn passes_role_to_a_build(plot: &mut Plot<'_>) {
    passes_role(plot, "codebuild", &["codebuild:CreateProject", "codebuild:StartBuild"]);
}

const SLOT_BY_TAG: &str = "arn:aws:codepipeline:*:*:*/*/Approval${aws:PrincipalTag/Slot}";

fn changes_its_own_tag(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.tag(user, "Slot", "A");
    plot.inline(user, policy([approve(&[SLOT_BY_TAG])]));
    plot.expect(Code::ApproverWithoutMfa, user);
    let itself = plot.arn(user);
    writer(plot, user, &["iam:TagUser"], &itself);
}

fn role_changes_its_own_tag(plot: &mut Plot<'_>) {
    let role = plot.role("tagging-runner", service("ec2"));
    plot.tag(role, "Slot", "B");
    plot.inline(role, policy([approve(&[SLOT_BY_TAG])]));
    plot.expect(Code::MachineCanApprove, role);
    let itself = plot.arn(role);
    plot.inline(role, policy([allow(&["iam:TagRole"]).on(&[itself])]));
    plot.expect(Code::CanGrantItself, role);
}

/// The group denies the permissions of the user's own policy.
fn leaves_the_group_that_denies(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    let group =
        plot.group_of(user, "NeverApprovals", policy([deny(&["codepipeline:PutApprovalResult"])]));
    let arn = plot.arn(group);
    writer(plot, user, &["iam:RemoveUserFromGroup"], &arn);
}

fn takes_its_denial_off(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    let denial =
        plot.policy("never-approvals", policy([deny(&["codepipeline:PutApprovalResult"])]));
    plot.account.attach(user.into(), denial);
    let itself = plot.arn(user);
    writer(plot, user, &["iam:DetachUserPolicy"], &itself);
}

/// The gate counts the user once, and then twice: as itself and as an approver.
fn already_both_and_the_keys_of_others(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    plot.expect_both(user);
    let itself = plot.arn(user);
    writer(plot, user, &["iam:PutUserPolicy"], &itself);
    plot.expect(Code::CanBypassGate, user);
}
