//! The same pipeline in every form gives the same findings.

#![cfg(test)]

use std::collections::BTreeSet;

use doctor::examine_declared;
use doctor::template::{Values, read};
use proptest::prelude::*;
use rule::Rule;
use serde_json::{Map, Value, json};

#[derive(Clone, Debug)]
struct Action {
    kind: Kind,
    run_order: u32,
    timeout: bool,
}

#[derive(Clone, Copy, Debug)]
enum Kind {
    Approval,
    Gate,
    Build,
    Prepare,
    Deploy,
    StartPipeline,
    StartStateMachine,
    SelfMutate,
}

#[derive(Clone, Debug)]
struct Stage {
    actions: Vec<Action>,
    retries: Option<&'static str>,
    skips: bool,
}

#[derive(Clone, Debug)]
struct Pipeline {
    stages: Vec<Stage>,
    mode: &'static str,
}

fn pipelines() -> impl Strategy<Value = Pipeline> {
    let kind = prop_oneof![
        4 => Just(Kind::Approval),
        2 => Just(Kind::Gate),
        1 => Just(Kind::Build),
        1 => Just(Kind::Prepare),
        2 => Just(Kind::Deploy),
        1 => Just(Kind::StartPipeline),
        1 => Just(Kind::StartStateMachine),
        1 => Just(Kind::SelfMutate),
    ];
    let action = (kind, 1_u32..4, any::<bool>()).prop_map(|(kind, run_order, timeout)| Action {
        kind,
        run_order,
        timeout,
    });
    let retries = prop_oneof![Just(None), Just(Some("ALL_ACTIONS")), Just(Some("FAILED_ACTIONS"))];
    let stage = (prop::collection::vec(action, 1..5), retries, prop::bool::weighted(0.1))
        .prop_map(|(actions, retries, skips)| Stage { actions, retries, skips });
    let mode = prop_oneof![Just("SUPERSEDED"), Just("QUEUED"), Just("PARALLEL")];
    (prop::collection::vec(stage, 1..5), mode).prop_map(|(stages, mode)| Pipeline { stages, mode })
}

impl Kind {
    fn of(self) -> [&'static str; 2] {
        match self {
            Self::Approval => ["Approval", "Manual"],
            Self::Gate => ["Invoke", "Lambda"],
            Self::Build | Self::SelfMutate => ["Build", "CodeBuild"],
            Self::Prepare | Self::Deploy => ["Deploy", "CloudFormation"],
            Self::StartPipeline => ["Invoke", "CodePipeline"],
            Self::StartStateMachine => ["Invoke", "StepFunctions"],
        }
    }

    fn settings(self) -> Map<String, Value> {
        let settings = match self {
            Self::Approval => json!({"CustomData": "Release"}),
            Self::Gate => json!({
                "FunctionName": "two-person-rule-gate",
                "UserParameters": "{\"pipelineExecutionId\":\"#{codepipeline.PipelineExecutionId}\"}",
            }),
            Self::Build => json!({"ProjectName": "build"}),
            Self::SelfMutate => json!({"ProjectName": "SelfMutate"}),
            Self::Prepare => json!({"ActionMode": "CHANGE_SET_REPLACE", "StackName": "app"}),
            Self::Deploy => json!({"ActionMode": "CHANGE_SET_EXECUTE", "StackName": "app"}),
            Self::StartPipeline => json!({"PipelineName": "next"}),
            Self::StartStateMachine => json!({"StateMachineArn": "arn"}),
        };
        settings.as_object().unwrap().clone()
    }
}

/// As the API gives it.
fn api(pipeline: &Pipeline) -> Value {
    let stages = pipeline.stages.iter().enumerate().map(|(number, stage)| {
        let actions = stage.actions.iter().enumerate().map(|(index, action)| {
            let [category, provider] = action.kind.of();
            let mut value = json!({
                "name": format!("Action{index}"),
                "actionTypeId":
                    {"category": category, "owner": "AWS", "provider": provider, "version": "1"},
                "runOrder": action.run_order,
                "configuration": action.kind.settings(),
                "inputArtifacts": [{"name": "App"}],
                "outputArtifacts": [],
            });
            if action.timeout {
                value["timeoutInMinutes"] = json!(60);
            }
            value
        });
        let mut value =
            json!({"name": format!("Stage{number}"), "actions": actions.collect::<Vec<_>>()});
        if let Some(mode) = stage.retries {
            value["onFailure"] =
                json!({"result": "RETRY", "retryConfiguration": {"retryMode": mode}});
        }
        if stage.skips {
            value["beforeEntry"] = json!({"conditions": [{"result": "SKIP", "rules": [{
                "name": "Hours",
                "ruleTypeId": {"category": "Rule", "owner": "AWS", "provider": "LambdaInvoke"},
                "configuration": {"FunctionName": "hours"},
            }]}]});
        }
        value
    });
    json!({
        "name": "payments",
        "executionMode": pipeline.mode,
        "stages": stages.collect::<Vec<_>>(),
    })
}

