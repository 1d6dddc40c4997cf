//! Roles that approve, with one or several people who can assume them.

use serde_json::{Value, json};

use super::chain::may_assume;
use super::scenarios;
use crate::code::Code;
use crate::holder::Role;
use crate::plot::{Plot, whole_account};
use crate::policy::{A, ANY, B, allow, approve, deny, let_assume, policy};

scenarios![
    "shared": two_people, one_person, one_person_twice, two_and_one_is_denied, whole_account_trusted, nobody_any_more, two_people_by_a_tag, one_person_by_a_tag,
    two_people_but_it_does_not_approve, two_people_but_it_is_bounded, a_person_of_the_other_slot_among_them,
];

fn approver_role(plot: &mut Plot<'_>, slot: &str, principal: Value) -> Role {
    let role = plot.role("release-approver", principal);
    plot.inline(role, policy([approve(&[slot])]));
    role
}

fn named(plot: &mut Plot<'_>, people: usize) -> Value {
    let arns: Vec<String> = (0..people)
        .map(|_| {
            let user = plot.user();
            plot.arn(user)
        })
        .collect();
    json!({"AWS": arns})
}

fn two_people(plot: &mut Plot<'_>) {
    let principal = named(plot, 2);
    let role = approver_role(plot, A, principal);
    plot.expect(Code::SharedApproverRole, role);
}

fn one_person(plot: &mut Plot<'_>) {
    let principal = named(plot, 1);
    approver_role(plot, B, principal);
}

fn one_person_twice(plot: &mut Plot<'_>) {
    let user = plot.user();
    let arn = plot.arn(user);
    approver_role(plot, A, json!({"AWS": [arn, arn]}));
}

fn two_and_one_is_denied(plot: &mut Plot<'_>) {
    let (first, second) = (plot.user(), plot.user());
    let role = approver_role(plot, A, json!({"AWS": [plot.arn(first), plot.arn(second)]}));
    let arn = plot.arn(role);
    plot.inline(second, policy([deny(&["sts:*"]).on(&[arn])]));
}

/// At least the administrators can assume it.
fn whole_account_trusted(plot: &mut Plot<'_>) {
    let role = approver_role(plot, B, whole_account());
    plot.expect(Code::SharedApproverRole, role);
}

fn nobody_any_more(plot: &mut Plot<'_>) {
    let role = plot.abandoned_role("former-approver");
    plot.inline(role, policy([approve(&[A])]));
}

fn by_a_tag(plot: &mut Plot<'_>, wearing: usize) -> Role {
    let badge = crate::id::unique(&mut plot.account.rng, "badge-");
    let trust =
        let_assume(whole_account()).when("StringEquals", "aws:PrincipalTag/Badge", badge.as_str());
    let role = plot.role_with_trust("badge-approver", policy([trust]));
    plot.inline(role, policy([approve(&[B])]));
    let arn = plot.arn(role);
    for place in 0..3 {
        let user = plot.user();
        plot.inline(user, policy([may_assume(&arn)]));
        if place < wearing {
            plot.tag(user, "Badge", &badge);
        }
    }
    role
}

fn two_people_by_a_tag(plot: &mut Plot<'_>) {
    let role = by_a_tag(plot, 2);
    plot.expect(Code::SharedApproverRole, role);
}

fn one_person_by_a_tag(plot: &mut Plot<'_>) {
    by_a_tag(plot, 1);
}

fn two_people_but_it_does_not_approve(plot: &mut Plot<'_>) {
    let principal = named(plot, 2);
    let role = plot.role("release-viewer", principal);
    plot.inline(role, policy([allow(&["codepipeline:Get*", "codepipeline:List*"]).on(&[ANY])]));
}

fn two_people_but_it_is_bounded(plot: &mut Plot<'_>) {
    let principal = named(plot, 2);
    let role = approver_role(plot, A, principal);
    plot.bound(role, policy([allow(&["s3:*", "logs:*"])]));
}

fn a_person_of_the_other_slot_among_them(plot: &mut Plot<'_>) {
    let (approver, other) = (plot.approver_of_a(), plot.user());
    let role = approver_role(plot, B, json!({"AWS": [plot.arn(approver), plot.arn(other)]}));
    plot.expect(Code::SharedApproverRole, role);
    plot.expect(Code::CanApproveBothThroughRole, approver);
}
