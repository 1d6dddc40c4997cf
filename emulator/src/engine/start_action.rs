//! The start of an action's attempt, and the results that a successful one leaves for later
//! actions.

use std::collections::BTreeMap;

use jiff::Timestamp;

use super::action_run::{ActionRun, ActionStatus, ErrorDetails, Pretence, Shown, Work};
use super::artifact::Artifact;
use super::declaration::{Action, ActionKind, Stage};
use super::execution::Execution;
use super::job::Job;
use super::start::SourceRevision;
use super::{World, lag, notification, source, variables};

/// The name of the only function that does not exist.
const MISSING_FUNCTION: &str = "EmulatorMissing";

impl Execution {
    /// Starts an attempt of an action.
    pub(super) fn start_action(
        &mut self,
        stage: &Stage,
        action: &Action,
        started: Timestamp,
        world: &mut World,
    ) {
        let of_action = |run: &ActionRun| run.stage == stage.name && run.action.name == action.name;
        let first = !self.runs.iter().any(of_action);
        let resolved = action.configuration.iter().map(|(key, value)| {
            let value = variables::resolve(value, |reference| self.variable(reference))?;
            Ok((key.clone(), value))
        });
        let resolved: Result<BTreeMap<_, _>, String> = resolved.collect();
        let kind = action.kind();
        let inputs = action.input_artifacts.iter();
        let inputs = inputs.map(|input| {
            self.artifacts.get(&input.name).cloned().unwrap_or(Artifact::missing(input))
        });
        let outputs = action.output_artifacts.iter();
        let outputs = outputs
            .map(|it| Artifact::planned(&it.name, kind, &self.declaration, world.ids.as_mut()));
        let in_state =
            if kind == ActionKind::ManualApproval { lag::TOKEN_SHOWN } else { lag::STATE_SHOWN };
        let mut run = ActionRun {
            inputs: inputs.collect(),
            outputs: outputs.collect(),
            sequence: world.next_sequence(),
            id: world.ids.uuid(),
            stage: stage.name.clone(),
            action: action.clone(),
            configuration: BTreeMap::new(),
            started,
            status: ActionStatus::InProgress,
            changed: None,
            noticed: ActionStatus::InProgress,
            updated: started,
            updated_by: None,
            external_id: None,
            external_url: None,
            summary: None,
            error: None,
            output_variables: BTreeMap::new(),
            work: Work::Pretended(Box::default()),
            replaced: None,
            shown: Shown {
                in_history: started + world.lag.draw(lag::HISTORY_SHOWN),
                in_state: started + world.lag.draw(in_state),
                after_replaced: world.lag.draw(lag::REPLACED_SHOWN),
            },
            due: None,
        };
        match resolved {
            Ok(configuration) => {
                run.configuration = configuration;
                self.begin(&mut run, first, world);
            }
            Err(reference) => run.fails(
                "ConfigurationError",
                format!("The variable reference '#{{{reference}}}' could not be resolved in this pipeline execution"),
                world,
            ),
        }
        self.runs.push(run);
    }

    fn begin(&self, run: &mut ActionRun, first: bool, world: &mut World) {
        match run.action.kind() {
            ActionKind::ManualApproval => {
                run.work = Work::approval(&run.action, run.started);
                run.external_id = Some(run.id.clone());
                if notification::is_refused(run, &self.declaration, first, world) {
                    run.refuse_notification(notification::refused(), world);
                }
            }
            ActionKind::Lambda => run.begin_job(world),
            ActionKind::Source | ActionKind::Pretended => {
                let told = run.configuration.get("EmulatorResult").map(String::as_str);
                if told == Some("Failed") || (told == Some("FailedOnce") && first) {
                    run.fails(
                        "JobFailed",
                        "EmulatorResult in the configuration asks for it".to_owned(),
                        world,
                    );
                    return;
                }
                let pretence = if run.action.kind() == ActionKind::Source {
                    source::deliver(run, &self.start.revisions, world)
                } else {
                    deployed(run)
                };
                run.pretend(pretence, world);
            }
        }
    }

    /// Makes the results of an action available to later actions.
    pub(super) fn hand_on(&mut self, place: usize) {
        let Some(run) = self.runs.get_mut(place) else {
            return;
        };
        let revision = run.external_id.clone().filter(|_| run.action.kind() == ActionKind::Source);
        for artifact in &mut run.outputs {
            artifact.revision.clone_from(&revision);
            self.artifacts.insert(artifact.name.clone(), artifact.clone());
        }
        if let Some(namespace) = &run.action.namespace {
            self.outputs.insert(namespace.clone(), run.output_variables.clone());
        }
        if let Some(id) = revision {
            self.sources.retain(|source| source.action != run.action.name);
            self.sources.push(SourceRevision {
                action: run.action.name.clone(),
                artifacts: run.outputs.iter().map(|artifact| artifact.name.clone()).collect(),
                id,
                summary: run.summary.clone(),
                url: run.external_url.clone(),
            });
        }
    }

    /// The pipeline's variables, with their values in this execution.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.declaration.structure.variables.iter().filter_map(|variable| {
            let value =
                self.start.variables.get(&variable.name).or(variable.default_value.as_ref())?;
            Some((variable.name.as_str(), value.as_str()))
        })
    }

    fn variable(&self, reference: &str) -> Option<String> {
        if reference == "codepipeline.PipelineExecutionId" {
            return Some(self.id.clone());
        }
        let (namespace, name) = reference.split_once('.')?;
        if namespace == "variables" {
            let mut variables = self.variables();
            return variables.find(|(known, _)| *known == name).map(|(_, value)| value.to_owned());
        }
        self.outputs.get(namespace)?.get(name).cloned()
    }
}

impl ActionRun {
    /// Does not wait, and has a known outcome.
    fn pretend(&mut self, pretence: Pretence, world: &mut World) {
        self.work = Work::Pretended(Box::new(pretence));
        self.due = Some(self.started + world.lag.draw(lag::WORK));
    }

    fn fails(&mut self, code: &str, message: String, world: &mut World) {
        let code = code.to_owned();
        let pretence =
            Pretence { error: Some(ErrorDetails { code, message }), ..Pretence::default() };
        self.pretend(pretence, world);
    }

    fn begin_job(&mut self, world: &mut World) {
        let function = self.configuration.get("FunctionName").cloned().unwrap_or_default();
        if function == MISSING_FUNCTION {
            let message = format!("The AWS Lambda function {function} does not exist.");
            return self.fails("ConfigurationError", message, world);
        }
        self.external_url = Some(world.settings.log_url(&function));
        self.external_id = Some(function);
        // The state shows this from the start.
        self.changed = Some(self.started + world.lag.draw(lag::STATE_CHANGED));
        self.work = Work::Job(Job::new(self.started, world));
    }
}

/// The outcome of a simulated build or deployment that succeeds. Only a deployment to S3 says where
/// it has deployed.
fn deployed(run: &ActionRun) -> Pretence {
    if run.action.action_type_id.provider != "S3" {
        return Pretence::default();
    }
    let configured = |key: &str| run.configuration.get(key).map(String::as_str);
    let bucket = configured("BucketName").unwrap_or("emulator-releases");
    let key = configured("ObjectKey").filter(|key| !key.is_empty());
    Pretence {
        external_id: Some(key.map_or_else(|| bucket.to_owned(), |key| format!("{bucket}/{key}"))),
        summary: Some("Deployment Succeeded".to_owned()),
        ..Pretence::default()
    }
}
