//! Permissions boundaries: a permission counts only if the boundary permits it.

use serde_json::Value;

use super::scenarios;
use crate::code::Code;
use crate::plot::{APPROVALS, Plot};
use crate::policy::{A, ANY, APPROVE, B, allow, allow_all_but, approve, deny, policy};

scenarios![
    "boundary": lets_one_slot_through, lets_nothing_through, lets_all_through, lets_both_slots_through, denies_one_slot, lets_all_but_one_slot_through, leaves_out_approvals,
    grants_nothing, by_its_version_in_force, by_its_former_version, on_the_role, on_the_role_lets_through,
];

fn bounded(plot: &mut Plot<'_>, boundary: Value, expected: &[Code]) {
    let user = plot.user();
    plot.approves_both(user);
    plot.bound(user, boundary);
    for code in expected {
        plot.expect(*code, user);
    }
}

const ONE_SLOT: &[Code] = &[Code::ApproverWithoutMfa];
const BOTH_SLOTS: &[Code] = &[Code::CanApproveBoth, Code::ApproverWithoutMfa];

fn lets_one_slot_through(plot: &mut Plot<'_>) {
    bounded(plot, policy([approve(&[A]), allow(&["s3:*"])]), ONE_SLOT);
}

fn lets_nothing_through(plot: &mut Plot<'_>) {
    bounded(plot, policy([allow(&["s3:*", "cloudwatch:*", "ec2:*"])]), &[]);
}

fn lets_all_through(plot: &mut Plot<'_>) {
    bounded(plot, policy([allow(&["*"]).on(&[ANY])]), BOTH_SLOTS);
}

fn lets_both_slots_through(plot: &mut Plot<'_>) {
    bounded(plot, policy([allow(APPROVALS).on(&[A, B])]), BOTH_SLOTS);
}

fn denies_one_slot(plot: &mut Plot<'_>) {
    bounded(plot, policy([allow(&["*"]).on(&[ANY]), deny(&[APPROVE]).on(&[B])]), ONE_SLOT);
}

fn lets_all_but_one_slot_through(plot: &mut Plot<'_>) {
    bounded(plot, policy([allow(&["codepipeline:*"]).on_all_but(&[A])]), ONE_SLOT);
}

fn leaves_out_approvals(plot: &mut Plot<'_>) {
    bounded(plot, policy([allow_all_but(&["codepipeline:PutApproval*"]).on(&[ANY])]), &[]);
}

/// A boundary alone grants nothing.
fn grants_nothing(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.bound(user, policy([approve(&[A, B])]));
}

fn versions(plot: &mut Plot<'_>, default: usize, expected: &[Code]) {
    let user = plot.user();
    plot.approves_both(user);
    let documents = [policy([allow(&["*"]).on(&[ANY])]), policy([approve(&[A])])];
    let boundary = plot.account.policy("boundary", &documents, default);
    plot.account.bound(user.into(), boundary);
    for code in expected {
        plot.expect(*code, user);
    }
}

fn by_its_version_in_force(plot: &mut Plot<'_>) {
    versions(plot, 2, ONE_SLOT);
}

fn by_its_former_version(plot: &mut Plot<'_>) {
    versions(plot, 1, BOTH_SLOTS);
}

fn on_the_role(plot: &mut Plot<'_>) {
    let (role, _) = plot.role_of_a_user("bounded");
    plot.approves_both(role);
    plot.bound(role, policy([approve(&[B]), allow(&["s3:*"])]));
}

fn on_the_role_lets_through(plot: &mut Plot<'_>) {
    let (role, user) = plot.role_of_a_user("loosely-bounded");
    plot.approves_both(role);
    plot.bound(role, policy([allow(&["codepipeline:*", "s3:*"])]));
    plot.expect(Code::CanApproveBoth, role);
    plot.expect(Code::CanApproveBothThroughRole, user);
}
