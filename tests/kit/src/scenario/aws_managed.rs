//! AWS managed policies. Those that give both slots are not attached to a slot's group.

use super::scenarios;
use crate::code::Code;
use crate::holder::User;
use crate::plot::Plot;

scenarios![
    "aws_managed": administrator, power_user, system_administrator, pipeline_full_access, pipeline_approver, read_only, read_only_approver,
    power_user_bounded_to_reading, administrator_by_group_of_its_own, role_of_approver_access,
];

fn user_with(plot: &mut Plot<'_>, policy: &str) -> User {
    let user = plot.user();
    plot.attach_aws(user, policy);
    user
}

/// A user who may approve everything, and can bypass the gate.
fn user_past_the_gate(plot: &mut Plot<'_>, policy: &str) -> User {
    let user = user_with(plot, policy);
    plot.expect_both(user);
    plot.expect(Code::CanBypassGate, user);
    user
}

fn administrator(plot: &mut Plot<'_>) {
    let user = user_past_the_gate(plot, "AdministratorAccess");
    plot.expect(Code::CanMakeSecondPerson, user);
}

/// Its `NotAction` is of IAM and Organizations, so it allows everything in CodePipeline and Lambda.
fn power_user(plot: &mut Plot<'_>) {
    user_past_the_gate(plot, "PowerUserAccess");
}

fn system_administrator(plot: &mut Plot<'_>) {
    user_past_the_gate(plot, "job-function/SystemAdministrator");
}

fn pipeline_full_access(plot: &mut Plot<'_>) {
    user_past_the_gate(plot, "AWSCodePipeline_FullAccess");
}

/// Approves everything, but can change nothing.
fn pipeline_approver(plot: &mut Plot<'_>) {
    let user = user_with(plot, "AWSCodePipelineApproverAccess");
    plot.expect_both(user);
}

fn read_only(plot: &mut Plot<'_>) {
    user_with(plot, "ReadOnlyAccess");
}

fn read_only_approver(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.attach_aws(user, "ReadOnlyAccess");
}

/// An AWS managed policy as a boundary. It permits only reading.
fn power_user_bounded_to_reading(plot: &mut Plot<'_>) {
    let user = user_with(plot, "PowerUserAccess");
    let boundary = plot.account.aws_managed("ReadOnlyAccess");
    plot.account.bound(user.into(), boundary);
}

/// One group that serves both slots is not two groups.
fn administrator_by_group_of_its_own(plot: &mut Plot<'_>) {
    let user = plot.user();
    let group = plot.group("RegionalAdministrators");
    plot.attach_aws(group, "AdministratorAccess");
    plot.account.join(user, group);
    plot.expect_both(user);
    plot.expect(Code::CanBypassGate, user);
    plot.expect(Code::CanMakeSecondPerson, user);
}

fn role_of_approver_access(plot: &mut Plot<'_>) {
    let (role, user) = plot.role_of_a_user("release-manager");
    plot.attach_aws(role, "AWSCodePipelineApproverAccess");
    plot.expect(Code::CanApproveBoth, role);
    plot.expect(Code::CanApproveBothThroughRole, user);
}
