//! An account for tests: the API over an engine with counted ids, and a clock that stands still
//! until a test moves it.

use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};

use crate::api::Service;
use crate::engine::{ApiError, CountedIds, Effect, Engine, ErrorCode, Lag, Settings};

pub(crate) const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
pub(crate) const PIPELINE: &str = "release";

pub(crate) struct Account {
    pub(crate) service: Service,
    pub(crate) now: Timestamp,
}

impl Account {
    pub(crate) fn new() -> Self {
        Self::with_lag(Lag::none())
    }

    pub(crate) fn with_lag(lag: Lag) -> Self {
        Self::with(false, lag)
    }

    pub(crate) fn with(bare_job_details: bool, lag: Lag) -> Self {
        let settings = Settings {
            partition: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
            account_id: "111122223333".to_owned(),
            bare_job_details,
        };
        Self {
            service: Service::new(Engine::new(settings, Box::<CountedIds>::default(), lag), None)
                .unwrap(),
            now: "2026-01-01T00:00:00Z".parse().unwrap(),
        }
    }

    /// An account with one pipeline: a source stage, then these stages. No execution is in
    /// progress.
    pub(crate) fn with_stages(mode: &str, stages: Value) -> Self {
        let mut account = Self::new();
        account.create(pipeline(mode, stages));
        account
    }

    /// Creates a pipeline and removes the execution that it starts.
    pub(crate) fn create(&mut self, declaration: Value) {
        let id = self.created(declaration);
        self.service.engine.forget(PIPELINE, &id);
        let _ = self.service.engine.take_effects();
    }

    /// Creates a pipeline. Returns the id of the execution that it starts.
    pub(crate) fn created(&mut self, declaration: Value) -> String {
        self.ok("CreatePipeline", json!({"pipeline": declaration}));
        let executions = &self.service.engine.pipeline(PIPELINE).unwrap().executions;
        executions.last().unwrap().id.clone()
    }

    pub(crate) fn call(&mut self, operation: &str, input: Value) -> Result<Value, ApiError> {
        let reply = self.service.call(operation, input.to_string().as_bytes(), ALICE, self.now);
        reply.map(Option::unwrap_or_default)
    }

    pub(crate) fn ok(&mut self, operation: &str, input: Value) -> Value {
        self.call(operation, input).unwrap_or_else(|error| panic!("{operation}: {error}"))
    }

    pub(crate) fn refused(&mut self, operation: &str, input: Value) -> ErrorCode {
        self.call(operation, input).unwrap_err().code
    }

    pub(crate) fn wait(&mut self, minutes: i64) {
        self.now += SignedDuration::from_mins(minutes);
        self.service.engine.tick(self.now);
    }

    pub(crate) fn wait_seconds(&mut self, seconds: i64) {
        self.now += SignedDuration::from_secs(seconds);
    }

    pub(crate) fn start(&mut self) -> String {
        let reply = self.ok("StartPipelineExecution", json!({"name": PIPELINE}));
        reply["pipelineExecutionId"].as_str().unwrap().to_owned()
    }

    pub(crate) fn status(&mut self, id: &str) -> String {
        let input = json!({"pipelineName": PIPELINE, "pipelineExecutionId": id});
        let reply = self.ok("GetPipelineExecution", input);
        reply["pipelineExecution"]["status"].as_str().unwrap().to_owned()
    }

    /// The state of one stage.
    pub(crate) fn stage(&mut self, name: &str) -> Value {
        let state = self.ok("GetPipelineState", json!({"name": PIPELINE}));
        let stages = state["stageStates"].as_array().unwrap().clone();
        stages.into_iter().find(|stage| stage["stageName"] == name).unwrap()
    }

    /// The state of the newest attempt of one action.
    pub(crate) fn action(&mut self, stage: &str, action: &str) -> Value {
        let actions = self.stage(stage)["actionStates"].as_array().unwrap().clone();
        let found = actions.into_iter().find(|state| state["actionName"] == action).unwrap();
        found["latestExecution"].clone()
    }

