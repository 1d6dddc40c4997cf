//! Principals that are several steps away from two slots, or from a way past the gate.

use serde_json::Value;

use super::scenarios;
use crate::code::Code;
use crate::holder::{Role, User};
use crate::plot::{Plot, service};
use crate::policy::{A, ANY, B, Statement, allow, approve, deny, policy};

scenarios![
    "further": role_that_joins_the_other_group, role_that_makes_keys_of_both, makes_keys_of_both, makes_a_key_of_a_deputy, opens_a_role_on_the_way, swaps_the_groups,
    overwrites_its_denial, role_past_the_gate, passes_a_role_to_a_schedule, passes_a_role_and_lacks_a_part, passes_a_role_to_another_service, role_that_joins_its_own_group,
    makes_keys_of_one_slot, opens_a_role_on_no_way, swaps_for_its_own_slot, writes_another_policy, keys_of_tagged_users,
];

/// A role for one user, with these statements.
fn role_for(plot: &mut Plot<'_>, user: User, wish: &str, statements: Value) -> Role {
    let principal = plot.names(user);
    let role = plot.role(wish, principal);
    plot.inline(role, statements);
    role
}

fn joins(plot: &mut Plot<'_>, group: &str) -> User {
    let user = plot.approver_of_a();
    role_for(plot, user, "joiner", policy([allow(&["iam:AddUserToGroup"]).on(&[group])]));
    user
}

/// The role writes for the user.
fn role_that_joins_the_other_group(plot: &mut Plot<'_>) {
    let group = plot.arn(plot.commons.group_b);
    let user = joins(plot, &group);
    plot.expect(Code::CanGrantItself, user);
}

fn role_that_joins_its_own_group(plot: &mut Plot<'_>) {
    let group = plot.arn(plot.commons.group_a);
    joins(plot, &group);
}

fn keys_of(plot: &mut Plot<'_>, users: &[User]) -> Statement {
    let arns: Vec<String> = users.iter().map(|user| plot.arn(*user)).collect();
    allow(&["iam:CreateAccessKey"]).on(&arns)
}

/// Nobody in between has a slot.
fn makes_keys_of_both(plot: &mut Plot<'_>) {
    let (a, b, user) = (plot.approver_of_a(), plot.approver_of_b(), plot.user());
    let keys = keys_of(plot, &[a, b]);
    plot.inline(user, policy([keys]));
    plot.expect(Code::CanGrantItself, user);
}

fn role_that_makes_keys_of_both(plot: &mut Plot<'_>) {
    let (a, b, user) = (plot.approver_of_a(), plot.approver_of_b(), plot.user());
    let keys = keys_of(plot, &[a, b]);
    let role = role_for(plot, user, "helpdesk", policy([keys]));
    plot.expect(Code::CanGrantItself, user);
    plot.expect(Code::CanGrantItself, role);
}

fn makes_keys_of_one_slot(plot: &mut Plot<'_>) {
    let (one, other, user) = (plot.approver_of_b(), plot.approver_of_b(), plot.user());
    let keys = keys_of(plot, &[one, other]);
    plot.inline(user, policy([keys]));
}

/// The deputy approves as a role only.
fn makes_a_key_of_a_deputy(plot: &mut Plot<'_>) {
    let (user, deputy) = (plot.approver_of_a(), plot.user());
    role_for(plot, deputy, "ApprovalB-deputy", policy([approve(&[B])]));
    let keys = keys_of(plot, &[deputy]);
    plot.inline(user, policy([keys]));
    plot.expect(Code::CanGrantItself, user);
}

/// A role of a service, which may become a role that approves slot B.
fn stepping_stone(plot: &mut Plot<'_>, approves: &[&str]) -> String {
    let stone = plot.role("stepping-stone", service("ec2"));
    let principal = plot.names(stone);
    let end = plot.role("behind-the-stone", principal);
    plot.inline(end, policy([approve(approves)]));
    plot.arn(stone)
}

fn opens(plot: &mut Plot<'_>, role: &str) -> User {
    let user = plot.approver_of_a();
    plot.inline(user, policy([allow(&["iam:UpdateAssumeRolePolicy"]).on(&[role])]));
    user
}

fn opens_a_role_on_the_way(plot: &mut Plot<'_>) {
    let stone = stepping_stone(plot, &[B]);
    let user = opens(plot, &stone);
    plot.expect(Code::CanGrantItself, user);
}

