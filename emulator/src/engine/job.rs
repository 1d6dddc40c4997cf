//! The job of a Lambda action: what the function is sent, and what it may report.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::action_run::{ActionRun, ActionStatus, Work};
use super::artifact::Artifact;
use super::error::ApiError;
use super::execution::Execution;
use super::ids::IdSource;
use super::report::{Outcome, Report, terminated};
use super::{Settings, World, lag};

/// A job without a report fails after 20 minutes, and a report that asks for more time restarts
/// that clock. <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const REPORT_TIMEOUT: SignedDuration = SignedDuration::from_mins(20);
/// However often it asks for more time, a job ends within a day.
const TOTAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);
/// The credentials in an event are good for about so long, as recorded.
const CREDENTIALS: SignedDuration = SignedDuration::from_mins(15);

/// The job of one attempt of a Lambda action.
#[derive(Debug)]
pub struct Job {
    /// The id that the next report must carry.
    pub id: String,
    /// What the function asked to be told when it is invoked again.
    pub continuation_token: Option<String>,
    /// When the action fails for want of a report.
    deadline: Timestamp,
    last_deadline: Timestamp,
    /// When the function is to be invoked.
    invocation: Option<Timestamp>,
    /// What was reported, by the id that the job had then.
    reports: Vec<(String, Report)>,
    credentials: Credentials,
}

/// Made up, but as secret as AWS's: the derived `Debug` would print them.
struct Credentials {
    access_key_id: String,
    secret_access_key: String,
    session_token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Job {
    /// The job of an action that starts then.
    pub(super) fn new(started: Timestamp, world: &mut World) -> Self {
        let ids = world.ids.as_mut();
        Self {
            id: ids.uuid(),
            continuation_token: None,
            deadline: started + REPORT_TIMEOUT,
            last_deadline: started + TOTAL_TIMEOUT,
            invocation: Some(started + world.lag.draw(lag::INVOCATION)),
            reports: Vec::new(),
            credentials: Credentials::new(ids),
        }
    }

    /// Whether this job ever had that id.
    pub(super) fn had_id(&self, id: &str) -> bool {
        self.id == id || self.report(id).is_some()
    }

    fn report(&self, id: &str) -> Option<&Report> {
        let mut reports = self.reports.iter();
        reports.find(|(reported, _)| reported == id).map(|(_, report)| report)
    }

    /// When its function is invoked, or else when it is too late for a report.
    pub(super) fn next_event(&self) -> Timestamp {
        self.invocation.unwrap_or(self.deadline)
    }

    /// Whether its function is to be invoked now.
    pub(super) fn is_to_be_invoked(&self, now: Timestamp) -> bool {
        self.invocation.is_some_and(|invocation| invocation <= now)
    }

    pub(super) fn invoked(&mut self) {
        self.invocation = None;
    }

    /// What was reported last, now that it is noticed. A job that goes on has a new id: the report
    /// has used up the old one.
    pub(super) fn take_outcome(&mut self, world: &mut World) -> Option<Outcome> {
        let outcome = self.reports.last().map(|(_, report)| report.outcome.clone());
        if let Some(Outcome::Continue { token }) = &outcome {
            self.id = world.ids.uuid();
            self.continuation_token = Some(token.clone());
            self.deadline = self.last_deadline.min(world.now + REPORT_TIMEOUT);
            self.invocation = Some(world.now);
        }
        outcome
    }

    /// The event that the function receives.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html>
    pub(super) fn event(&self, run: &ActionRun, world: &World) -> Value {
        let mut data = self.data(run);
        if let Some(credentials) =
            data.get_mut("artifactCredentials").and_then(Value::as_object_mut)
        {
            let expires = (world.now + CREDENTIALS).as_second().saturating_mul(1000);
            credentials.insert("expirationTime".to_owned(), json!(expires));
        }
        json!({"CodePipeline.job": {"id": self.id, "accountId": world.settings.account_id, "data": data}})
    }

    /// What `GetJobDetails` answers.
    pub(super) fn details(
        &self,
        run: &ActionRun,
        execution: &Execution,
        settings: &Settings,
    ) -> Value {
        let mut data = self.data(run);
        let mut context = json!({
            "pipelineName": execution.declaration.structure.name,
            "stage": {"name": run.stage},
            "action": {"name": run.action.name, "actionExecutionId": run.id},
        });
        if let Some(members) = context.as_object_mut().filter(|_| !settings.bare_job_details) {
            let arn = settings.pipeline_arn(&execution.declaration.structure.name);
            members.insert("pipelineArn".to_owned(), json!(arn));
            members.insert("pipelineExecutionId".to_owned(), json!(execution.id));
        }
        if let Some(members) = data.as_object_mut() {
            members.insert("actionTypeId".to_owned(), json!(run.action.action_type_id));
            members.insert("pipelineContext".to_owned(), context);
        }
        json!({"jobDetails": {"id": self.id, "accountId": settings.account_id, "data": data}})
    }

    fn data(&self, run: &ActionRun) -> Value {
        let artifacts =
            |artifacts: &[Artifact]| artifacts.iter().map(Artifact::of_job).collect::<Vec<_>>();
        let mut data = json!({
            "actionConfiguration": {"configuration": run.configuration},
            "inputArtifacts": artifacts(&run.inputs),
            "outputArtifacts": artifacts(&run.outputs),
            "artifactCredentials": {
                "accessKeyId": self.credentials.access_key_id,
                "secretAccessKey": self.credentials.secret_access_key,
                "sessionToken": self.credentials.session_token,
            },
        });
        if let Some((token, members)) = self.continuation_token.as_ref().zip(data.as_object_mut()) {
            members.insert("continuationToken".to_owned(), json!(token));
        }
        data
    }
}

impl Credentials {
    fn new(ids: &mut dyn IdSource) -> Self {
        Self {
            access_key_id: format!("EMULATOR-{}", ids.uuid()),
            secret_access_key: ids.uuid(),
            session_token: ids.uuid(),
        }
    }
}

impl ActionRun {
    /// Takes what the function reports of the job that has, or once had, that id. It is noticed
    /// later.
    ///
    /// A job may be reported on again if the report says the same; and once its action was
    /// abandoned, or its pipeline deleted, a report is taken and changes nothing.
    pub(super) fn take_report(
        &mut self,
        job_id: &str,
        report: Report,
        world: &mut World,
    ) -> Result<(), ApiError> {
        let Work::Job(job) = &mut self.work else {
            return Err(terminated(job_id));
        };
        if let Some(earlier) = job.report(job_id) {
            return earlier.check_repeated(job_id, &report);
        }
        report.check()?;
        match self.status {
            ActionStatus::InProgress => self.due = Some(world.now + world.lag.draw(lag::REPORT)),
            ActionStatus::Abandoned => {}
            ActionStatus::Succeeded | ActionStatus::Failed => return Err(terminated(job_id)),
        }
        job.reports.push((job_id.to_owned(), report));
        Ok(())
    }
}