    /// `action status` of every attempt in an execution, oldest first.
    pub(crate) fn history(&mut self, id: &str) -> Vec<String> {
        let input = json!({"pipelineName": PIPELINE, "filter": {"pipelineExecutionId": id}});
        let reply = self.ok("ListActionExecutions", input);
        let text = |run: &Value, member: &str| run[member].as_str().unwrap().to_owned();
        let runs = reply["actionExecutionDetails"].as_array().unwrap().iter().rev();
        runs.map(|run| format!("{} {}", text(run, "actionName"), text(run, "status"))).collect()
    }

    pub(crate) fn answer(
        &mut self,
        stage: &str,
        action: &str,
        status: &str,
    ) -> Result<Value, ApiError> {
        let token = self.action(stage, action)["token"].clone();
        self.answer_token(stage, action, status, &token)
    }

    pub(crate) fn answer_token(
        &mut self,
        stage: &str,
        action: &str,
        status: &str,
        token: &Value,
    ) -> Result<Value, ApiError> {
        self.answer_with(stage, action, status, token, "looks right")
    }

    pub(crate) fn answer_with(
        &mut self,
        stage: &str,
        action: &str,
        status: &str,
        token: &Value,
        summary: &str,
    ) -> Result<Value, ApiError> {
        self.call(
            "PutApprovalResult",
            json!({
                "pipelineName": PIPELINE, "stageName": stage, "actionName": action, "token": token,
                "result": {"status": status, "summary": summary},
            }),
        )
    }

    pub(crate) fn approve(&mut self, stage: &str, action: &str) {
        self.answer(stage, action, "Approved").unwrap();
    }

    pub(crate) fn retry(&mut self, stage: &str, id: &str, mode: &str) -> Result<Value, ApiError> {
        self.call(
            "RetryStageExecution",
            json!({"pipelineName": PIPELINE, "stageName": stage, "pipelineExecutionId": id, "retryMode": mode}),
        )
    }

    pub(crate) fn stop(&mut self, id: &str, abandon: bool) -> Result<Value, ApiError> {
        self.call(
            "StopPipelineExecution",
            json!({"pipelineName": PIPELINE, "pipelineExecutionId": id, "abandon": abandon, "reason": "enough"}),
        )
    }

    /// The event of the only invocation since the last call.
    pub(crate) fn invoked(&mut self) -> Value {
        let mut effects = self.service.engine.take_effects();
        assert_eq!(effects.len(), 1, "invocations");
        let Effect::Invoke { event, .. } = effects.pop().unwrap();
        event
    }
}

pub(crate) fn pipeline(mode: &str, stages: Value) -> Value {
    let mut all = vec![json!({"name": "Source", "actions": [{
        "name": "Code", "namespace": "Code", "outputArtifacts": [{"name": "App"}],
        "actionTypeId": {"category": "Source", "owner": "AWS", "provider": "S3", "version": "1"},
    }]})];
    all.extend(stages.as_array().unwrap().iter().cloned());
    json!({
        "name": PIPELINE, "roleArn": "arn:aws:iam::111122223333:role/pipeline", "executionMode": mode, "stages": all,
        "pipelineType": "V2", "artifactStore": {"type": "S3", "location": "artifacts"},
    })
}

pub(crate) fn approval(name: &str) -> Value {
    json!({
        "name": name,
        "actionTypeId": {"category": "Approval", "owner": "AWS", "provider": "Manual", "version": "1"},
    })
}

pub(crate) fn build(name: &str, run_order: u32, result: &str) -> Value {
    json!({
        "name": name, "runOrder": run_order, "configuration": {"EmulatorResult": result},
        "actionTypeId": {"category": "Build", "owner": "AWS", "provider": "CodeBuild", "version": "1"},
    })
}

pub(crate) fn gate(user_parameters: &str) -> Value {
    json!({
        "name": "Gate", "runOrder": 2, "configuration": {"FunctionName": "gate", "UserParameters": user_parameters},
        "actionTypeId": {"category": "Invoke", "owner": "AWS", "provider": "Lambda", "version": "1"},
        "inputArtifacts": [{"name": "App"}],
    })
}

pub(crate) fn stage(name: &str, actions: &[Value]) -> Value {
    json!({"name": name, "actions": actions})
}
