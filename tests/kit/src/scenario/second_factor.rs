//! Credentials of approvers whose approvals need a second factor: somebody also needs a device.

use super::scenarios;
use crate::code::Code;
use crate::holder::User;
use crate::plot::Plot;
use crate::policy::{ANY, APPROVE, B, Statement, allow, approve, deny, policy};

scenarios![
    "second_factor": password_and_a_device, password_of_somebody_who_adds_devices, access_key_that_no_denial_sees, password_without_a_device, password_and_a_device_of_itself,
    password_and_another_code, access_key_under_a_denial, device_without_a_password,
];

const MFA: &str = "aws:MultiFactorAuthPresent";
const PASSWORD: &str = "iam:UpdateLoginProfile";
const DEVICE: &str = "iam:EnableMFADevice";

/// An approver of slot A, and a user with these statements.
fn two(plot: &mut Plot<'_>, statements: Vec<Statement>) -> (User, User) {
    let (user, other) = (plot.approver_of_a(), plot.user());
    plot.inline(other, policy(statements));
    (user, other)
}

fn with_factor() -> Statement {
    approve(&[B]).when("Bool", MFA, "true")
}

/// The user may do these actions to the other one.
fn may(plot: &mut Plot<'_>, (user, other): (User, User), actions: &[&str]) {
    let arn = plot.arn(other);
    plot.inline(user, policy([allow(actions).on(&[arn])]));
}

fn password_and_a_device(plot: &mut Plot<'_>) {
    let pair = two(plot, vec![with_factor()]);
    may(plot, pair, &[PASSWORD, "iam:CreateVirtualMFADevice", DEVICE]);
    plot.expect(Code::CanGrantItself, pair.0);
}

/// The usual policy for people who manage their own devices.
fn password_of_somebody_who_adds_devices(plot: &mut Plot<'_>) {
    let own = allow(&[DEVICE]).on(&["arn:aws:iam::*:user/${aws:username}"]);
    let pair = two(plot, vec![with_factor(), own]);
    may(plot, pair, &[PASSWORD]);
    plot.expect(Code::CanGrantItself, pair.0);
}

/// Requests with an access key do not have the condition key.
fn access_key_that_no_denial_sees(plot: &mut Plot<'_>) {
    let denial = deny(&[APPROVE]).on(&[ANY]).when("Bool", MFA, "false");
    let pair = two(plot, vec![approve(&[B]), denial]);
    may(plot, pair, &["iam:CreateAccessKey"]);
    plot.expect(Code::CanGrantItself, pair.0);
    plot.expect(Code::ApproverWithoutMfa, pair.1);
}

fn password_without_a_device(plot: &mut Plot<'_>) {
    let pair = two(plot, vec![with_factor()]);
    may(plot, pair, &[PASSWORD, "iam:DeactivateMFADevice"]);
}

fn password_and_a_device_of_itself(plot: &mut Plot<'_>) {
    let pair = two(plot, vec![with_factor()]);
    may(plot, pair, &[PASSWORD]);
    may(plot, (pair.0, pair.0), &[DEVICE]);
}

/// To synchronize a device takes two of its codes.
fn password_and_another_code(plot: &mut Plot<'_>) {
    let pair = two(plot, vec![with_factor()]);
    may(plot, pair, &[PASSWORD, "iam:ResyncMFADevice"]);
}

fn access_key_under_a_denial(plot: &mut Plot<'_>) {
    let denial = deny(&[APPROVE]).on(&[ANY]).when("BoolIfExists", MFA, "false");
    let pair = two(plot, vec![approve(&[B]), denial]);
    may(plot, pair, &["iam:CreateAccessKey"]);
}

fn device_without_a_password(plot: &mut Plot<'_>) {
    let pair = two(plot, vec![with_factor()]);
    may(plot, pair, &["iam:CreateVirtualMFADevice", DEVICE]);
}
