//! `policygen generate --patch-pipeline` of templates: where the new lines go, however the others
//! are written.

use serde_json::{Value, json};

use crate::checker::{file_of, text};
use crate::generate_patch::patch_in;
use crate::generate_patch_template::{CONDITIONAL, patch, template};
use crate::program::Ran;

const SOURCE: &str = "        - Name: Source
          Actions:
            - Name: Source
              ActionTypeId: {Category: Source, Owner: AWS, Provider: S3, Version: 1}
";
const PROD: &str = "        - Name: Prod
          Actions:
            - Name: Deploy
              ActionTypeId: {Category: Deploy, Owner: AWS, Provider: S3, Version: 1}
";

/// A stage of that name that deploys, inside of an `Fn::If`.
fn branch(name: &str) -> String {
    PROD.replace("Prod", name).lines().fold(String::new(), |text, line| text + "  " + line + "\n")
}

/// The new stage is there with these lines around it, and each line before is there after.
fn assert_added(stages: &str, ran: &Ran, there: &str) {
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    assert!(ran.stdout.contains(there), "{}", ran.stdout);
    let mut after = ran.stdout.lines();
    for line in template(stages).lines() {
        assert!(after.any(|it| it == line), "{line}: {}", ran.stdout);
    }
}

#[test]
fn comments_and_blank_lines_above_the_stages_stay_there() {
    let stages = format!("\n      # All of them.\n\n{SOURCE}{PROD}");
    let ran = patch(&stages, "Release", &[]);
    assert_added(&stages, &ran, "      # All of them.\n\n        - Name: Source\n");
}

