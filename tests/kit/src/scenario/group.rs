//! Slot groups, and groups that look like them.

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, ANY, APPROVE, B, allow, approve, deny, policy};

scenarios![
    "group": one_slot, other_slot, both_slots, both_slots_but_bounded, both_slots_exclusive, both_slots_with_mfa, two_groups_of_one_slot,
    viewers_of_the_other_slot, look_alike_name_with_nothing, group_and_own_inline, group_and_own_attached, group_denies_its_own_slot, no_longer_in_force,
];

/// The recommended setup.
fn one_slot(plot: &mut Plot<'_>) {
    plot.approver_of_a();
}

/// The recommended setup.
fn other_slot(plot: &mut Plot<'_>) {
    plot.approver_of_b();
}

fn both_slots(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.account.join(user, plot.commons.group_b);
    plot.expect(Code::MemberOfBothGroups, user);
    plot.expect(Code::CanApproveBoth, user);
}

/// The user is in both groups, but a boundary permits neither slot.
fn both_slots_but_bounded(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.account.join(user, plot.commons.group_a);
    plot.account.join(user, plot.commons.group_b);
    plot.bound(user, policy([allow(&["s3:*", "ec2:Describe*"]).on(&[ANY])]));
    plot.expect(Code::MemberOfBothGroups, user);
}

/// Each group denies the other's slot, so a member of both approves neither.
fn both_slots_exclusive(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.group_of(user, "ExclusiveA", policy([approve(&[A]), deny(&[APPROVE]).on(&[B])]));
    plot.group_of(user, "ExclusiveB", policy([approve(&[B]), deny(&[APPROVE]).on(&[A])]));
    plot.expect(Code::MemberOfBothGroups, user);
}

fn both_slots_with_mfa(plot: &mut Plot<'_>) {
    let user = plot.user();
    for (wish, slot) in [("MfaApprovalA", A), ("MfaApprovalB", B)] {
        let statement = approve(&[slot]).when("Bool", "aws:MultiFactorAuthPresent", "true");
        plot.group_of(user, wish, policy([statement]));
    }
    plot.expect(Code::MemberOfBothGroups, user);
    plot.expect(Code::CanApproveBothIf, user);
}

/// Two groups serve the same slot.
fn two_groups_of_one_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.group_of(user, "ApprovalA-deputies", policy([approve(&[A])]));
}

/// The group is named after the slot, but only permits to read.
fn viewers_of_the_other_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let look = allow(&["codepipeline:Get*", "codepipeline:List*"]).on(&[ANY]);
    plot.group_of(user, "ApprovalA-viewers", policy([look]));
}

fn look_alike_name_with_nothing(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let group = plot.group("ApprovalB-alumni");
    plot.account.join(user, group);
}

/// One slot comes from a group and the other from an inline policy, so the user is only in one
/// slot's group.
fn group_and_own_inline(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.inline(user, policy([approve(&[B])]));
    plot.expect(Code::CanApproveBoth, user);
}

fn group_and_own_attached(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let attached = plot.policy("TemporaryApprovalA", policy([approve(&[A])]));
    plot.account.attach(user.into(), attached);
    plot.expect(Code::CanApproveBoth, user);
}

/// A group that both allows and denies a slot does not serve it.
fn group_denies_its_own_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    plot.group_of(user, "SuspendedApprovalA", policy([approve(&[A]), deny(&[APPROVE]).on(&[A])]));
}

/// The group's policy allowed the slot only in an old version.
fn no_longer_in_force(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let group = plot.group("FormerApprovalA");
    let versions = [policy([approve(&[A])]), policy([allow(&["codepipeline:Get*"])])];
    let attached = plot.account.policy("FormerApprovalA", &versions, 2);
    plot.account.attach(group.into(), attached);
    plot.account.join(user, group);
}
