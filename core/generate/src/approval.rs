//! The statements about approvals that all mechanisms share.

use iam::Statement;

use super::slot::{Slot, Slots};
use super::spec::{Mfa, Spec};
use super::statement::{allow, any, deny, when};
use super::target::Targets;

pub(crate) const APPROVE: &str = "codepipeline:PutApprovalResult";

/// The permissions of an approver with one slot.
pub(crate) fn slot_statements(spec: &Spec, slot: &Slot) -> Vec<Statement> {
    let own = spec.targets.action_arns(slot.actions());
    let mut statements = vec![allow("ApproveOwnSlot", &[APPROVE], own)];
    statements.extend(view(spec));
    if spec.exclusive {
        let others = spec.slots.others(slot);
        let others = others.flat_map(|slot| spec.targets.action_arns(slot.actions()));
        statements.push(deny("DenyOtherSlots", &[APPROVE], others.collect()));
    }
    statements
}

/// The resources of all slots.
pub(crate) fn every_slot(targets: &Targets, slots: &Slots) -> Vec<String> {
    slots.iter().flat_map(|slot| targets.action_arns(slot.actions())).collect()
}

/// The permissions to see the pipelines, on the narrowest resources. ListPipelines has none
/// (Service Authorization Reference, CodePipeline).
pub(crate) fn view(spec: &Spec) -> Vec<Statement> {
    if spec.approve_only {
        return Vec::new();
    }
    vec![
        allow(
            "SeePipelines",
            &[
                "codepipeline:GetPipeline",
                "codepipeline:GetPipelineState",
                "codepipeline:GetPipelineExecution",
                "codepipeline:ListActionExecutions",
            ],
            spec.targets.pipeline_arns(),
        ),
        allow("ListPipelines", &["codepipeline:ListPipelines"], any()),
    ]
}

/// Denies every slot to principals without a second factor, or with an old one.
///
/// It is a Deny so that it also applies if another policy allows the approval. It uses `IfExists`
/// because requests with long-term access keys and from federated sessions do not have the key
/// (IAM User Guide, "AWS global condition context keys"). They are also denied.
pub(crate) fn deny_without_mfa(targets: &Targets, slots: &Slots, mfa: Mfa) -> Vec<Statement> {
    let all = every_slot(targets, slots);
    let absent = when(
        deny("DenyWithoutMfa", &[APPROVE], all.clone()),
        "BoolIfExists",
        "aws:MultiFactorAuthPresent",
        ["false".to_owned()],
    );
    let old = mfa.max_age.map(|age| {
        when(
            deny("DenyWithOldMfa", &[APPROVE], all),
            "NumericGreaterThanIfExists",
            "aws:MultiFactorAuthAge",
            [age.seconds().to_string()],
        )
    });
    std::iter::once(absent).chain(old).collect()
}
