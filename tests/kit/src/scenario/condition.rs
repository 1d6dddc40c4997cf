//! Conditions: some are decided by the principal, others only by the request.

use serde_json::json;

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, ANY, APPROVE, B, Statement, allow, approve, deny, policy};

scenarios![
    "condition": allowed_with_mfa, denied_without_mfa, mfa_of_the_last_minutes, mfa_for_one_of_two, source_address, source_address_for_one_of_two, denied_from_elsewhere,
    until_a_date, bounded_by_mfa, mfa_but_not_with_access_keys, mfa_if_it_is_there, own_name, own_arn, name_of_somebody_else, arn_of_somebody_else, on_the_role,
    one_slot_with_mfa,
];

const MFA: &str = "aws:MultiFactorAuthPresent";

fn both_if(plot: &mut Plot<'_>, statements: Vec<Statement>, others: &[Code]) {
    let user = plot.user();
    plot.inline(user, policy(statements));
    plot.expect(Code::CanApproveBothIf, user);
    for code in others {
        plot.expect(*code, user);
    }
}

const WITHOUT_MFA: &[Code] = &[Code::ApproverWithoutMfa];

fn allowed_with_mfa(plot: &mut Plot<'_>) {
    both_if(plot, vec![approve(&[A, B]).when("Bool", MFA, "true")], &[]);
}

/// With `BoolIfExists`, access keys without a second factor are denied too.
fn denied_without_mfa(plot: &mut Plot<'_>) {
    let denial = deny(&[APPROVE]).on(&[ANY]).when("BoolIfExists", MFA, "false");
    both_if(plot, vec![approve(&[A, B]), denial], &[]);
}

fn mfa_of_the_last_minutes(plot: &mut Plot<'_>) {
    let statement = approve(&[A, B]).when("NumericLessThan", "aws:MultiFactorAuthAge", "900");
    both_if(plot, vec![statement], &[]);
}

/// Slot A does not need a second factor.
fn mfa_for_one_of_two(plot: &mut Plot<'_>) {
    both_if(plot, vec![approve(&[A]), approve(&[B]).when("Bool", MFA, "true")], WITHOUT_MFA);
}

fn source_address(plot: &mut Plot<'_>) {
    let statement = approve(&[A, B]).when(
        "IpAddress",
        "aws:SourceIp",
        json!(["203.0.113.0/24", "2001:db8::/32"]),
    );
    both_if(plot, vec![statement], WITHOUT_MFA);
}

fn source_address_for_one_of_two(plot: &mut Plot<'_>) {
    let statement = approve(&[B]).when("IpAddress", "aws:SourceIp", "198.51.100.7/32");
    both_if(plot, vec![approve(&[A]), statement], WITHOUT_MFA);
}

fn denied_from_elsewhere(plot: &mut Plot<'_>) {
    let denial = deny(&[APPROVE]).on(&[B]).when("NotIpAddress", "aws:SourceIp", "203.0.113.0/24");
    both_if(plot, vec![approve(&[A, B]), denial], WITHOUT_MFA);
}

fn until_a_date(plot: &mut Plot<'_>) {
    let statement =
        approve(&[A, B]).when("DateLessThan", "aws:CurrentTime", "2099-12-31T23:59:59Z");
    both_if(plot, vec![statement], WITHOUT_MFA);
}

fn bounded_by_mfa(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    plot.bound(user, policy([allow(&["*"]).on(&[ANY]).when("Bool", MFA, "true")]));
    plot.expect(Code::CanApproveBothIf, user);
}

/// `Bool` without `IfExists` does not deny a request without the key, and requests with access keys
/// do not have it.
fn mfa_but_not_with_access_keys(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.inline(user, policy([deny(&[APPROVE]).on(&[ANY]).when("Bool", MFA, "false")]));
}

/// `IfExists` in an allow statement permits such a request.
fn mfa_if_it_is_there(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([approve(&[B]).when("BoolIfExists", MFA, "true")]));
    plot.expect(Code::ApproverWithoutMfa, user);
}

fn only_for(
    plot: &mut Plot<'_>,
    operator: &str,
    key: &str,
    value: impl Fn(&str, &str) -> String,
    both: bool,
) {
    let user = plot.approver_of_a();
    let value = value(plot.account.user_name(user), &plot.arn(user));
    plot.inline(user, policy([approve(&[B]).when(operator, key, value)]));
    if both {
        plot.expect(Code::CanApproveBoth, user);
    }
}

/// The name of the principal is known before the request.
fn own_name(plot: &mut Plot<'_>) {
    only_for(plot, "StringEquals", "aws:username", |name, _| name.to_owned(), true);
}

fn own_arn(plot: &mut Plot<'_>) {
    only_for(plot, "ArnEquals", "aws:PrincipalArn", |_, arn| arn.to_owned(), true);
}

fn name_of_somebody_else(plot: &mut Plot<'_>) {
    only_for(plot, "StringEquals", "aws:username", |name, _| format!("{name}-admin"), false);
}

fn arn_of_somebody_else(plot: &mut Plot<'_>) {
    only_for(plot, "ArnLike", "aws:PrincipalArn", |_, arn| format!("{arn}-admin*"), false);
}

fn on_the_role(plot: &mut Plot<'_>) {
    let (role, user) = plot.role_of_a_user("office-hours");
    plot.inline(
        role,
        policy([approve(&[A, B]).when("IpAddress", "aws:SourceIp", "203.0.113.0/24")]),
    );
    plot.expect(Code::CanApproveBothIf, role);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

/// The recommended setup.
fn one_slot_with_mfa(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([approve(&[A]).when("Bool", MFA, "true")]));
}