/// The names of CloudFormation.
fn capitalised(value: &Value) -> Value {
    let name = |key: &str| {
        let (first, rest) = key.split_at(1);
        first.to_uppercase() + rest
    };
    match value {
        Value::Object(entries) => entries
            .iter()
            .map(|(key, value)| match key.as_str() {
                "configuration" => (name(key), value.clone()),
                _ => (name(key), capitalised(value)),
            })
            .collect::<Map<_, _>>()
            .into(),
        Value::Array(items) => items.iter().map(capitalised).collect::<Vec<_>>().into(),
        Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
    }
}

fn template(pipeline: &Value) -> Value {
    json!({"Resources": {"Pipeline":
        {"Type": "AWS::CodePipeline::Pipeline", "Properties": capitalised(pipeline)}}})
}

/// As people and the CDK write templates: references in place of texts.
fn with_references(pipeline: &Value) -> Value {
    let mut template = template(pipeline);
    template["Parameters"] =
        json!({"Name": {"Type": "String", "Default": "payments"}, "Stack": {"Type": "String"}});
    template["Conditions"] = json!({"Yes": {"Fn::Equals": [{"Ref": "Name"}, "payments"]}});
    template["Resources"]["GateFn8A2C"] = json!({"Type": "AWS::Lambda::Function",
        "Properties": {"FunctionName": {"Fn::Join": ["-", ["two", "person-rule-gate"]]}}});
    let properties = &mut template["Resources"]["Pipeline"]["Properties"];
    properties["Name"] = json!({"Fn::Sub": "${Name}"});
    for stage in properties["Stages"].as_array_mut().unwrap() {
        for action in stage["Actions"].as_array_mut().unwrap() {
            let settings = &mut action["Configuration"];
            if settings.get("FunctionName").is_some() {
                settings["FunctionName"] = json!({"Fn::GetAtt": ["GateFn8A2C", "Arn"]});
            }
            if settings.get("StackName").is_some() {
                // No check needs the name.
                settings["StackName"] = json!({"Ref": "Stack"});
            }
            action["RunOrder"] = json!(action["RunOrder"].to_string());
        }
        *stage = json!({"Fn::If": ["Yes", stage, {"Ref": "AWS::NoValue"}]});
    }
    template
}

/// JSON as YAML in block style.
fn yaml(value: &Value, indent: usize) -> String {
    let pad = "  ".repeat(indent);
    match (value.as_object(), value.as_array()) {
        (Some(entries), _) if !entries.is_empty() => entries
            .iter()
            .map(|(key, value)| {
                let (tag, value) = match value.as_object() {
                    Some(call) if call.contains_key("Fn::Sub") => (" !Sub", &call["Fn::Sub"]),
                    Some(call) if call.contains_key("Ref") => (" !Ref", &call["Ref"]),
                    _ => ("", value),
                };
                format!("\n{pad}{key}:{tag}{}", yaml(value, indent + 1))
            })
            .collect(),
        (_, Some(items)) if !items.is_empty() => {
            items.iter().map(|item| format!("\n{pad}-{}", yaml(item, indent + 1))).collect()
        }
        _ => format!(" {value}"),
    }
}

