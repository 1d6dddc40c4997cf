//! Where the approvals and the gate belong: before what two people approve.

use doctor::pipeline::{Action, Pipeline, Stage, StagePlace};

use super::certain::{certain, names};
use super::error::PatchError;
use crate::spec::{Spec, Wanted};
use crate::stage::GATE_ACTION;

/// A place in a pipeline.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) enum Place {
    /// A new stage before the stage with this index.
    Stage(usize),
    /// In the stage with this index. The approvals get this `runOrder`, and the gate the next one.
    /// The actions that had it or a greater one come after the gate.
    Action { stage: usize, run_order: u32 },
}

/// The number of `runOrder`s that the approvals and the gate take.
pub(super) const ORDERS: u32 = 2;

/// Chooses the place.
pub(super) fn choose(pipeline: &Pipeline, spec: &Spec) -> Result<Place, PatchError> {
    let place = match &spec.place {
        None => Place::Stage(certain(pipeline)?),
        Some(Wanted::Before(wanted)) => {
            let (index, action) = find(pipeline, wanted)?;
            match action {
                None => Place::Stage(index),
                Some(action) => Place::Action { stage: index, run_order: action.run_order },
            }
        }
        Some(Wanted::After(wanted)) => {
            let (index, action) = find(pipeline, wanted)?;
            match action {
                None if index + 1 == pipeline.stages().len() => {
                    return Err(PatchError::Last(wanted.clone()));
                }
                None => Place::Stage(index + 1),
                Some(action) => Place::Action { stage: index, run_order: action.run_order + 1 },
            }
        }
    };
    match place {
        // Only Source actions can be in the first stage (CodePipeline User Guide, "CodePipeline
        // pipeline structure reference").
        Place::Stage(0) | Place::Action { stage: 0, .. } => Err(PatchError::First),
        Place::Stage(_) | Place::Action { .. } => {
            refuse_names(pipeline, &place, spec)?;
            Ok(place)
        }
    }
}

/// Refuses a place where names would be there twice, or where nobody could answer.
fn refuse_names(pipeline: &Pipeline, place: &Place, spec: &Spec) -> Result<(), PatchError> {
    let policies: &str = spec.targets.stage();
    match place {
        Place::Stage(_) => match pipeline.stages().iter().any(|stage| stage.name == policies) {
            true => Err(PatchError::StageThere(policies.to_owned())),
            false => Ok(()),
        },
        Place::Action { stage, .. } => {
            let Some(stage) = pipeline.stages().get(*stage) else {
                return Err(PatchError::First);
            };
            if stage.name != policies {
                return Err(PatchError::OtherStage {
                    stage: stage.name.clone(),
                    policies: policies.to_owned(),
                });
            }
            let mut slots = spec.slots.iter().filter_map(|slot| slot.action());
            match slots.find(|slot| stage.actions.iter().any(|action| action.name == *slot)) {
                Some(action) => Err(PatchError::ActionThere {
                    stage: stage.name.clone(),
                    action: action.to_owned(),
                }),
                None => Ok(()),
            }
        }
    }
}

impl Place {
    /// What the user should know about the place.
    pub(super) fn note(&self, pipeline: &Pipeline, spec: &Spec) -> String {
        match self {
            Self::Stage(index) => {
                let next = pipeline.stages().get(*index).map(|stage| stage.name.as_str());
                let stage: &str = spec.targets.stage();
                format!("the stage `{stage}` is before `{}`", next.unwrap_or_default())
            }
            Self::Action { stage, run_order } => {
                let stage = pipeline.stages().get(*stage);
                let behind = stage.iter().flat_map(|stage| &stage.actions);
                let behind = behind.filter(|action| action.run_order >= *run_order);
                let behind: Vec<String> =
                    behind.map(|action| format!("`{}`", action.name)).collect();
                format!("the approvals and the gate are before {}", behind.join(", "))
            }
        }
    }

    /// Whether two pipelines are the same apart from what is inserted here. `pipeline` is the one
    /// that the place is in. `before` can be another variant of it, without that stage.
    pub(super) fn is_all_that_differs(
        &self,
        pipeline: &Pipeline,
        before: &Pipeline,
        after: &Pipeline,
        spec: &Spec,
    ) -> bool {
        let mut rest = after.stages().to_vec();
        let mut expected = before.stages().to_vec();
        match self {
            Self::Stage(_) => {
                let policies: &str = spec.targets.stage();
                rest.retain(|stage| stage.name != policies);
            }
            Self::Action { stage, run_order } => {
                let name = pipeline.stages().get(*stage).map(|stage| stage.name.as_str());
                let is_it = |stage: &&mut Stage| Some(stage.name.as_str()) == name;
                if let (Some(after), Some(before)) =
                    (rest.iter_mut().find(is_it), expected.iter_mut().find(is_it))
                {
                    after
                        .actions
                        .retain(|it| before.actions.iter().any(|known| known.name == it.name));
                    for action in &mut before.actions {
                        if action.run_order >= *run_order {
                            action.run_order += ORDERS;
                        }
                    }
                }
            }
        }
        // The declaration as the checks see it.
        format!("{rest:?}") == format!("{expected:?}")
    }

    /// Whether the gate is here in the pipeline with the stage.
    pub(super) fn is_in(&self, after: &Pipeline) -> bool {
        let (Self::Stage(index) | Self::Action { stage: index, .. }) = self;
        let stage = after.stages().get(*index);
        stage.is_some_and(|stage| stage.actions.iter().any(|action| action.name == GATE_ACTION))
    }
}

fn find<'a>(
    pipeline: &'a Pipeline,
    wanted: &StagePlace,
) -> Result<(usize, Option<&'a Action>), PatchError> {
    let no_such = || PatchError::NoSuchPlace {
        wanted: wanted.clone(),
        stages: names(pipeline.stages().iter()),
    };
    let mut stages = pipeline.stages().iter().enumerate();
    let (index, stage) =
        stages.find(|(_, stage)| stage.name == wanted.stage).ok_or_else(no_such)?;
    let Some(name) = &wanted.action else {
        return Ok((index, None));
    };
    let action = stage.actions.iter().find(|action| action.name == *name).ok_or_else(no_such)?;
    Ok((index, Some(action)))
}
