//! What AWS's own policies give. Those that give both slots are in no group of a slot.

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

/// Who may approve everything, and do without the gate.
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

/// `NotAction` of IAM and Organizations: everything of CodePipeline and Lambda.
fn power_user(plot: &mut Plot<'_>) {
    user_past_the_gate(plot, "PowerUserAccess");
}

fn system_administrator(plot: &mut Plot<'_>) {
    user_past_the_gate(plot, "job-function/SystemAdministrator");
}

fn pipeline_full_access(plot: &mut Plot<'_>) {
    user_past_the_gate(plot, "AWSCodePipeline_FullAccess");
}

/// Approves everything, and can change nothing.
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

/// AWS's policy as a boundary: it lets through reading only.
fn power_user_bounded_to_reading(plot: &mut Plot<'_>) {
    let user = user_with(plot, "PowerUserAccess");
    let boundary = plot.account.aws_managed("ReadOnlyAccess");
    plot.account.bound(user.into(), boundary);
}

/// One group that serves all slots is not two groups.
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
    let role = plot.abandoned_role("former-release-manager");
    plot.attach_aws(role, "AWSCodePipelineApproverAccess");
    plot.expect(Code::CanApproveBoth, role);
}
