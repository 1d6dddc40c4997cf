//! What a plan of Terraform decides, and what it leaves open.

#![cfg(test)]

use doctor::examine_declared;
use doctor::template::{Values, read};
use rule::Rule;
use serde_json::{Value, json};

fn plan(configuration: &Value, unknown: &Value) -> String {
    let action = json!({"name": "TwoPersonRule", "category": "Invoke", "owner": "AWS",
        "provider": "Lambda", "version": "1", "configuration": configuration});
    json!({
        "format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {"resources": [
            {"address": "data.aws_codepipeline.other", "mode": "data", "type": "aws_codepipeline",
             "values": {}},
            {"address": "aws_codepipeline.this[0]", "mode": "managed", "type": "aws_codepipeline",
             "values": {"name": "payments", "stage": [{"name": "Release", "action": [action]}]}},
        ]}},
        "resource_changes": [{"address": "aws_codepipeline.this[0]", "change": {"after_unknown":
            {"id": true, "stage": [{"action": [{"configuration": unknown, "run_order": true}]}]}}}],
    })
    .to_string()
}

fn found(plan: &str) -> Vec<(&'static str, Option<String>)> {
    let gate = "two-person-rule-gate".parse().unwrap();
    let declared = read(plan, &Values::default()).unwrap();
    assert_eq!(declared.len(), 1);
    let findings = examine_declared(&declared[0], "plan.json", &gate, &Rule::default());
    findings.into_iter().map(|it| (it.code, it.location.unwrap().id)).collect()
}

#[test]
fn a_function_that_only_an_apply_decides_is_named_and_not_guessed() {
    let address = Some("aws_codepipeline.this[0]".to_owned());
    let gate = json!({"FunctionName": "two-person-rule-gate"});
    for (configuration, unknown) in [
        (json!({}), json!({"FunctionName": true})),
        (json!({"FunctionName": null}), json!({"FunctionName": true})),
        (json!(null), json!(true)),
    ] {
        let found = found(&plan(&configuration, &unknown));
        assert!(found.contains(&("undecided-in-template", address.clone())), "{found:?}");
        assert!(found.iter().all(|(code, _)| *code != "no-gate"), "{found:?}");
    }
    let found = found(&plan(&gate, &json!({})));
    assert!(found.iter().all(|(code, _)| *code != "undecided-in-template"), "{found:?}");
    assert!(found.contains(&("no-execution-id", address)), "{found:?}");
}

#[test]
fn a_plan_without_a_pipeline_has_none() {
    let plan = json!({"format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {}}});
    assert_eq!(read(&plan.to_string(), &Values::default()).unwrap().len(), 0);
}