#[test]
fn a_first_key_beside_the_dash_makes_room_for_the_order() {
    let stages = format!("{SOURCE}{PROD}");
    let ran = patch(&stages, "Prod", &["--before", "Prod/Deploy"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let action = "            - RunOrder: 3\n              Name: Deploy\n";
    assert!(ran.stdout.contains(action), "{}", ran.stdout);
}

#[test]
fn an_action_in_braces_waits_for_the_gate_if_its_order_has_a_line() {
    let stages = format!(
        "{SOURCE}        - Name: Prod
          Actions:
            - {{Name: Deploy,
              RunOrder: 2,
              ActionTypeId: {{Category: Deploy, Owner: AWS, Provider: S3, Version: 1}}}}
"
    );
    let ran = patch(&stages, "Prod", &["--before", "Prod/Deploy"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let action = "            - {Name: Deploy,\n              RunOrder: 4,\n";
    assert!(ran.stdout.contains(action), "{}", ran.stdout);
}

/// Otherwise two people would be asked about nothing if the condition does not hold.
#[test]
fn a_condition_is_kept_however_it_is_written() {
    for (from, to) in [
        ("        - !If\n", "        # What is merged.\n        - !If\n"),
        ("        - !If\n", "        - !If # what is merged\n"),
        ("          - Name: Prod\n", "          -\n            Name: Prod\n"),
        (
            "          - Name: Prod\n",
            "          -\n            # To them.\n            Name: Prod\n",
        ),
    ] {
        let stages = CONDITIONAL.replace(from, to);
        assert_ne!(stages, CONDITIONAL);
        let ran = patch(&stages, "Release", &["--before", "Prod"]);
        let begin = if to.contains("# what") { to } else { "        - !If\n" };
        let added = format!("{begin}          - Main\n          - Name: Release\n");
        assert_added(&stages, &ran, &added);
        let next =
            stages.split_once("Version: 1}\n").unwrap().1.split_once("Name: Prod").unwrap().0;
        let end = format!("\n          - !Ref AWS::NoValue\n{next}Name: Prod\n");
        assert!(ran.stdout.contains(&end), "{}", ran.stdout);
    }
}

#[test]
fn stages_of_both_branches_of_a_condition_are_behind_the_same_approvals() {
    let stages =
        format!("{SOURCE}        - !If\n          - Main\n{}{}", branch("Prod"), branch("Staging"));
    for place in ["Prod", "Staging"] {
        let ran = patch(&stages, "Release", &["--before", place]);
        assert_added(&stages, &ran, "        - Name: Release\n          Actions:\n");
    }
}

/// The pipeline is checked with the condition and without it.
#[test]
fn a_warning_of_every_variant_is_given_once() {
    let (test, region) = (PROD.replace("Prod", "Test"), branch("OtherRegion"));
    let stages = format!("{SOURCE}{test}{PROD}        - !If\n          - Main\n{region}");
    let stages = stages + "          - !Ref AWS::NoValue\n";
    let ran = patch(&stages, "Release", &["--before", "Prod"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let warnings = ran.stderr.matches("`Deploy` deploys before anybody is asked").count();
    assert_eq!(warnings, 1, "{}", ran.stderr);
}

#[test]
fn the_pipeline_that_the_policies_are_about_is_the_one_that_changes() {
    let other = "  Refunds:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: refunds
      Stages:
";
    let stages = format!("{SOURCE}{PROD}");
    let text_of = template(&stages);
    let (head, own) = text_of.split_once("  Pipeline:\n").unwrap();
    let both = format!("{head}{other}{stages}  Pipeline:\n{own}");
    let input = file_of(&both);
    let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.yaml"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let untouched = format!("{head}{other}{stages}  Pipeline:\n");
    assert!(ran.stdout.starts_with(&untouched), "{}", ran.stdout);
    assert_eq!(ran.stdout.matches("Name: Release\n").count(), 1, "{}", ran.stdout);
}

#[test]
fn a_template_in_json_keeps_its_lines() {
    let action = |name: &str, category: &str| {
        json!({"Name": name, "ActionTypeId":
            {"Category": category, "Owner": "AWS", "Provider": "S3", "Version": "1"}})
    };
    let before = json!({"Resources": {"P": {"Type": "AWS::CodePipeline::Pipeline", "Properties": {
        "Name": "payments", "PipelineType": "V2", "Stages": [
        {"Name": "Source", "Actions": [action("Source", "Source")]},
        {"Name": "Prod", "Actions": [action("Deploy", "Deploy")]}]}}}});
    let written = serde_json::to_string_pretty(&before).unwrap();
    let input = file_of(&written);
    let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.json"]);
    assert_eq!(ran.code, 0, "{}", ran.stderr);
    let note =
        "note: the stage `Release` is before `Prod`; deploy the template to put it in force\n";
    assert_eq!(ran.stderr, note);
    let mut after: Value = serde_json::from_str(&ran.stdout).unwrap();
    let stages = after["Resources"]["P"]["Properties"]["Stages"].as_array_mut().unwrap();
    assert_eq!(stages.remove(1)["Name"], "Release");
    assert_eq!(after, before);
    let mut lines = ran.stdout.lines();
    assert!(written.lines().all(|line| lines.any(|it| it == line)), "{}", ran.stdout);
}

/// Parameters decide both names, so nothing distinguishes the lines of the two stages.
#[test]
fn a_stage_that_could_be_another_one_is_refused() {
    let named = |name: &str| PROD.replace("Prod", &format!("!Ref {name}"));
    let build = named("Branch").replace("Deploy", "Build").replace("S3", "CodeBuild");
    let stages = format!("{SOURCE}{build}{}", named("Other"));
    let open = template(&stages).replace("Parameters: {", "Parameters: {Other: {Type: String}, ");
    let input = file_of(&open);
    let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.yaml"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("begin each stage and action on a new line"), "{}", ran.stderr);
}

/// The new stage goes before the comments above the next one. These lines only look like comments.
#[test]
fn a_text_that_ends_like_a_comment_is_never_cut() {
    let script = "              Configuration:
                Script: |
                  # nothing
                  # yet
";
    let stages = format!("{SOURCE}{}{script}{PROD}", PROD.replace("Prod", "Build"));
    let stages = stages.replacen("Category: Deploy", "Category: Build", 1);
    let ran = patch(&stages, "Release", &["--before", "Prod"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{}", ran.stdout);
    assert!(ran.stderr.contains("begin each stage and action on a new line"), "{}", ran.stderr);
}
