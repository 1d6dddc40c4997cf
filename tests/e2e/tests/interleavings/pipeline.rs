//! The pipelines of the settings, and the rule of their gates.

use serde_json::{Value, json};

use super::people::{ACCOUNT, TRUSTED};
use super::script::{Change, Setting, Shape};

pub(crate) const PIPELINE: &str = "release";
pub(crate) const FUNCTION: &str = "gate";
pub(crate) const DEPLOY: &str = "Deploy";

/// The stage whose approvals the gate judges.
pub(crate) fn judged_stage(shape: Shape) -> &'static str {
    if shape == Shape::Elsewhere { "Approve" } else { "Release" }
}

/// The actions that the rule names. `None`: every approval of the stage.
pub(crate) fn named_actions(shape: Shape) -> Option<[&'static str; 2]> {
    (shape == Shape::Confirm).then_some(["ApprovalA", "ApprovalB"])
}

pub(crate) fn rule(setting: &Setting) -> String {
    let mut rule = json!({
        "quorum": setting.quorum, "trustedSessionRoles": [TRUSTED],
        "excludeInitiator": setting.exclude_initiator,
    });
    if let Some(minutes) = setting.max_age_minutes {
        rule["maxAgeMinutes"] = json!(minutes);
    }
    if setting.shape == Shape::Elsewhere {
        rule["stage"] = json!(judged_stage(setting.shape));
    }
    if let Some(actions) = named_actions(setting.shape) {
        rule["actions"] = json!(actions);
    }
    rule.to_string()
}

pub(crate) fn declared(setting: &Setting, change: Change) -> Value {
    let approve = |name: &str, order: u32| {
        let mut action = action(name, "Approval", "Manual", order);
        if setting.shape == Shape::Sequential && name == "ApprovalA" {
            action["timeoutInMinutes"] = json!(20);
        }
        action
    };
    let deploy = |order| action(DEPLOY, "Deploy", "CodeDeploy", order);
    let ship = |order| stage("Ship", vec![deploy(order)]);
    let (a, b) = (approve("ApprovalA", 1), approve("ApprovalB", 1));
    let gate = |order| gate(setting, order);
    let mut stages = match setting.shape {
        Shape::Parallel => vec![stage("Release", vec![a, b, gate(2)]), ship(1)],
        Shape::Sequential => {
            vec![stage("Release", vec![a, approve("ApprovalB", 2), gate(3)]), ship(1)]
        }
        Shape::Three => {
            vec![stage("Release", vec![a, b, approve("ApprovalC", 1), gate(2)]), ship(1)]
        }
        Shape::Elsewhere => vec![
            stage("Approve", vec![a, b]),
            stage("Release", vec![approve("Hold", 1), gate(1), deploy(2)]),
        ],
        Shape::Confirm => {
            vec![stage("Release", vec![a, b, gate(2), approve("Confirm", 3)]), ship(1)]
        }
    };
    let gone = match change {
        Change::Restore => None,
        Change::NoGate => Some("Gate"),
        Change::OneApproval => Some("ApprovalB"),
    };
    for stage in &mut stages {
        let actions = stage["actions"].as_array_mut().unwrap();
        actions.retain(|action| action["name"].as_str() != gone);
    }
    let mut source = action("Code", "Source", "S3", 1);
    source["outputArtifacts"] = json!([{"name": "App"}]);
    source["configuration"] = json!({"S3Bucket": "sources", "S3ObjectKey": "app.zip"});
    stages.insert(0, stage("Source", vec![source]));
    json!({
        "name": PIPELINE, "roleArn": format!("arn:aws:iam::{ACCOUNT}:role/pipeline"),
        "executionMode": setting.mode, "stages": stages, "pipelineType": "V2",
        "artifactStore": {"type": "S3", "location": "artifacts"},
    })
}

fn gate(setting: &Setting, order: u32) -> Value {
    let mut gate = action("Gate", "Invoke", "Lambda", order);
    gate["configuration"] = json!({"FunctionName": FUNCTION});
    gate["inputArtifacts"] = json!([{"name": "App"}]);
    if setting.bare {
        let own = json!({"pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"});
        gate["configuration"]["UserParameters"] = json!(own.to_string());
    }
    gate
}

fn action(name: &str, category: &str, provider: &str, order: u32) -> Value {
    let mut action = json!({
        "name": name, "runOrder": order,
        "actionTypeId": {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
    });
    if category == "Deploy" {
        action["inputArtifacts"] = json!([{"name": "App"}]);
    }
    action
}

fn stage(name: &str, actions: Vec<Value>) -> Value {
    json!({"name": name, "actions": actions})
}
