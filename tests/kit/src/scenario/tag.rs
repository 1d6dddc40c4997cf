//! Tags and names of principals, in conditions and in resources.

use super::scenarios;
use crate::code::Code;
use crate::plot::Plot;
use crate::policy::{B, a, approve, b, policy, policy_of_2008};

scenarios![
    "tag": variable_gives_one_slot, variable_next_to_the_other_slot, variable_of_the_same_slot, variable_without_a_value, default_of_a_variable, variable_in_2008,
    condition_met, condition_of_the_other_slot, condition_without_the_tag, key_in_other_case, pipeline_of_ones_name, pipeline_of_ones_name_or_another,
];

const SLOT_BY_TAG: &str = "arn:aws:codepipeline:*:*:*/*/Approval${aws:PrincipalTag/Slot}";

/// One policy for all approvers: the tag selects the slot.
fn variable_gives_one_slot(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.tag(user, "Slot", "A");
    plot.inline(user, policy([approve(&[SLOT_BY_TAG])]));
    plot.expect(Code::ApproverWithoutMfa, user);
}

fn variable_next_to_the_other_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.tag(user, "Slot", "B");
    plot.inline(user, policy([approve(&[SLOT_BY_TAG])]));
    plot.expect(Code::CanApproveBoth, user);
}

fn variable_of_the_same_slot(plot: &mut Plot<'_>) {
    let user = plot.approver_of_b();
    plot.tag(user, "Slot", "B");
    plot.inline(user, policy([approve(&[SLOT_BY_TAG])]));
}

/// A variable without a value matches nothing.
fn variable_without_a_value(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.tag(user, "Team", "B");
    plot.inline(user, policy([approve(&[SLOT_BY_TAG])]));
}

fn default_of_a_variable(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    let resource = "arn:aws:codepipeline:*:*:*/*/Approval${aws:PrincipalTag/Slot, 'B'}";
    plot.inline(user, policy([approve(&[resource])]));
    plot.expect(Code::CanApproveBoth, user);
}

/// In version 2008-10-17 this is plain text.
fn variable_in_2008(plot: &mut Plot<'_>) {
    let user = plot.approver_of_a();
    plot.tag(user, "Slot", "B");
    plot.inline(user, policy_of_2008([approve(&[SLOT_BY_TAG])]));
}

fn by_condition(plot: &mut Plot<'_>, tag: Option<(&str, &str)>, both: bool) {
    let user = plot.approver_of_a();
    if let Some((key, value)) = tag {
        plot.tag(user, key, value);
    }
    plot.inline(user, policy([approve(&[B]).when("StringEquals", "aws:PrincipalTag/Slot", "B")]));
    if both {
        plot.expect(Code::CanApproveBoth, user);
    }
}

fn condition_met(plot: &mut Plot<'_>) {
    by_condition(plot, Some(("Slot", "B")), true);
}

fn condition_of_the_other_slot(plot: &mut Plot<'_>) {
    by_condition(plot, Some(("Slot", "A")), false);
}

fn condition_without_the_tag(plot: &mut Plot<'_>) {
    by_condition(plot, None, false);
}

/// Condition keys are not case-sensitive.
fn key_in_other_case(plot: &mut Plot<'_>) {
    by_condition(plot, Some(("slot", "B")), true);
}

fn pipeline_of_ones_name(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([approve(&[a("${aws:username}", "*").as_str(), B])]));
    plot.expect_both(user);
}

fn pipeline_of_ones_name_or_another(plot: &mut Plot<'_>) {
    let user = plot.user();
    let another = format!("{}-sandbox", plot.account.user_name(user));
    plot.inline(user, policy([approve(&[a("${aws:username}", "*"), b(&another, "*")])]));
    plot.expect(Code::ApproverWithoutMfa, user);
}
