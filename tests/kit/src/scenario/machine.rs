//! Roles that approve and that a machine can assume.

use serde_json::{Value, json};

use super::scenarios;
use crate::ACCOUNT;
use crate::code::Code;
use crate::holder::Role;
use crate::plot::{Plot, service};
use crate::policy::{A, B, allow, approve, let_assume, policy};

scenarios![
    "machine": instance, build, function_of_both_slots, github, gitlab, service_and_a_person, service_that_only_looks, service_that_is_bounded, service_of_a_look_alike_slot,
    role_by_its_own_tag,
];

fn approver_role(plot: &mut Plot<'_>, wish: &str, principal: Value) -> Role {
    let role = plot.role(wish, principal);
    plot.inline(role, policy([approve(&[A])]));
    plot.expect(Code::MachineCanApprove, role);
    role
}

fn instance(plot: &mut Plot<'_>) {
    let role = approver_role(plot, "release-runner", service("ec2"));
    plot.account.instance_profile(role);
}

fn build(plot: &mut Plot<'_>) {
    approver_role(plot, "codebuild-release", service("codebuild"));
}

fn function_of_both_slots(plot: &mut Plot<'_>) {
    let role = plot.role("chatops", service("lambda"));
    plot.approves_both(role);
    plot.expect(Code::MachineCanApprove, role);
}

fn of_oidc_provider(plot: &mut Plot<'_>, host: &str, subject: &str) {
    let trust =
        let_assume(json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")}))
            .when("StringEquals", &format!("{host}:aud"), "sts.amazonaws.com")
            .when("StringLike", &format!("{host}:sub"), subject);
    let role = plot.role_with_trust("ci-release", policy([trust]));
    plot.inline(role, policy([approve(&[B])]));
    plot.expect(Code::MachineCanApprove, role);
}

fn github(plot: &mut Plot<'_>) {
    of_oidc_provider(
        plot,
        "token.actions.githubusercontent.com",
        "repo:example/payments:ref:refs/heads/main",
    );
}

fn gitlab(plot: &mut Plot<'_>) {
    of_oidc_provider(plot, "gitlab.com", "project_path:example/payments:ref_type:branch:ref:main");
}

/// Both a person and a service can assume it.
fn service_and_a_person(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = json!({"AWS": plot.arn(user), "Service": "lambda.amazonaws.com"});
    approver_role(plot, "release-helper", principal);
}

fn service_that_only_looks(plot: &mut Plot<'_>) {
    let role = plot.role("release-dashboard", service("lambda"));
    plot.inline(role, policy([allow(&["codepipeline:Get*", "codepipeline:List*"])]));
}

fn service_that_is_bounded(plot: &mut Plot<'_>) {
    let role = plot.role("bounded-runner", service("ec2"));
    plot.approves_both(role);
    plot.bound(role, policy([allow(&["s3:*", "logs:*", "ec2:*"])]));
}

fn service_of_a_look_alike_slot(plot: &mut Plot<'_>) {
    let role = plot.role("smoke-tests", service("codebuild"));
    plot.inline(role, policy([approve(&["arn:aws:codepipeline:*:*:*/*/ApprovalAutomated"])]));
}

/// The role's tag selects the slot, and its sessions cannot change the tag.
fn role_by_its_own_tag(plot: &mut Plot<'_>) {
    let role = plot.role("tagged-runner", service("ec2"));
    plot.tag(role, "Slot", "A");
    plot.inline(
        role,
        policy([approve(&["arn:aws:codepipeline:*:*:*/*/Approval${aws:PrincipalTag/Slot}"])]),
    );
    plot.expect(Code::MachineCanApprove, role);
}
