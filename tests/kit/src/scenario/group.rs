//! Slot groups, and groups that look like them.

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{A, ANY, APPROVE, B, allow, approve, deny, policy};

scenarios![
    "group": one_slot, other_slot, both_slots, both_slots_but_bounded, both_slots_exclusive, both_slots_with_mfa, two_groups_of_one_slot,
    viewers_of_the_other_slot, look_alike_name_with_nothing, group_and_own_inline, group_and_own_attached, group_denies_its_own_slot, no_longer_in_force,
];

/// As it should be.
fn one_slot(plot: &mut Plot<'_>) {
    plot.approver_of_a();
}

/// As it should be.
fn other_slot(plot: &mut Plot<'_>) {
    plot.approver_of_b();
}

fn both_slots(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.account.join(user, plot.commons.group_b);
    plot.expect(Code::MemberOfBothGroups, user);
    plot.expect(Code::CanApproveBoth, user);
}

/// In both groups, yet a boundary lets through neither slot.
fn both_slots_but_bounded(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.account.join(user, plot.commons.group_a);
    plot.account.join(user, plot.commons.group_b);
    plot.bound(user, policy([allow(&["s3:*", "ec2:Describe*"]).on(&[ANY])]));
    plot.expect(Code::MemberOfBothGroups, user);
}

/// Each group denies the other's slot: in both, one approves neither.
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

/// Two groups, one slot.
fn two_groups_of_one_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.group_of(user, "ApprovalA-deputies", policy([approve(&[A])]));
}

/// A name like the slot's, with what one needs to look on.
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

/// One slot by the group and the other by an inline policy: in one group only.
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

/// A group that allows a slot and denies it is no slot group.
fn group_denies_its_own_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    plot.group_of(user, "SuspendedApprovalA", policy([approve(&[A]), deny(&[APPROVE]).on(&[A])]));
}

/// The group's policy allowed the slot in a version that is not in force any more.
fn no_longer_in_force(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    let group = plot.group("FormerApprovalA");
    let versions = [policy([approve(&[A])]), policy([allow(&["codepipeline:Get*"])])];
    let attached = plot.account.policy("FormerApprovalA", &versions, 2);
    plot.account.attach(group.into(), attached);
    plot.account.join(user, group);
}