/// What `terraform show -json` prints of a plan.
fn plan(pipeline: &Value) -> Value {
    let stages =
        pipeline["stages"].as_array().unwrap().iter().map(|stage| {
            let actions = stage["actions"].as_array().unwrap().iter().map(|action| {
                let id = &action["actionTypeId"];
                json!({
                    "name": action["name"], "category": id["category"], "owner": id["owner"],
                    "provider": id["provider"], "version": "1", "run_order": action["runOrder"],
                    "configuration": action["configuration"], "input_artifacts": ["App"],
                    "output_artifacts": null, "timeout_in_minutes": action.get("timeoutInMinutes"),
                })
            });
            let failure = stage.get("onFailure").map(|failure| json!({
            "result": "RETRY", "condition": [],
            "retry_configuration": [{"retry_mode": failure["retryConfiguration"]["retryMode"]}],
        }));
            let entry = stage.get("beforeEntry").map(|_| {
                json!({"condition": [{"result": "SKIP",
            "rule": [{"name": "Hours", "rule_type_id": [{"provider": "LambdaInvoke"}],
                      "configuration": {"FunctionName": "hours"}}]}]})
            });
            json!({
                "name": stage["name"], "action": actions.collect::<Vec<_>>(),
                "on_failure": Vec::from_iter(failure), "before_entry": Vec::from_iter(entry),
                "on_success": [],
            })
        });
    let values = json!({"name": "payments", "execution_mode": pipeline["executionMode"],
        "pipeline_type": "V2", "stage": stages.collect::<Vec<_>>(), "trigger": []});
    let unknown =
        json!({"arn": true, "stage": [{"action": [{"run_order": true, "region": true}]}]});
    let mut plan = json!({
        "format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [], "child_modules": [{"resources": [
            {"address": "module.release.aws_codepipeline.this", "mode": "managed",
             "type": "aws_codepipeline", "values": values}]}]}},
        "resource_changes": [{"address": "module.release.aws_codepipeline.this",
            "change": {"after_unknown": unknown}}],
    });
    // The provider computes what a configuration leaves out.
    let order =
        "/planned_values/root_module/child_modules/0/resources/0/values/stage/0/action/0/run_order";
    if plan.pointer(order) == Some(&json!(1)) {
        *plan.pointer_mut(order).unwrap() = Value::Null;
    }
    plan
}

/// What the provider awscc plans.
fn awscc(pipeline: &Value) -> Value {
    fn snake(value: &Value) -> Value {
        let name = |key: &str| {
            key.chars().fold(String::new(), |name, letter| match letter.is_ascii_uppercase() {
                true => format!("{name}_{}", letter.to_ascii_lowercase()),
                false => format!("{name}{letter}"),
            })
        };
        match value {
            Value::Object(entries) => entries
                .iter()
                .map(|(key, value)| match key.as_str() {
                    "configuration" => (name(key), Value::String(value.to_string())),
                    _ => (name(key), snake(value)),
                })
                .collect::<Map<_, _>>()
                .into(),
            Value::Array(items) => items.iter().map(snake).collect::<Vec<_>>().into(),
            Value::Null | Value::Bool(_) | Value::Number(_) | Value::String(_) => value.clone(),
        }
    }
    json!({"format_version": "1.0", "terraform_version": "1.9.0", "values": {"root_module":
        {"resources": [{"address": "awscc_codepipeline_pipeline.this", "mode": "managed",
            "type": "awscc_codepipeline_pipeline", "values": snake(pipeline)}]}}})
}

/// The code, subject, message and evidence of every finding.
fn findings(text: &str) -> BTreeSet<String> {
    let gate = "two-person-rule-gate".parse().unwrap();
    let declared = read(text, &Values::default()).unwrap();
    assert_eq!(declared.len(), 1, "{text}");
    let found = examine_declared(&declared[0], "file", &gate, &Rule::default());
    let found = found.into_iter().map(|finding| {
        assert_eq!(finding.location.is_some(), declared[0].id.is_some());
        format!("{} {} {} {:?}", finding.code, finding.subject, finding.message, finding.evidence)
    });
    found.collect()
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 200, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn every_form_gives_the_same_findings(pipeline in pipelines()) {
        let bare = api(&pipeline);
        let expected = findings(&bare.to_string());
        let whole = json!({"pipeline": bare});
        for (form, text) in [
            ("get-pipeline", whole.to_string()),
            ("get-pipeline in YAML", yaml(&whole, 0)),
            ("CloudFormation", template(&bare).to_string()),
            ("CloudFormation, indented", serde_json::to_string_pretty(&template(&bare)).unwrap()),
            ("CloudFormation in YAML", yaml(&template(&bare), 0)),
            ("CDK", with_references(&bare).to_string()),
            ("CDK in YAML", yaml(&with_references(&bare), 0)),
            ("a plan of Terraform", plan(&bare).to_string()),
            ("a state of Terraform", awscc(&bare).to_string()),
        ] {
            prop_assert_eq!(&findings(&text), &expected, "{}: {}", form, text);
        }
    }
}
