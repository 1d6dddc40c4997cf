//! The job of a Lambda action: what the function is sent, and what it may report.

use std::fmt;

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use super::Settings;
use super::action_run::ActionRun;
use super::execution::Execution;
use super::ids::IdSource;

/// A job without a report fails after 20 minutes, and a report that asks for more time restarts that clock.
/// <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const REPORT_TIMEOUT: SignedDuration = SignedDuration::from_mins(20);
/// However often it asks for more time, a job ends within a day.
const TOTAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);

/// The job of one attempt of a Lambda action.
#[derive(Debug)]
pub struct Job {
    /// The id that the next report must carry.
    pub id: String,
    /// Ids that were answered with a continuation token.
    pub earlier_ids: Vec<String>,
    /// What the function asked to be told when it is invoked again.
    pub continuation_token: Option<String>,
    /// When the action fails for want of a report.
    pub deadline: Timestamp,
    last_deadline: Timestamp,
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
    pub(super) fn new(ids: &mut dyn IdSource, now: Timestamp) -> Self {
        Self {
            id: ids.uuid(),
            earlier_ids: Vec::new(),
            continuation_token: None,
            deadline: now + REPORT_TIMEOUT,
            last_deadline: now + TOTAL_TIMEOUT,
            credentials: Credentials {
                access_key_id: format!("EMULATOR-{}", ids.uuid()),
                secret_access_key: ids.uuid(),
                session_token: ids.uuid(),
            },
        }
    }

    /// Restarts the clock under a new id: the report that carried the token has used the old one up.
    pub(super) fn go_on(&mut self, token: String, ids: &mut dyn IdSource, now: Timestamp) {
        self.earlier_ids.push(std::mem::replace(&mut self.id, ids.uuid()));
        self.continuation_token = Some(token);
        self.deadline = self.last_deadline.min(now + REPORT_TIMEOUT);
    }

    /// Whether this job ever had that id.
    pub(super) fn had_id(&self, id: &str) -> bool {
        self.id == id || self.earlier_ids.iter().any(|earlier| earlier == id)
    }

    /// The event that the function receives.
    /// <https://docs.aws.amazon.com/codepipeline/latest/userguide/action-reference-Lambda.html>
    pub(super) fn event(&self, run: &ActionRun, execution: &Execution, settings: &Settings) -> Value {
        let mut data = self.data(run, execution);
        if let Some(credentials) = data.get_mut("artifactCredentials").and_then(Value::as_object_mut) {
            let expires = self.last_deadline.as_millisecond();
            credentials.insert("expirationTime".to_owned(), json!(expires));
        }
        json!({"CodePipeline.job": {"id": self.id, "accountId": settings.account_id, "data": data}})
    }

    /// What `GetJobDetails` answers.
    pub(super) fn details(&self, run: &ActionRun, execution: &Execution, settings: &Settings) -> Value {
        let mut data = self.data(run, execution);
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

    fn data(&self, run: &ActionRun, execution: &Execution) -> Value {
        let artifacts = |artifacts: &[super::declaration::ArtifactName]| -> Vec<Value> {
            let bucket = execution.declaration.raw.pointer("/artifactStore/location");
            let bucket = bucket.and_then(Value::as_str).unwrap_or("emulator-artifacts");
            let located = artifacts.iter().map(|artifact| {
                let key = format!(
                    "{}/{}/{}",
                    execution.declaration.structure.name, artifact.name, execution.id
                );
                let location = json!({"type": "S3", "s3Location": {"bucketName": bucket, "objectKey": key}});
                json!({"name": artifact.name, "location": location})
            });
            located.collect()
        };
        let mut data = json!({
            "actionConfiguration": {"configuration": run.configuration},
            "inputArtifacts": artifacts(&run.action.input_artifacts),
            "outputArtifacts": artifacts(&run.action.output_artifacts),
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
