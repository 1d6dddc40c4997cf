//! Chains of roles that a user may assume, and the slots that they approve together.

use serde_json::Value;

use super::scenarios;
use crate::code::Code;
use crate::holder::{Holder, Role, User};
use crate::plot::{Plot, whole_account};
use crate::policy::{A, ANY, B, Statement, a, allow, approve, b, deny, let_assume, policy};

scenarios![
    "chain": named_by_the_role, by_identity_policy, by_group, by_wildcard, by_any_role, without_identity_policy, identity_policy_for_a_look_alike, named_but_denied,
    trusted_but_bounded, two_roles, three_roles, broken_in_the_middle, own_slot_and_role_of_the_other, own_slot_and_role_of_the_same, own_slot_and_role_of_another_pipeline,
    two_roles_of_one_slot_each, role_bounded_to_one_slot, approves_both_already,
];

/// A statement of an identity policy that allows to assume a role.
pub(super) fn may_assume(role: &str) -> Statement {
    allow(&["sts:AssumeRole"]).on(&[role])
}

/// A role that approves both slots, which is a finding.
pub(super) fn role_of_both(plot: &mut Plot<'_>, wish: &str, principal: Value) -> Role {
    let role = plot.role(wish, principal);
    plot.approves_both(role);
    plot.expect(Code::CanApproveBoth, role);
    role
}

/// A role that approves both slots, for everybody whose identity policy allows to assume it: the
/// administrators can.
pub(super) fn shared_role_of_both(plot: &mut Plot<'_>, wish: &str) -> Role {
    let role = role_of_both(plot, wish, whole_account());
    plot.expect(Code::SharedApproverRole, role);
    role
}

/// A role with these approvals that the user may assume.
pub(super) fn role_of(plot: &mut Plot<'_>, user: User, wish: &str, approves: &[&str]) -> Role {
    let principal = plot.names(user);
    let role = plot.role(wish, principal);
    plot.inline(role, policy([approve(approves)]));
    role
}

/// A trust policy that names a user is enough.
fn named_by_the_role(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = plot.names(user);
    role_of_both(plot, "release-manager", principal);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

/// With a trust policy that names the account, an identity policy is needed too.
fn by_identity_policy(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = shared_role_of_both(plot, "release-manager");
    let arn = plot.arn(role);
    plot.inline(user, policy([may_assume(&arn)]));
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn by_group(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = shared_role_of_both(plot, "release-manager");
    let arn = plot.arn(role);
    plot.group_of(user, "ReleaseManagers", policy([may_assume(&arn)]));
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn by_wildcard(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = shared_role_of_both(plot, "wild-release-manager");
    let pattern = format!("{}*", plot.arn(role));
    plot.inline(user, policy([allow(&["sts:*"]).on(&[pattern])]));
    plot.expect(Code::CanApproveBothThroughRole, user);
}

/// Any role. Every account has one that approves both slots.
fn by_any_role(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([may_assume(ANY)]));
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn without_identity_policy(plot: &mut Plot<'_>) {
    plot.user();
    shared_role_of_both(plot, "break-glass");
}

fn identity_policy_for_a_look_alike(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = shared_role_of_both(plot, "releaser");
    let look_alike = format!("{}X", plot.arn(role));
    plot.inline(user, policy([may_assume(&look_alike)]));
}

fn named_but_denied(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = plot.names(user);
    role_of_both(plot, "release-manager", principal);
    plot.inline(user, policy([deny(&["sts:AssumeRole"]).on(&[ANY])]));
}

/// The role trusts the account, but only for this user. The user's boundary does not permit to
/// assume it.
fn trusted_but_bounded(plot: &mut Plot<'_>) {
    let user = plot.user();
    let arn = plot.arn(user);
    let trust = let_assume(whole_account()).when("ArnEquals", "aws:PrincipalArn", arn);
    let role = plot.role_with_trust("release-manager", policy([trust]));
    plot.approves_both(role);
    plot.expect(Code::CanApproveBoth, role);
    let role_arn = plot.arn(role);
    plot.inline(user, policy([may_assume(&role_arn)]));
    plot.bound(user, policy([allow(&["s3:*", "codepipeline:*"])]));
}

/// A chain of roles. Each trusts the one before it, and may assume the next. The last one approves
/// both slots.
fn chain<const STEPS: usize>(plot: &mut Plot<'_>, user: User) -> [Role; STEPS] {
    let mut before: Holder = user.into();
    std::array::from_fn(|step| {
        let principal = plot.names(before);
        let role = if step + 1 == STEPS {
            role_of_both(plot, "chain-end", principal)
        } else {
            plot.role("chain-link", principal)
        };
        if matches!(before, Holder::Role(_)) {
            let arn = plot.arn(role);
            plot.inline(before, policy([may_assume(&arn)]));
        }
        before = role.into();
        role
    })
}

/// The role in the middle also reaches the end.
fn two_roles(plot: &mut Plot<'_>) {
    let user = plot.user();
    let [link, _end] = chain(plot, user);
    plot.expect(Code::CanApproveBothThroughRole, user);
    plot.expect(Code::CanApproveBothThroughRole, link);
}

fn three_roles(plot: &mut Plot<'_>) {
    let user = plot.user();
    let [first, second, _end] = chain(plot, user);
    plot.expect(Code::CanApproveBothThroughRole, user);
    plot.expect(Code::CanApproveBothThroughRole, first);
    plot.expect(Code::CanApproveBothThroughRole, second);
}

fn broken_in_the_middle(plot: &mut Plot<'_>) {
    let user = plot.user();
    let [first, second, _end] = chain(plot, user);
    plot.inline(first, policy([deny(&["sts:AssumeRole"]).on(&[ANY])]));
    plot.expect(Code::CanApproveBothThroughRole, second);
}

/// One human serves both slots, one of them through a role.
fn own_slot_and_role_of_the_other(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    role_of(plot, user, "ApprovalB-deputy", &[B]);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn own_slot_and_role_of_the_same(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    role_of(plot, user, "ApprovalA-deputy", &[A]);
}

fn own_slot_and_role_of_another_pipeline(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([approve(&[a("payments", "*")])]));
    plot.expect(Code::ApproverWithoutMfa, user);
    role_of(plot, user, "ledger-approver", &[&b("ledger", "*")]);
}

fn two_roles_of_one_slot_each(plot: &mut Plot<'_>) {
    let user = plot.user();
    role_of(plot, user, "ApprovalA-deputy", &[A]);
    role_of(plot, user, "ApprovalB-deputy", &[B]);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn role_bounded_to_one_slot(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = role_of(plot, user, "bounded-release-manager", &[A, B]);
    plot.bound(role, policy([approve(&[B])]));
}

/// The user approves both slots already, so the role adds nothing.
fn approves_both_already(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.approves_both(user);
    plot.expect_both(user);
    let principal = plot.names(user);
    role_of_both(plot, "release-manager", principal);
}
