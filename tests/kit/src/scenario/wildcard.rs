//! Patterns of actions and resources that match more, or less, than they seem to.

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, ANY, APPROVE, B, Statement, a, allow, allow_all_but, approve, b, policy};

scenarios![
    "wildcard": everything_of_approval, action_in_other_case, action_by_prefix, action_of_another_name, any_single_letter, one_star_for_three_parts,
    slashes_under_a_star, pipeline_arn_only, whole_pipeline, longer_name, other_case, other_account, other_partition, all_but_reading, all_but_pipelines,
    all_but_one_slot, all_but_both_slots, all_but_one_slot_of_one_pipeline,
];

fn both(plot: &mut Plot<'_>, statement: Statement) {
    let user = plot.user();
    plot.inline(user, policy([statement]));
    plot.expect_both(user);
}

fn one(plot: &mut Plot<'_>, statement: Statement) {
    let user = plot.user();
    plot.inline(user, policy([statement]));
    plot.expect(Code::ApproverWithoutMfa, user);
}

fn none(plot: &mut Plot<'_>, statement: Statement) {
    let user = plot.user();
    plot.inline(user, policy([statement]));
}

fn everything_of_approval(plot: &mut Plot<'_>) {
    both(plot, allow(&[APPROVE]).on(&[ANY]));
}

/// Names of actions are not case-sensitive.
fn action_in_other_case(plot: &mut Plot<'_>) {
    both(plot, allow(&["CodePipeline:putapprovalRESULT"]).on(&[A, B]));
}

/// The resources exclude changes of pipelines and reports on jobs.
fn action_by_prefix(plot: &mut Plot<'_>) {
    both(plot, allow(&["codepipeline:Put*"]).on(&[A, B]));
}

fn action_of_another_name(plot: &mut Plot<'_>) {
    none(plot, allow(&["codepipeline:PutApproval", "codepipeline:*Approvals"]).on(&[ANY]));
}

fn any_single_letter(plot: &mut Plot<'_>) {
    both(plot, approve(&["arn:aws:codepipeline:*:*:*/*/Approval?"]));
}

fn one_star_for_three_parts(plot: &mut Plot<'_>) {
    both(plot, approve(&["arn:aws:codepipeline:*"]));
}

/// A star also matches slashes: this is slot A of every stage.
fn slashes_under_a_star(plot: &mut Plot<'_>) {
    both(
        plot,
        approve(&["arn:aws:codepipeline:*:*:*/ApprovalA", "arn:aws:codepipeline:*:*:*ApprovalB"]),
    );
}

/// The ARN of a pipeline does not include its actions.
fn pipeline_arn_only(plot: &mut Plot<'_>) {
    none(plot, approve(&["arn:aws:codepipeline:eu-west-1:111122223333:payments"]));
}

fn whole_pipeline(plot: &mut Plot<'_>) {
    both(plot, approve(&["arn:aws:codepipeline:eu-west-1:111122223333:payments/*"]));
}

/// `ApprovalAX` and `ReApprovalB` are other actions.
fn longer_name(plot: &mut Plot<'_>) {
    none(
        plot,
        approve(&[
            "arn:aws:codepipeline:*:*:*/*/ApprovalAX",
            "arn:aws:codepipeline:*:*:*/*/ReApprovalB",
        ]),
    );
}

/// Resources are case-sensitive.
fn other_case(plot: &mut Plot<'_>) {
    one(plot, approve(&["arn:aws:codepipeline:*:*:*/*/approvalA", B]));
}

fn other_account(plot: &mut Plot<'_>) {
    one(plot, approve(&[A, "arn:aws:codepipeline:*:999988887777:*/*/ApprovalB"]));
}

fn other_partition(plot: &mut Plot<'_>) {
    one(plot, approve(&[A, "arn:aws-cn:codepipeline:*:*:*/*/ApprovalB"]));
}

/// `NotAction` allows everything else: both slots, and changes of pipelines and functions.
fn all_but_reading(plot: &mut Plot<'_>) {
    let user = plot.user();
    let but = ["iam:*", "sts:*", "organizations:*", "s3:Get*"];
    plot.inline(user, policy([allow_all_but(&but).on(&[ANY])]));
    plot.expect_both(user);
    plot.expect(Code::CanBypassGate, user);
}

fn all_but_pipelines(plot: &mut Plot<'_>) {
    none(plot, allow_all_but(&["codepipeline:*", "iam:*", "sts:*", "lambda:*"]).on(&[ANY]));
}

/// `NotResource` with one slot allows the other.
fn all_but_one_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.inline(user, policy([allow(&[APPROVE]).on_all_but(&[A])]));
    plot.expect(Code::CanApproveBoth, user);
}

/// It allows only actions that are not slots.
fn all_but_both_slots(plot: &mut Plot<'_>) {
    none(plot, allow(&[APPROVE]).on_all_but(&[A, B]));
}

/// This allows both slots of every other pipeline.
fn all_but_one_slot_of_one_pipeline(plot: &mut Plot<'_>) {
    both(plot, allow(&[APPROVE]).on_all_but(&[&a("payments", "*"), &b("payments", "*")]));
}
