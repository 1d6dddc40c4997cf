//! Code that may run with a role that approves, and people who may change such code.
//!
//! These are planted in separate accounts: in a large account, many developers may change some
//! function, and a role of functions that approves makes every one of them a finding.

use super::scenarios;
use crate::code::Code;
use crate::holder::User;
use crate::plot::{Plot, service};
use crate::policy::{A, ANY, APPROVE, B, allow, approve, deny, policy};

scenarios![
    "running": commands_on_instances, session_on_an_instance, key_for_an_instance, code_of_a_function, layer_of_a_function, build_with_another_buildspec, stack_that_keeps_its_role,
    shell_in_a_task, command_of_a_job, steps_of_a_state_machine, notebook, user_data, role_of_a_developer, role_that_joins_the_other_group, role_of_its_own_slot, role_of_another_service,
    role_that_is_denied, lacks_the_start, lacks_a_slot, only_invokes, denied, bounded, passes_the_role,
];

const FUNCTION: &str = "arn:aws:lambda:*:*:function:orders-worker";

/// A role of a service that approves a slot, and a user who approves slot A and may do these
/// actions.
fn changes(plot: &mut Plot<'_>, trusted: &str, slot: &str, actions: &[&str], on: &str) -> User {
    let user = plot.approver_of_a();
    let role = plot.role("automation", service(trusted));
    plot.inline(role, policy([approve(&[slot])]));
    plot.expect(Code::MachineCanApprove, role);
    plot.inline(user, policy([allow(actions).on(&[on])]));
    user
}

fn may_run(plot: &mut Plot<'_>, trusted: &str, actions: &[&str], on: &str) {
    let user = changes(plot, trusted, B, actions, on);
    plot.expect_witness(Code::MayRunAsApprover, user, "/ApprovalB");
}

fn commands_on_instances(plot: &mut Plot<'_>) {
    may_run(plot, "ec2", &["ssm:SendCommand"], ANY);
}

fn session_on_an_instance(plot: &mut Plot<'_>) {
    may_run(plot, "ec2", &["ssm:StartSession"], "arn:aws:ec2:*:*:instance/*");
}

fn key_for_an_instance(plot: &mut Plot<'_>) {
    may_run(plot, "ec2", &["ec2-instance-connect:SendSSHPublicKey"], ANY);
}

fn user_data(plot: &mut Plot<'_>) {
    let actions = ["ec2:ModifyInstanceAttribute", "ec2:StopInstances", "ec2:StartInstances"];
    may_run(plot, "ec2", &actions, ANY);
}

fn code_of_a_function(plot: &mut Plot<'_>) {
    may_run(plot, "lambda", &["lambda:UpdateFunctionCode"], FUNCTION);
}

fn layer_of_a_function(plot: &mut Plot<'_>) {
    may_run(plot, "lambda", &["lambda:UpdateFunctionConfiguration"], FUNCTION);
}

fn build_with_another_buildspec(plot: &mut Plot<'_>) {
    may_run(plot, "codebuild", &["codebuild:StartBuild"], ANY);
}

fn stack_that_keeps_its_role(plot: &mut Plot<'_>) {
    may_run(plot, "cloudformation", &["cloudformation:UpdateStack"], ANY);
}

fn shell_in_a_task(plot: &mut Plot<'_>) {
    may_run(plot, "ecs-tasks", &["ecs:ExecuteCommand"], ANY);
}

fn command_of_a_job(plot: &mut Plot<'_>) {
    may_run(plot, "ecs-tasks", &["batch:SubmitJob"], ANY);
}

fn steps_of_a_state_machine(plot: &mut Plot<'_>) {
    may_run(plot, "states", &["states:UpdateStateMachine"], ANY);
}

fn notebook(plot: &mut Plot<'_>) {
    may_run(plot, "sagemaker", &["sagemaker:CreatePresignedNotebookInstanceUrl"], ANY);
}

/// The user becomes a role that changes what runs.
fn role_of_a_developer(plot: &mut Plot<'_>) {
    let user = changes(plot, "ec2", B, &["ec2:DescribeInstances"], ANY);
    let principal = plot.names(user);
    let developer = plot.role("developer", principal);
    plot.inline(developer, policy([allow(&["ssm:StartSession"]).on(&[ANY])]));
    plot.expect(Code::MayRunAsApprover, user);
}

/// What runs does not approve, but puts the user into the other group.
fn role_that_joins_the_other_group(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = plot.role("automation", service("ec2"));
    let group = plot.arn(plot.commons.group_b);
    plot.inline(role, policy([allow(&["iam:AddUserToGroup"]).on(&[group])]));
    plot.inline(user, policy([allow(&["ssm:SendCommand"]).on(&[ANY])]));
    plot.expect(Code::MayRunAsApprover, user);
}

/// Both have the same slot.
fn role_of_its_own_slot(plot: &mut Plot<'_>) {
    changes(plot, "ec2", A, &["ssm:SendCommand"], ANY);
}

fn role_of_another_service(plot: &mut Plot<'_>) {
    changes(plot, "glue", B, &["ssm:SendCommand", "codebuild:StartBuild"], ANY);
}

fn role_that_is_denied(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let role = plot.role("automation", service("ec2"));
    plot.inline(role, policy([approve(&[B]), deny(&[APPROVE]).on(&[ANY])]));
    plot.inline(user, policy([allow(&["ssm:SendCommand"]).on(&[ANY])]));
}

fn lacks_the_start(plot: &mut Plot<'_>) {
    changes(plot, "ec2", B, &["ec2:ModifyInstanceAttribute", "ec2:StopInstances"], ANY);
}

fn lacks_a_slot(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = plot.role("automation", service("ec2"));
    plot.inline(role, policy([approve(&[B])]));
    plot.expect(Code::MachineCanApprove, role);
    plot.inline(user, policy([allow(&["ssm:SendCommand"]).on(&[ANY])]));
}

fn only_invokes(plot: &mut Plot<'_>) {
    changes(plot, "lambda", B, &["lambda:InvokeFunction"], FUNCTION);
}

fn denied(plot: &mut Plot<'_>) {
    let user = changes(plot, "ec2", B, &["ssm:SendCommand"], ANY);
    plot.inline(user, policy([deny(&["ssm:*"]).on(&[ANY])]));
}

fn bounded(plot: &mut Plot<'_>) {
    let user = changes(plot, "ec2", B, &["ssm:SendCommand"], ANY);
    plot.bound(user, policy([allow(&[APPROVE, "ec2:*"]).on(&[ANY])]));
}

/// What is certain is no note.
fn passes_the_role(plot: &mut Plot<'_>) {
    let actions = ["codebuild:StartBuild", "codebuild:CreateProject", "iam:PassRole"];
    let user = changes(plot, "codebuild", B, &actions, ANY);
    plot.expect(Code::CanGrantItself, user);
}
