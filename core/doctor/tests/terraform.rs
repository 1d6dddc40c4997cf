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
    let known = found(&plan(&gate, &json!({})));
    assert!(known.iter().all(|(code, _)| *code != "undecided-in-template"), "{known:?}");
    assert!(known.contains(&("no-execution-id", address)), "{known:?}");
    // Terraform marks some known values with `false`.
    for unknown in [json!({"FunctionName": false, "UserParameters": false}), json!(false)] {
        assert_eq!(found(&plan(&gate, &unknown)), known, "{unknown}");
    }
}

#[test]
fn a_plan_without_a_pipeline_has_none() {
    let plan = json!({"format_version": "1.2", "terraform_version": "1.9.0",
        "planned_values": {"root_module": {}}});
    assert_eq!(read(&plan.to_string(), &Values::default()).unwrap().len(), 0);
}

/// A state with one stage.
fn state(kind: &str, stage: &Value) -> String {
    json!({"terraform_version": "1.9.0", "values": {"root_module": {"resources": [
        {"address": "this", "mode": "managed", "type": kind,
         "values": {"name": "payments", "stage": [stage]}}]}}})
    .to_string()
}

#[test]
fn a_condition_that_asks_the_gate_is_found() {
    let rule = json!({"name": "TwoPersons", "rule_type_id": [{"provider": "LambdaInvoke"}],
        "configuration": {"FunctionName": "two-person-rule-gate"}});
    let stage = json!({"name": "Deploy", "action": [],
        "before_entry": [{"condition": [{"result": "FAIL", "rule": [rule]}]}]});
    let found = found(&state("aws_codepipeline", &stage));
    assert_eq!(found, [("gate-as-condition", Some("this".to_owned()))]);
}

#[test]
fn the_settings_of_an_action_keep_their_names() {
    let action = json!({"name": "Build", "category": "Build", "owner": "Custom",
        "provider": "Builder", "version": "1", "region": null, "role_arn": null,
        "configuration": {"build_number": "1", "stage": "prod", "Notes": null}});
    let text = state("aws_codepipeline", &json!({"name": "Build", "action": [action]}));
    let declared = read(&text, &Values::default()).unwrap();
    let action = &declared[0].variants[0].pipeline.stages()[0].actions[0];
    let settings: Vec<_> = action.configuration.keys().map(String::as_str).collect();
    assert_eq!(settings, ["build_number", "stage"]);
    assert_eq!((&action.region, &action.role_arn), (&None, &None));
}
