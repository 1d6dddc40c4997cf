//! One saved execution for the tests of `policygen doctor --facts`: recorded replies of the real
//! service, with all names replaced and one change per test.

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::{file, file_of, text};
use crate::program::{Ran, fixture, policygen};

/// One saved execution.
#[derive(Clone)]
pub(crate) struct Saved {
    pub(crate) id: String,
    pub(crate) execution: Value,
    pub(crate) actions: Value,
    pub(crate) state: Value,
    pub(crate) log: Option<String>,
    pub(crate) trail: Option<Value>,
}

impl Saved {
    /// Replies of the real service, with all names replaced.
    pub(crate) fn recorded(name: &str) -> Self {
        let read = |part: &str| -> Value {
            let path = fixture(&format!("facts/{name}/{part}.json"));
            serde_json::from_str(&std::fs::read_to_string(path).unwrap()).unwrap()
        };
        let execution = read("execution");
        Self {
            id: execution["pipelineExecution"]["pipelineExecutionId"].as_str().unwrap().to_owned(),
            execution,
            actions: read("actions"),
            state: read("state"),
            log: None,
            trail: None,
        }
    }

    /// Three approvals in a row, retried twice, all answered by an IAM user.
    pub(crate) fn retried() -> Self {
        Self::recorded("retried")
    }

    pub(crate) fn with_log(mut self, lines: &[Value]) -> Self {
        self.log =
            Some(lines.iter().map(|facts| format!("{}\n", json!({"facts": facts}))).collect());
        self
    }

    /// The newest answered approval in the history.
    pub(crate) fn answered(&mut self) -> &mut Value {
        &mut self.actions["actionExecutionDetails"][1]
    }

    /// The same approval in the state.
    pub(crate) fn state_of_answered(&mut self) -> &mut Value {
        let id = self.answered()["actionExecutionId"].clone();
        let stages = self.state["stageStates"].as_array_mut().unwrap().iter_mut();
        let actions = stages.flat_map(|stage| stage["actionStates"].as_array_mut().unwrap());
        let mut runs = actions.map(|action| &mut action["latestExecution"]);
        runs.find(|run| run["actionExecutionId"] == id).unwrap()
    }

    pub(crate) fn trigger(&mut self) -> &mut Value {
        &mut self.execution["pipelineExecution"]["trigger"]
    }

    pub(crate) fn run(&self, arguments: &[&str]) -> Ran {
        let files: Vec<NamedTempFile> =
            [&self.execution, &self.actions, &self.state].map(file).into();
        let log = self.log.as_deref().map(file_of);
        let mut all = vec!["doctor", "--facts", "--pipeline", "payments", "--execution", &self.id];
        all.extend(files.iter().flat_map(|file| ["--input", text(file.path())]));
        all.extend(log.iter().flat_map(|file| ["--log", text(file.path())]));
        let trail = self.trail.as_ref().map(file);
        all.extend(trail.iter().flat_map(|file| ["--cloudtrail-file", text(file.path())]));
        all.extend(arguments);
        policygen(&all)
    }

    /// The verdict on a fact, and what was seen of it.
    pub(crate) fn says(&self, fact: &str) -> (String, String) {
        let ran = self.run(&["--format", "json"]);
        let report: Value =
            serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr));
        let facts = report["facts"].as_array().unwrap();
        let fails = facts.iter().any(|found| found["verdict"] == "does-not-hold");
        assert_eq!(ran.code, if fails { 10 } else { 0 });
        let found = facts.iter().find(|found| found["fact"] == fact).unwrap();
        let word = |key: &str| found[key].as_str().unwrap().to_owned();
        let page = concat!(env!("CARGO_PKG_REPOSITORY"), "/blob/main/docs/facts.md");
        assert_eq!(word("documentation"), format!("{page}#{fact}"));
        (word("verdict"), word("seen"))
    }

    pub(crate) fn verdict(&self, fact: &str) -> String {
        self.says(fact).0
    }
}

/// The log of a gate that gets every fact from AWS.
pub(crate) fn everything() -> Value {
    json!({
        "getJobDetails": {
            "pipelineExecutionId": true,
            "actionName": true,
            "actionExecutionId": true,
            "functionName": true,
            "userParameters": "event",
        },
        "ownRunBy": "id",
    })
}

pub(crate) const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_Approver_0123456789abcdef/dora@example.com";

/// CloudTrail's event of the newest answer in the history, by this principal at this time.
pub(crate) fn event(saved: &mut Saved, at: &str, by: &str) -> Value {
    let approval = saved.answered();
    json!({"Records": [{
        "eventName": "PutApprovalResult",
        "eventTime": at,
        "eventID": "1",
        "userIdentity": {"type": "IAMUser", "arn": by},
        "requestParameters": {
            "pipelineName": "payments",
            "stageName": approval["stageName"],
            "actionName": approval["actionName"],
            "token": approval["actionExecutionId"],
            "result": {"status": "Approved", "summary": "reviewed"},
        },
    }]})
}
