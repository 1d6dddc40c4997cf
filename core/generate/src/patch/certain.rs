//! Where the stage belongs if the user does not say it.
//!
//! That is only certain if one stage deploys, it does nothing else before, and nothing behind it
//! asks for approval or may deploy too. Otherwise there are candidates.

use doctor::pipeline::{Action, ActionTypeId, Pipeline, Stage};
use doctor::self_mutation::sign;
use rule::ActionKind;

use super::error::PatchError;

/// The index of the stage that the new one belongs before, if there is only one.
pub(super) fn certain(pipeline: &Pipeline) -> Result<usize, PatchError> {
    let stages = pipeline.stages();
    let is_deploying = |stage: &Stage| stage.actions.iter().any(|action| deploys(stage, action));
    if stages.first().is_some_and(is_deploying) {
        return Err(PatchError::First);
    }
    let Some(index) = stages.iter().position(is_deploying) else {
        let changing = stages.iter().filter(|stage| stage.actions.iter().any(Action::deploys));
        return Err(match candidates(stages, 1) {
            places if places.is_empty() => PatchError::NothingToGuard,
            candidates => PatchError::NothingDeploys { changing: names(changing), candidates },
        });
    };
    let reason = match why_not_before(stages, index) {
        None => return Ok(index),
        Some(reason) => reason,
    };
    Err(PatchError::NotCertain { reason, candidates: candidates(stages, index) })
}

/// Why it is not certain that two people approve what the first stage that deploys does.
fn why_not_before(stages: &[Stage], index: usize) -> Option<String> {
    let is_deploying = |stage: &&Stage| stage.actions.iter().any(|action| deploys(stage, action));
    let deploying: Vec<&Stage> = stages.iter().filter(is_deploying).collect();
    if deploying.len() > 1 {
        return Some(format!("{} deploy", names(deploying.into_iter())));
    }
    let first = stages.get(index)?;
    let rest = || stages.iter().skip(index + 1);
    if first.actions.iter().any(is_approval) {
        return Some(format!("`{}` asks for approval itself", first.name));
    }
    if let Some(stage) = rest().find(|stage| stage.actions.iter().any(is_approval)) {
        return Some(format!("`{}` asks for approval behind the deployment", stage.name));
    }
    if let Some(stage) = rest().find(|stage| stage.actions.iter().any(may_deploy)) {
        return Some(format!("`{}` may deploy too", stage.name));
    }
    // What is built or tested in between would be approved before it is there.
    let last = first.actions.iter().filter(|it| deploys(first, it)).map(|it| it.run_order).max()?;
    let work = first.actions.iter().find(|action| {
        let category = action.action_type_id.category.as_str();
        (may_deploy(action) || category == "Test") && action.run_order < last
    })?;
    Some(format!("`{}/{}` runs before a deployment of the same stage", first.name, work.name))
}

/// The places to choose from: each stage that can be behind the gate, from the stage with this
/// index, and in it an action that can wait for the gate.
fn candidates(stages: &[Stage], from: usize) -> String {
    let can_be_behind = |stage: &Stage| !stage.actions.iter().all(is_approval);
    let mut places = Vec::new();
    for (index, stage) in stages.iter().enumerate().skip(from.max(1)) {
        if stages.iter().skip(index).any(can_be_behind) {
            places.push(format!("`{}`", stage.name));
        }
        places.extend(to_wait(stage).map(|it| format!("`{}/{}`", stage.name, it.name)));
    }
    places.join(", ")
}

/// The action of a stage that can wait for the gate while others run before: the first one that
/// deploys, or after approvals the first one that may. An approval behind it would be one that the
/// gate does not wait for.
fn to_wait(stage: &Stage) -> Option<&Action> {
    let mut actions: Vec<&Action> = stage.actions.iter().collect();
    actions.sort_by_key(|action| action.run_order);
    let last_approval =
        actions.iter().filter(|it| is_approval(it)).map(|it| it.run_order).max().unwrap_or(0);
    let first = actions.iter().find(|action| deploys(stage, action));
    let first = first.or_else(|| {
        let mut behind = actions.iter().filter(|it| it.run_order > last_approval);
        behind.find(|action| last_approval > 0 && may_deploy(action))
    })?;
    let follows = actions.iter().any(|action| action.run_order < first.run_order);
    (follows && first.run_order > last_approval).then_some(*first)
}

/// Whether an action certainly deploys something else than this pipeline.
fn deploys(stage: &Stage, action: &Action) -> bool {
    action.deploys() && sign(stage, action).is_none()
}

fn is_approval(action: &Action) -> bool {
    action.kind() == ActionKind::ManualApproval
}

/// Whether an action runs the user's code, which may deploy. A scan of an image runs none
/// (CodePipeline User Guide, "Amazon Inspector InspectorScan invoke action reference").
fn may_deploy(action: &Action) -> bool {
    let ActionTypeId { category, provider, .. } = &action.action_type_id;
    matches!(category.as_str(), "Build" | "Invoke" | "Compute") && provider != "InspectorScan"
}

/// The names of stages, for a message.
pub(super) fn names<'a>(stages: impl Iterator<Item = &'a Stage>) -> String {
    let names: Vec<String> = stages.map(|stage| format!("`{}`", stage.name)).collect();
    names.join(", ")
}
