//! How an attempt of an action begins.

use std::collections::BTreeMap;

use super::World;
use super::action_run::{ActionRun, ActionStatus, Work};
use super::declaration::{Action, ActionKind, Stage};
use super::execution::Execution;
use super::job::Job;
use super::variables;

impl Execution {
    /// Starts an attempt of an action; what need not wait ends as it starts.
    pub(super) fn start_action(&mut self, stage: &Stage, action: &Action, world: &mut World) {
        let attempts = self
            .runs
            .iter()
            .filter(|run| run.stage == stage.name && run.action.name == action.name);
        let attempt = attempts.count();
        let resolved = action.configuration.iter().map(|(key, value)| {
            let value = variables::resolve(value, |reference| self.variable(reference))?;
            Ok((key.clone(), value))
        });
        let resolved: Result<BTreeMap<_, _>, String> = resolved.collect();
        let mut run = ActionRun {
            sequence: world.next_sequence(),
            id: world.ids.uuid(),
            stage: stage.name.clone(),
            action: action.clone(),
            configuration: BTreeMap::new(),
            status: ActionStatus::InProgress,
            started: world.now,
            updated: world.now,
            updated_by: None,
            external_id: None,
            summary: None,
            error: None,
            output_variables: BTreeMap::new(),
            work: Work::Immediate,
            counts: true,
        };
        match resolved {
            Ok(configuration) => {
                run.configuration = configuration;
                self.begin(&mut run, attempt, world);
            }
            Err(reference) => run.fail(
                "ConfigurationError",
                format!("The variable reference '#{{{reference}}}' could not be resolved in this pipeline execution"),
                world.now,
            ),
        }
        self.runs.push(run);
    }

    fn begin(&self, run: &mut ActionRun, attempt: usize, world: &mut World) {
        match run.action.kind() {
            ActionKind::ManualApproval => {
                let token = world.ids.uuid();
                run.external_id = Some(token.clone());
                run.work = Work::approval(token, &run.action, world.now);
            }
            ActionKind::Lambda => {
                let job = Job::new(world.ids.as_mut(), world.now);
                world.invoke(&job, run, self);
                run.work = Work::Job(job);
            }
            ActionKind::Source | ActionKind::Pretended => {
                let told = run.configuration.get("EmulatorResult").map(String::as_str);
                if told == Some("Failed") || (told == Some("FailedOnce") && attempt == 0) {
                    run.fail("JobFailed", "The configuration's EmulatorResult says so", world.now);
                    return;
                }
                if run.action.kind() == ActionKind::Source {
                    let given = self.start.revisions.get(&run.action.name).cloned();
                    let revision = given.unwrap_or_else(|| made_up_revision(world));
                    run.output_variables.insert("CommitId".to_owned(), revision.clone());
                    run.external_id = Some(revision);
                }
                run.finish(ActionStatus::Succeeded, world.now);
            }
        }
    }

    /// The newest successful attempt of each source action, with its revision.
    pub fn revisions(&self) -> impl Iterator<Item = (&ActionRun, &str)> {
        let sources = self
            .runs
            .iter()
            .filter(|run| run.counts && run.action.kind() == ActionKind::Source);
        sources.filter_map(|run| Some((run, run.output_variables.get("CommitId")?.as_str())))
    }

    /// The pipeline's variables with the values that this execution runs with.
    pub fn variables(&self) -> impl Iterator<Item = (&str, &str)> {
        self.declaration.structure.variables.iter().filter_map(|variable| {
            let value = self
                .start
                .variables
                .get(&variable.name)
                .or(variable.default_value.as_ref())?;
            Some((variable.name.as_str(), value.as_str()))
        })
    }

    fn variable(&self, reference: &str) -> Option<String> {
        if reference == "codepipeline.PipelineExecutionId" {
            return Some(self.id.clone());
        }
        let (namespace, name) = reference.split_once('.')?;
        if namespace == "variables" {
            return self
                .variables()
                .find(|(known, _)| *known == name)
                .map(|(_, value)| value.to_owned());
        }
        let mut runs = self.runs.iter().rev().filter(|run| run.counts);
        let run = runs.find(|run| run.action.namespace.as_deref() == Some(namespace))?;
        run.output_variables.get(name).cloned()
    }
}

/// Forty hexadecimal digits, like a commit.
fn made_up_revision(world: &mut World) -> String {
    let digits = format!("{}{}", world.ids.uuid(), world.ids.uuid());
    digits.chars().filter(|digit| *digit != '-').take(40).collect()
}
