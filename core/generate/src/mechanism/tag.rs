//! Writes one policy for all approvers. A tag on the principal names its slot, so a principal
//! cannot have two.

use iam::{Document, Statement};

use crate::approval::{APPROVE, deny_without_mfa, view};
use crate::plan::{Group, Plan, PlanError};
use crate::slot::Slots;
use crate::spec::Spec;
use crate::statement::{allow, any, deny, when};

/// The key of the tag.
pub(crate) const TAG: &str = "ApprovalSlot";

pub(crate) fn add(plan: &mut Plan, spec: &Spec, guardrails: &[String]) -> Result<(), PlanError> {
    let name = format!("{}Approvers", spec.prefix);
    let description =
        "Two-person rule: approve the slot that the principal's ApprovalSlot tag names";
    let mut policies = plan.add_policy(&name, description, document(spec))?;
    policies.extend_from_slice(guardrails);
    let values: Vec<String> =
        Tags::new(&spec.slots).pairs().map(|(_, value)| format!("`{value}`")).collect();
    plan.notes.push(format!(
        "tag each approver with {TAG}, and one of the values {}; the policy gives nothing without \
         it",
        values.join(", ")
    ));
    plan.add_group(Group { name, policies, members: Vec::new() })
}

fn document(spec: &Spec) -> Document {
    let tags = Tags::new(&spec.slots);
    let key = format!("aws:PrincipalTag/{TAG}");
    // A tag without a value makes the statement not match (IAM User Guide, "Policy variables").
    let own = spec.targets.action_arns(&format!("{}${{{key}}}", tags.beginning));
    let values = tags.pairs().map(|(_, value)| value.to_owned());
    let mut statements =
        vec![when(allow("ApproveOwnSlot", &[APPROVE], own), "StringEquals", &key, values)];
    statements.extend(view(spec));
    if spec.exclusive {
        for (at, (action, value)) in tags.pairs().enumerate() {
            let theirs = deny(
                &format!("DenyOthersSlot{}", at + 1),
                &[APPROVE],
                spec.targets.action_arns(action),
            );
            statements.push(when(theirs, "StringNotEquals", &key, [value.to_owned()]));
        }
    }
    statements.extend(guard());
    if let Some(mfa) = spec.mfa {
        statements.extend(deny_without_mfa(&spec.targets, &spec.slots, mfa));
    }
    Document { statements }
}

/// Denies changing the tag on any principal, passing it into a session, and assuming a role that
/// has it.
///
/// The operator ignores case because tag keys of IAM do (IAM User Guide, "Rules for tagging in IAM
/// and AWS STS").
fn guard() -> Vec<Statement> {
    let tagging =
        ["iam:TagUser", "iam:UntagUser", "iam:TagRole", "iam:UntagRole", "sts:TagSession"];
    vec![
        when(
            deny("DenyToChangeSlots", &tagging, any()),
            "ForAnyValue:StringEqualsIgnoreCase",
            "aws:TagKeys",
            [TAG.to_owned()],
        ),
        when(
            deny("DenyToStepIntoSlots", &["sts:AssumeRole"], any()),
            "Null",
            &format!("aws:ResourceTag/{TAG}"),
            ["false".to_owned()],
        ),
    ]
}

/// The value of the tag for each slot: its action's name without the beginning that all slots
/// share.
pub(crate) struct Tags<'a> {
    beginning: &'a str,
    actions: Vec<&'a str>,
}

impl<'a> Tags<'a> {
    /// INVARIANT (apart): the slots are different plain names, so the values are different. No
    /// value is empty.
    pub(crate) fn new(slots: &'a Slots) -> Self {
        let actions: Vec<&str> = slots.iter().filter_map(|slot| slot.action()).collect();
        let shortest = actions.iter().map(|action| action.len()).min().unwrap_or_default();
        let first = actions.first().copied().unwrap_or_default();
        let shared = |end: &usize| {
            let beginning = first.get(..*end).unwrap_or_default();
            actions.iter().all(|action| action.starts_with(beginning))
        };
        let end = (0..shortest).rev().find(shared).unwrap_or_default();
        Self { beginning: first.get(..end).unwrap_or_default(), actions }
    }

    /// Each action and its value.
    pub(crate) fn pairs(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        self.actions
            .iter()
            .map(|action| (*action, action.strip_prefix(self.beginning).unwrap_or(action)))
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::slot::{Slot, SlotName};
    use crate::target::Targets;

    fn tags(actions: &[&str]) -> (String, Vec<String>) {
        let slot = |action: &&str| Slot::from(action.parse::<SlotName>().unwrap());
        let slots = Slots::new(actions.iter().map(slot).collect(), &Targets::example()).unwrap();
        let tags = Tags::new(&slots);
        (tags.beginning.to_owned(), tags.pairs().map(|(_, value)| value.to_owned()).collect())
    }

    #[test]
    fn the_tag_is_what_distinguishes_the_slots() {
        let owned = |values: &[&str]| values.iter().map(ToString::to_string).collect::<Vec<_>>();
        assert_eq!(tags(&["ApprovalA", "ApprovalB"]), ("Approval".into(), owned(&["A", "B"])));
        assert_eq!(tags(&["Dev", "Ops"]), (String::new(), owned(&["Dev", "Ops"])));
        assert_eq!(tags(&["Approval", "Approval2"]), ("Approva".into(), owned(&["l", "l2"])));
        assert_eq!(tags(&["a", "ab", "abc"]), (String::new(), owned(&["a", "ab", "abc"])));
    }
}
