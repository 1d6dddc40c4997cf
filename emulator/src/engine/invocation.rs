//! The invocation of a Lambda function for a job, and the data that the function gets.

use jiff::SignedDuration;
use serde_json::{Value, json};

use super::action_run::{ActionRun, Work};
use super::artifact::Artifact;
use super::execution::Execution;
use super::job::Job;
use super::{Effect, Settings, World};

/// The lifetime of the credentials in an event, as recorded.
const CREDENTIALS: SignedDuration = SignedDuration::from_mins(15);

impl ActionRun {
    /// The invocation of its function, if that is due.
    pub(super) fn invoke(&mut self, world: &World) -> Option<Effect> {
        let job = self.job()?;
        if !self.in_progress() || self.due.is_some() || !job.is_to_be_invoked(world.now) {
            return None;
        }
        let function = self.configuration.get("FunctionName").map_or("", String::as_str);
        let effect = Effect::Invoke {
            job_id: job.id.clone(),
            function: world.settings.function_arn(function),
            event: job.event(self, world),
        };
        if let Work::Job(job) = &mut self.work {
            job.invoked();
        }
        Some(effect)
    }
}

impl Job {
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

    /// The reply of `GetJobDetails`.
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
