//! Explicit denies. Some are effective and others are not.

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, ANY, APPROVE, B, Statement, allow, approve, b, deny, deny_all_but, policy};

scenarios![
    "denial": by_group, by_inline, by_attached, of_all_but_one_slot, of_all_but_reading, of_everything, of_one_pipeline, of_all_regions_but_one, of_another_action,
    of_another_case, administrator_without_approvals, on_the_role,
];

/// A user who is allowed both slots, except for a denial.
fn cut(plot: &mut Plot<'_>, denial: Statement, expected: &[Code]) {
    let user = plot.user();
    plot.approves_both(user);
    plot.inline(user, policy([denial]));
    for code in expected {
        plot.expect(*code, user);
    }
}

const ONE_SLOT_LEFT: &[Code] = &[Code::ApproverWithoutMfa];
const NOTHING_LEFT: &[Code] = &[];
const BOTH_LEFT: &[Code] = &[Code::CanApproveBoth, Code::ApproverWithoutMfa];

fn by_group(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    plot.group_of(user, "NoApprovalB", policy([deny(&[APPROVE]).on(&[B])]));
    plot.expect(Code::ApproverWithoutMfa, user);
}

fn by_inline(plot: &mut Plot<'_>) {
    cut(plot, deny(&["codepipeline:Put*"]).on(&[A]), ONE_SLOT_LEFT);
}

fn by_attached(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    let denial = plot.policy("DenyApprovals", policy([deny(&[APPROVE]).on(&[A, B])]));
    plot.account.attach(user.into(), denial);
}

/// `NotResource`: everything except slot A is denied.
fn of_all_but_one_slot(plot: &mut Plot<'_>) {
    cut(plot, deny(&[APPROVE]).on_all_but(&[A]), ONE_SLOT_LEFT);
}

/// `NotAction`: all actions except these are denied.
fn of_all_but_reading(plot: &mut Plot<'_>) {
    cut(plot, deny_all_but(&["s3:*", "codepipeline:Get*"]).on(&[ANY]), NOTHING_LEFT);
}

fn of_everything(plot: &mut Plot<'_>) {
    cut(plot, deny(&["*"]).on(&[ANY]), NOTHING_LEFT);
}

/// Both slots of every other pipeline remain.
fn of_one_pipeline(plot: &mut Plot<'_>) {
    cut(plot, deny(&[APPROVE]).on(&[b("payments", "*")]), BOTH_LEFT);
}

/// Slot B remains in one region, and slot A also.
fn of_all_regions_but_one(plot: &mut Plot<'_>) {
    cut(
        plot,
        deny(&[APPROVE]).on_all_but(&[A, "arn:aws:codepipeline:eu-north-1:*:*/*/ApprovalB"]),
        BOTH_LEFT,
    );
}

fn of_another_action(plot: &mut Plot<'_>) {
    cut(
        plot,
        deny(&["codepipeline:PutActionRevision", "codepipeline:PutJob*"]).on(&[ANY]),
        BOTH_LEFT,
    );
}

/// `approvalB` is not `ApprovalB`.
fn of_another_case(plot: &mut Plot<'_>) {
    cut(plot, deny(&[APPROVE]).on(&["arn:aws:codepipeline:*:*:*/*/approvalB"]), BOTH_LEFT);
}

/// A usual way to keep operators out of releases: no approvals, no changes of pipelines, the gate
/// or identities, and no other roles.
fn administrator_without_approvals(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([allow(&["*"]).on(&[ANY])]));
    plot.inline(
        user,
        policy([deny(&["codepipeline:*", "lambda:*", "iam:*", "sts:AssumeRole"]).on(&[ANY])]),
    );
}

fn on_the_role(plot: &mut Plot<'_>) {
    let role = plot.abandoned_role("former-operator");
    plot.approves_both(role);
    plot.inline(role, policy([deny(&[APPROVE]).on(&[B]), approve(&[A])]));
}
