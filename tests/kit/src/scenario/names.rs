//! Misleading names: roles that IAM Identity Center did not create, and humans with two users.

use super::scenarios;
use crate::code::Code;
use crate::plot::{Plot, service};
use crate::policy::{A, allow, approve, let_assume, policy};

scenarios!["names": like_identity_centers, like_identity_centers_of_no_slot, two_users_of_two_slots, two_users_of_one_slot];

fn like_identity_centers(plot: &mut Plot<'_>) {
    let user = plot.user();
    let trust = policy([let_assume(plot.names(user))]);
    let role = plot.role_with_trust("AWSReservedSSO_Approver_0123456789abcdef", trust);
    plot.inline(role, policy([approve(&[A])]));
    plot.expect(Code::LookAlikeRole, role);
}

fn like_identity_centers_of_no_slot(plot: &mut Plot<'_>) {
    let role = plot.role("AWSReservedSSO_Reports_0123456789abcdef", service("lambda"));
    plot.inline(role, policy([allow(&["s3:GetObject"])]));
}

fn two_users_of_two_slots(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let name =
        format!("{}-admin", plot.account.user_name(user).split('@').next().unwrap_or_default());
    let other = plot.user_named(&name);
    plot.account.join(other, plot.commons.group_b);
    plot.expect(Code::ApproverWithoutMfa, other);
    // The finding is about the first of the two ARNs.
    let first = if plot.arn(user) < plot.arn(other) { user } else { other };
    plot.expect(Code::OnePersonOnTwoSlots, first);
}

fn two_users_of_one_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let name = format!("adm-{}", plot.account.user_name(user));
    let other = plot.user_named(&name);
    plot.account.join(other, plot.commons.group_a);
    plot.expect(Code::ApproverWithoutMfa, other);
}