fn opens_a_role_on_no_way(plot: &mut Plot<'_>) {
    let stone = stepping_stone(plot, &[A]);
    opens(plot, &stone);
}

/// Two groups that deny each other's slot.
fn exclusive_groups(plot: &mut Plot<'_>) -> [crate::holder::Group; 2] {
    [("OnlyA", A, B), ("OnlyB", B, A)].map(|(wish, own, other)| {
        let group = plot.group(wish);
        let denial = deny(&["codepipeline:PutApprovalResult"]).on(&[other]);
        plot.inline(group, policy([approve(&[own]), denial]));
        group
    })
}

/// The user approves as a member of the one group, changes to the other, and approves again.
fn swaps_the_groups(plot: &mut Plot<'_>) {
    let user = plot.user();
    let [own, other] = exclusive_groups(plot);
    plot.account.join(user, own);
    plot.expect(Code::ApproverWithoutMfa, user);
    let groups = [own, other].map(|group| plot.arn(group));
    let swaps = allow(&["iam:AddUserToGroup", "iam:RemoveUserFromGroup"]).on(&groups);
    plot.inline(user, policy([swaps]));
    plot.expect(Code::CanGrantItself, user);
}

fn swaps_for_its_own_slot(plot: &mut Plot<'_>) {
    let user = plot.user();
    let [own, _] = exclusive_groups(plot);
    plot.account.join(user, own);
    plot.expect(Code::ApproverWithoutMfa, user);
    let groups = [own, plot.commons.group_a].map(|group| plot.arn(group));
    let swaps = allow(&["iam:AddUserToGroup", "iam:RemoveUserFromGroup"]).on(&groups);
    plot.inline(user, policy([swaps]));
}

fn denied_by_its_own_policy(plot: &mut Plot<'_>) -> User {
    let user = plot.approver_of_a();
    plot.inline(user, policy([deny(&["codepipeline:PutApprovalResult"]).on(&[B])]));
    user
}

/// A policy of the same name takes the place of the one that denies.
fn overwrites_its_denial(plot: &mut Plot<'_>) {
    let user = denied_by_its_own_policy(plot);
    let itself = plot.arn(user);
    plot.inline(user, policy([allow(&["iam:PutUserPolicy"]).on(&[itself])]));
    plot.expect(Code::CanGrantItself, user);
    plot.expect(Code::CanBypassGate, user);
}

fn writes_another_policy(plot: &mut Plot<'_>) {
    let (user, other) = (denied_by_its_own_policy(plot), plot.user());
    let other = plot.arn(other);
    plot.inline(user, policy([allow(&["iam:PutUserPolicy", "iam:DeleteUserPolicy"]).on(&[other])]));
}

fn role_past_the_gate(plot: &mut Plot<'_>) {
    let user = plot.user();
    let statement = allow(&["codepipeline:UpdatePipeline"]).on(&[ANY]);
    let role = role_for(plot, user, "deployer", policy([statement]));
    plot.expect(Code::CanBypassGate, role);
    plot.expect(Code::CanBypassGate, user);
}

/// A role of a service that approves slot B, and a user who may pass it.
fn passes(plot: &mut Plot<'_>, trusted: &str, actions: &[&str]) -> User {
    let user = plot.approver_of_a();
    let role = plot.role("automation", service(trusted));
    plot.inline(role, policy([approve(&[B])]));
    plot.expect(Code::MachineCanApprove, role);
    let arn = plot.arn(role);
    plot.inline(user, policy([allow(&["iam:PassRole"]).on(&[arn]), allow(actions).on(&[ANY])]));
    user
}

/// A schedule calls any API with its role.
fn passes_a_role_to_a_schedule(plot: &mut Plot<'_>) {
    let user = passes(plot, "scheduler", &["scheduler:CreateSchedule"]);
    plot.expect(Code::CanGrantItself, user);
}

/// Nobody starts the build.
fn passes_a_role_and_lacks_a_part(plot: &mut Plot<'_>) {
    passes(plot, "codebuild", &["codebuild:CreateProject"]);
}

fn passes_a_role_to_another_service(plot: &mut Plot<'_>) {
    passes(plot, "glue", &["scheduler:CreateSchedule"]);
}

/// The tags of the users decide, and the account shows them.
fn keys_of_tagged_users(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let keys = allow(&["iam:CreateAccessKey"]).on(&[ANY]);
    let keys = keys.when("StringEquals", "iam:ResourceTag/served-by", "the-help-desk");
    plot.inline(user, policy([keys]));
}
