//! A history as the AWS CLI prints it, for tests to change.

use std::fs;

use serde_json::{Value, json};
use tempfile::TempDir;

/// The two lists.
#[derive(Clone)]
pub(crate) struct Saved {
    pub(crate) executions: Vec<Value>,
    pub(crate) actions: Vec<Value>,
}

impl Saved {
    /// The action execution with this name.
    pub(crate) fn action(&mut self, name: &str) -> &mut Value {
        self.actions.iter_mut().find(|action| action["actionName"] == name).unwrap()
    }

    pub(crate) fn with(mut self, other: Self) -> Self {
        self.executions.extend(other.executions);
        self.actions.extend(other.actions);
        self
    }

    /// Writes both lists and returns their paths.
    pub(crate) fn write(&self, directory: &TempDir) -> [String; 2] {
        let file = |name: &str, value: &Value| {
            let path = directory.path().join(name);
            fs::write(&path, serde_json::to_vec_pretty(value).unwrap()).unwrap();
            path.to_str().unwrap().to_owned()
        };
        [
            file("executions.json", &json!({"pipelineExecutionSummaries": self.executions})),
            file("actions.json", &json!({"actionExecutionDetails": self.actions})),
        ]
    }
}

/// A time in the hour of the newest execution, as the AWS CLI prints it.
pub(crate) fn at(minute: u32, second: u32) -> String {
    format!("2026-01-02T10:{minute:02}:{second:02}.123000+00:00")
}

/// An action execution of the newest execution.
pub(crate) fn action(
    stage: &str,
    name: &str,
    kind: (&str, &str),
    start: (u32, u32),
    end: (u32, u32),
) -> Value {
    json!({
        "pipelineExecutionId": "11111111-1111-4111-8111-111111111111",
        "actionExecutionId": format!("{name}-1"),
        "pipelineVersion": 3,
        "stageName": stage,
        "actionName": name,
        "startTime": at(start.0, start.1),
        "lastUpdateTime": at(end.0, end.1),
        "status": "Succeeded",
        "input": {
            "actionTypeId": {"category": kind.0, "owner": "AWS", "provider": kind.1, "version": "1"},
            "configuration": {}, "resolvedConfiguration": {}, "inputArtifacts": [], "somethingNew": true
        },
        "output": {"outputArtifacts": [], "executionResult": {}, "outputVariables": {}}
    })
}

/// An approval by an IAM user.
pub(crate) fn answered(slot: &str, who: &str, start: (u32, u32), end: (u32, u32)) -> Value {
    let mut approval = action("Approve", slot, ("Approval", "Manual"), start, end);
    approval["updatedBy"] = json!(format!("arn:aws:iam::111122223333:user/{who}"));
    approval["output"]["executionResult"] = json!({"externalExecutionId": format!("token-{slot}"), "externalExecutionSummary": "reviewed"});
    approval
}

/// A release that alice and bob approved and the gate let pass.
pub(crate) fn execution() -> Saved {
    let id = "11111111-1111-4111-8111-111111111111";
    let mut gate = action("Approve", "Gate", ("Invoke", "Lambda"), (3, 0), (3, 2));
    let configuration = json!({"FunctionName": "two-person-rule-gate"});
    gate["input"]["configuration"] = configuration.clone();
    gate["input"]["resolvedConfiguration"] = configuration;
    gate["output"] = json!({
        "outputArtifacts": [],
        "executionResult": {"externalExecutionSummary": "Satisfied by alice and bob: 2 distinct persons counted, 2 required."},
        "outputVariables": {"Verdict": "satisfied", "Approvers": "alice, bob", "ApproverCount": "2", "PipelineExecutionId": id}
    });
    Saved {
        executions: vec![json!({
            "pipelineExecutionId": id,
            "status": "Succeeded",
            "startTime": at(0, 0),
            "lastUpdateTime": at(4, 5),
            "sourceRevisions": [{
                "actionName": "Source",
                "revisionId": "0123456789abcdef0123456789abcdef01234567",
                "revisionSummary": "{\"ProviderType\":\"GitHub\",\"CommitMessage\":\"fix the rounding of refunds\\n\\nCloses 7\"}",
                "revisionUrl": "https://example.com/commit/0123456789abcdef0123456789abcdef01234567"
            }],
            "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": "arn:aws:iam::111122223333:user/bob"},
            "executionMode": "SUPERSEDED",
            "executionType": "STANDARD"
        })],
        actions: vec![
            action("Deploy", "Deploy", ("Deploy", "CodeDeploy"), (4, 0), (4, 5)),
            gate,
            answered("ApprovalB", "bob", (1, 0), (2, 30)),
            answered("ApprovalA", "alice", (1, 0), (2, 0)),
            action("Source", "Source", ("Source", "CodeStarSourceConnection"), (0, 1), (0, 30)),
        ],
    }
}

/// The same release with another id, this many days earlier.
pub(crate) fn released(id: &str, days_earlier: u32) -> Saved {
    let text = json!([execution().executions, execution().actions]).to_string();
    let text = text.replace("11111111-1111-4111-8111-111111111111", id);
    let text = text.replace("2026-01-02T", &format!("2026-01-{:02}T", 2 - days_earlier));
    let text = text.replace("\"actionExecutionId\":\"", &format!("\"actionExecutionId\":\"{id}-"));
    let [executions, actions]: [Vec<Value>; 2] = serde_json::from_str(&text).unwrap();
    Saved { executions, actions }
}
