//! Warns about choices that weaken the rule.

use super::name::is_plain;
use super::region::is_known;
use super::spec::{Mechanism, Spec, Trust, WayIn};

/// Returns a warning for each choice of the user that weakens the rule.
pub(crate) fn warnings(spec: &Spec) -> Vec<String> {
    let mut warnings = Vec::new();
    let targets = &spec.targets;
    if !spec.exclusive {
        warnings.push(
            "`--no-exclusive`: a person who gets a second slot from another group, role or policy \
             can approve twice; only the gate's count is left"
                .to_owned(),
        );
    }
    if targets.regions().iter().any(|region| region.is_any()) {
        warnings.push("`--region '*'`: approvers may approve in every region".to_owned());
    }
    for region in targets.regions().iter().filter(|it| !it.is_any() && !is_known(it)) {
        warnings.push(format!(
            "`--region {region}`: that region is not known here; check its spelling, because \
             policies for a region that does not exist let nobody approve"
        ));
    }
    if targets.accounts().iter().any(|account| *account == "*") {
        warnings.push(
            "`--account '*'`: the policies apply in any account that they are created in"
                .to_owned(),
        );
    }
    for pipeline in targets.pipelines().iter().filter(|pipeline| !is_plain(pipeline)) {
        warnings.push(format!(
            "`--pipeline '{pipeline}'`: anyone who may create a pipeline with such a name decides \
             what approvers of this one may approve"
        ));
    }
    let stage = targets.stage();
    if !is_plain(stage) {
        warnings.push(format!(
            "`--stage '{stage}'`: an approver of one stage may approve in every stage with such a \
             name"
        ));
    }
    for slot in spec.slots.iter().filter(|slot| slot.action().is_none()) {
        warnings.push(format!(
            "the slot `{slot}` is the pattern `{}`: its approvers may approve every action with \
             such a name",
            slot.actions()
        ));
    }
    // Under `signed` the names of sessions do not matter.
    if let Mechanism::Roles(WayIn::Role(Trust::Accounts(trusted))) = &spec.mechanism {
        for account in trusted {
            if !targets.accounts().iter().any(|own| *own == account.as_str()) {
                warnings.push(format!(
                    "`--trust-account {account}`: anyone who may create users there chooses the \
                     names that approve here"
                ));
            }
        }
    }
    if let Some(guardrails) = &spec.guardrails {
        for role in &guardrails.break_glass {
            warnings.push(format!(
                "`--break-glass {role}`: anyone who may assume that role can bypass the gate"
            ));
        }
        for role in &guardrails.job_workers {
            warnings.push(format!(
                "`--job-worker {role}`: anyone who may assume that role can report success in the \
                 gate's place"
            ));
        }
    }
    warnings
}
