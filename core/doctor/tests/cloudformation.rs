//! What a CloudFormation template decides, and what it leaves open.

#![cfg(test)]

use doctor::examine_declared;
use doctor::template::{Declared, Values, read};
use findings::Finding;
use rule::Rule;

/// A template with a sound pipeline, in short forms.
const TEMPLATE: &str = include_str!("../../../policygen/tests/fixtures/template/short-forms.yaml");

fn values(values: &[&str]) -> Values {
    values.iter().map(|value| value.parse().unwrap()).collect()
}

fn declared(template: &str, given: &[&str]) -> Declared {
    let mut declared = read(template, &values(given)).unwrap();
    assert_eq!(declared.len(), 1);
    declared.remove(0)
}

fn findings(template: &str, given: &[&str]) -> Vec<Finding> {
    let gate = "two-person-rule-gate".parse().unwrap();
    examine_declared(&declared(template, given), "template.yaml", &gate, &Rule::default())
}

/// Code, last part of the subject, line.
fn found(template: &str, given: &[&str]) -> Vec<(&'static str, String, usize)> {
    let findings = findings(template, given).into_iter().map(|finding| {
        let place = finding.subject.rsplit(':').next().unwrap().to_owned();
        (finding.code, place, finding.location.unwrap().line.unwrap())
    });
    findings.collect()
}

const GATE: &str = "GateName=two-person-rule-gate";

#[test]
fn values_that_are_given_decide_everything() {
    assert_eq!(found(TEMPLATE, &[GATE, "Stage=prod"]), []);
    let pipeline = &declared(TEMPLATE, &[GATE, "Stage=prod"]).variants[0].pipeline;
    assert_eq!(pipeline.name(), "payments-release");
    let release = &pipeline.stages()[1];
    assert_eq!(release.actions[0].timeout_in_minutes, Some(60));
    assert_eq!(release.actions[1].configuration["CustomData"], "payments");
    assert_eq!(pipeline.stages()[0].actions[0].configuration["PollForSourceChanges"], "false");
    assert_eq!(pipeline.stages()[2].actions[0].configuration["BucketName"], "b");
}

#[test]
fn a_parameter_without_a_value_is_named_and_not_guessed() {
    assert_eq!(
        found(TEMPLATE, &["Stage=prod"]),
        [("undecided-in-template", "payments-release/Release/TwoPersonRule".to_owned(), 43)]
    );
    let finding = findings(TEMPLATE, &["Stage=prod"]).remove(0);
    assert!(finding.message.contains("`${GateName}`"), "{}", finding.message);
    assert_eq!(finding.location.unwrap().id.unwrap(), "Pipeline");
}

#[test]
fn a_condition_that_is_not_decided_is_examined_both_ways() {
    let declared = declared(TEMPLATE, &[GATE]);
    let assumed: Vec<_> = declared.variants.iter().map(|it| it.assumed.clone()).collect();
    let comparison = "${Stage} = prod".to_owned();
    assert_eq!(assumed, [vec![(comparison.clone(), true)], vec![(comparison, false)]]);
    let findings = findings(TEMPLATE, &[GATE]);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding.code, "no-gate");
    let condition = finding.evidence.last().unwrap();
    assert_eq!(
        (condition.name.as_str(), condition.detail.as_str()),
        ("${Stage} = prod", "if this is not so")
    );
    assert_eq!(found(TEMPLATE, &[GATE, "Stage=dev"]).len(), 1);
}

/// A template whose gate's function is called so.
fn gate_called(function: &str, resources: &str) -> String {
    let function = format!("FunctionName: {function}");
    TEMPLATE
        .replace("FunctionName:\n                    Fn::Join: [\"\", [!Ref GateName]]", &function)
        .replace("Resources:\n", &format!("Resources:\n{resources}"))
}

#[test]
fn the_gate_is_known_however_the_template_refers_to_it() {
    let named = "  Gate: {Type: 'AWS::Serverless::Function', Properties: {FunctionName: two-person-rule-gate}}\n";
    let alias = "  Live: {Type: 'AWS::Lambda::Alias', Properties: {FunctionName: !Ref Gate, Name: live}}\n  Gate: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: two-person-rule-gate}}\n";
    let own = "'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:two-person-rule-gate:live'";
    for (function, resources) in [
        ("!Ref Gate", named),
        ("!GetAtt Gate.Arn", named),
        ("!GetAtt [Gate, Arn]", named),
        ("{'Fn::GetAtt': 'Gate.Arn'}", named),
        ("!Sub '${Gate}'", named),
        ("!Sub ['${It}', {It: !Ref Gate}]", named),
        ("!Ref Gate.Alias", named),
        ("!Ref Live", alias),
        (&format!("!Sub {own}"), ""),
        (
            "!Join [':', [arn, !Ref 'AWS::Partition', lambda, !Ref 'AWS::Region', !Ref 'AWS::AccountId', function, two-person-rule-gate]]",
            "",
        ),
        (
            // How CDK refers to a function that it imports by name.
            &format!("!Select [6, !Split [':', !Sub {own}]]"),
            "",
        ),
        ("!ImportValue GateName", ""),
        ("!If [IsProduction, two-person-rule-gate, other]", ""),
    ] {
        let template = gate_called(function, resources);
        let given = [GATE, "Stage=prod"];
        assert_eq!(found(&template, &given), [], "{function}");
    }
}

#[test]
fn another_function_is_not_the_gate() {
    for (function, code) in [
        ("other", "no-gate"),
        (
            "!Sub 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:other'",
            "no-gate",
        ),
        // Nothing says which function these are.
        ("!ImportValue Gate", "undecided-in-template"),
        ("!Ref Nothing", "undecided-in-template"),
        ("!GetAtt Nothing.Arn", "undecided-in-template"),
        ("'{{resolve:ssm:/gate}}'", "undecided-in-template"),
        ("!Sub '${Nothing}-gate'", "undecided-in-template"),
        ("!Cidr [a, b]", "undecided-in-template"),
        ("!Select [7, !Split [':', 'a:b']]", "undecided-in-template"),
        // The colons in the name of a pseudo parameter do not separate fields of the ARN.
        (
            "!Select [1, !Split [':', !Sub 'arn:${AWS::Partition}:two-person-rule-gate']]",
            "undecided-in-template",
        ),
        (
            "!Select [2, !Split [':', !Sub 'arn:${Nothing}:two-person-rule-gate']]",
            "undecided-in-template",
        ),
        (
            "!Select [1, !Split ['-', !Sub '${AWS::Region}-two-person-rule-gate']]",
            "undecided-in-template",
        ),
        (
            "!Select [6, !Split [':', 'arn:aws:lambda:a:1:function:{{resolve:ssm:/gate}}']]",
            "undecided-in-template",
        ),
        ("!FindInMap [Gates, !Ref 'AWS::Region', Name]", "undecided-in-template"),
        ("{'Fn::Transform': {Name: 'AWS::Include'}}", "undecided-in-template"),
        // The account is another one, or an unknown one.
        (
            "!Sub 'arn:aws:lambda:eu-west-1:${Account}:function:two-person-rule-gate'",
            "undecided-in-template",
        ),
        (
            "!Sub 'arn:aws:lambda:${AWS::Region}:444455556666:function:two-person-rule-gate'",
            "undecided-in-template",
        ),
        // The name is unknown, or a part of it.
        (
            "!Sub 'arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:${Name}'",
            "undecided-in-template",
        ),
        (
            "!Sub 'arn:aws:lambda:${AWS::Region}:${AWS::AccountId}:function:{{resolve:ssm:/gate}}'",
            "undecided-in-template",
        ),
    ] {
        let found = found(&gate_called(function, ""), &["Stage=prod"]);
        assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), [code], "{function}");
    }
}

#[test]
fn a_name_that_is_not_decided_is_a_pattern() {
    for (name, arn, is_known) in [
        ("Name: !Sub \"${Project}-release\"", "payments-release", true),
        ("Name: !!str payments", "payments", true),
        ("Name: !Sub \"${Other}-release\"", "*-release", false),
        ("Name: !Ref Other", "*", false),
        ("Name: a-{{resolve:ssm:/name}}-b", "a-*-b", false),
        ("Name: !Sub \"a-{{resolve:ssm:/${Other}/name}}-b\"", "a-*-b", false),
        ("RestartExecutionOnUpdate: false", "*-Pipeline-*", false),
    ] {
        let template = TEMPLATE.replace("Name: !Sub \"${Project}-release\"", name);
        let pipeline = &declared(&template, &[GATE, "Stage=prod"]).variants[0].pipeline;
        assert_eq!(pipeline.arn, format!("arn:aws:codepipeline:*:*:{arn}"));
        assert_eq!(pipeline.has_name(), is_known, "{name}");
    }
}

#[test]
fn a_stack_that_updates_itself_rewrites_the_pipeline() {
    let stage = "        - Name: First
          Actions:
            - Name: Change
              ActionTypeId: {Category: Deploy, Owner: AWS, Provider: CloudFormation, Version: '1'}
              Configuration: {ActionMode: CREATE_UPDATE, StackName: !Ref AWS::StackName}
        - !If";
    let template = TEMPLATE.replacen("        - !If", stage, 1);
    let found = found(&template, &[GATE, "Stage=prod"]);
    let codes: Vec<_> = found.iter().map(|it| it.0).collect();
    assert_eq!(
        codes,
        ["deploy-before-approvals", "self-mutating-pipeline", "update-cancels-approvals"]
    );
    // A change set only prepares it.
    let template = template.replace("CREATE_UPDATE", "CHANGE_SET_REPLACE");
    assert_eq!(findings(&template, &[GATE, "Stage=prod"]), []);
}

#[test]
fn a_build_that_updates_pipelines_rewrites_the_pipeline() {
    let stage = "        - Name: First
          Actions:
            - Name: Change
              ActionTypeId: {Category: Build, Owner: AWS, Provider: CodeBuild, Version: '1'}
              Configuration: {ProjectName: !Ref Changes}
        - !If";
    for (name, called, command, codes) in [
        ("", "!Ref Changes", "aws codepipeline update-pipeline", 2),
        ("Name: changer, ", "!Ref Changes", "aws codepipeline update-pipeline", 2),
        ("Name: changer, ", "changer", "aws codepipeline update-pipeline", 2),
        ("Name: changer, ", "other", "aws codepipeline update-pipeline", 0),
        ("", "!Ref Changes", "aws codepipeline get-pipeline", 0),
    ] {
        let project = format!(
            "Resources:\n  Changes: {{Type: 'AWS::CodeBuild::Project', Properties: {{{name}Source: \
             {{BuildSpec: !Sub 'build: {{commands: [{command}]}}'}}}}}}\n"
        );
        let stage = stage.replace("!Ref Changes", called);
        let template =
            TEMPLATE.replacen("        - !If", &stage, 1).replace("Resources:\n", &project);
        let found = found(&template, &[GATE, "Stage=prod"]);
        assert_eq!(found.len(), codes, "{name}{called}, {command}: {found:?}");
        assert!(found.iter().all(|it| it.1 == "payments-release/First/Change"), "{found:?}");
    }
}

#[test]
fn many_conditions_have_an_end() {
    let template = with_conditions(40);
    assert_eq!(declared(&template, &[GATE, "Stage=prod"]).variants.len(), 32);
    let found = found(&template, &[GATE, "Stage=prod"]);
    assert!(found.iter().any(|it| it.0 == "undecided-in-template"), "{found:?}");
}

#[test]
fn circles_and_bombs_have_an_end() {
    let circle = "  A: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: !Sub '${B}${B}'}}\n  B: {Type: 'AWS::Lambda::Function', Properties: {FunctionName: !Sub '${A}${A}'}}\n";
    let found = found(&gate_called("!Ref A", circle), &["Stage=prod"]);
    assert_eq!(found[0].0, "undecided-in-template");
    let mut bomb = "a0: &a0 [x, x]\n".to_owned();
    for number in 1..60 {
        let last = number - 1;
        bomb += &format!("a{number}: &a{number} [*a{last}, *a{last}]\n");
    }
    let mut long = "a0: &a0 [x]\n".to_owned();
    for number in 1..250 {
        let last = number - 1;
        long += &format!("a{number}: &a{number} [*a{last}]\n");
    }
    let nested = |inner: &str| format!("{}{inner}{}", "[".repeat(120), "]".repeat(120));
    let deep_in_deep = format!("a: &a {}\nb: {}\n", nested("x"), nested("*a"));
    let deep = "[".repeat(100_000);
    const TOO_LARGE: &str = "it is nested too deeply, or its aliases stand for too much";
    for (text, words) in [
        (bomb, TOO_LARGE),
        (long, TOO_LARGE),
        (deep_in_deep, TOO_LARGE),
        (deep, "it is not JSON"),
        ("a: &a [*a]".to_owned(), TOO_LARGE),
        ("--- 1\n--- 2\n".to_owned(), "it holds several YAML documents; give each as one file"),
    ] {
        assert_eq!(read(&text, &Values::default()).unwrap_err().to_string(), words);
    }
}

#[test]
fn a_large_pipeline_is_read_to_its_end() {
    use std::fmt::Write as _;
    let mut stages = String::new();
    for number in 0..100 {
        let kind = "{Category: Build, Owner: AWS, Provider: CodeBuild}";
        let actions = format!("[{{Name: A, ActionTypeId: {kind}}}]");
        writeln!(stages, "        - {{Name: S{number}, Actions: {actions}}}").unwrap();
    }
    let template = TEMPLATE.replace("      Stages:\n", &format!("      Stages:\n{stages}"));
    assert_eq!(found(&template, &[GATE, "Stage=prod"]), []);
    let pipeline = &declared(&template, &[GATE, "Stage=prod"]).variants[0].pipeline;
    assert_eq!(pipeline.stages().len(), 103);
}

#[test]
fn a_finding_of_every_variant_is_there_once_and_without_a_condition() {
    assert_eq!(declared(TEMPLATE, &["GateName=other"]).variants.len(), 2);
    let findings = findings(TEMPLATE, &["GateName=other"]);
    let [finding] = findings.as_slice() else { panic!("{findings:?}") };
    assert_eq!(finding.code, "no-gate");
    assert!(finding.evidence.iter().all(|it| it.name != "${Stage} = prod"), "{finding:?}");
}

/// Stages that each depend on another parameter.
fn with_conditions(number: usize) -> String {
    use std::fmt::Write as _;
    let mut stages = String::new();
    let mut conditions = String::new();
    for number in 0..number {
        writeln!(conditions, "  C{number}: !Equals [!Ref P{number}, a]").unwrap();
        writeln!(
            stages,
            "        - !If [C{number}, {{Name: S{number}, Actions: []}}, !Ref AWS::NoValue]"
        )
        .unwrap();
    }
    TEMPLATE
        .replace("Conditions:\n", &format!("Conditions:\n{conditions}"))
        .replace("      Stages:\n", &format!("      Stages:\n{stages}"))
}

#[test]
fn the_stages_of_five_conditions_are_examined_in_every_combination() {
    let template = with_conditions(5);
    let variants = declared(&template, &[GATE, "Stage=prod"]).variants;
    let combinations: std::collections::BTreeSet<Vec<&str>> = variants
        .iter()
        .map(|it| it.pipeline.stages().iter().map(|stage| stage.name.as_str()).collect())
        .collect();
    assert_eq!((variants.len(), combinations.len()), (32, 32));
    assert_eq!(found(&template, &[GATE, "Stage=prod"]), []);
}

/// The template with these parameters of the gate.
fn gate_with(parameters: &str) -> String {
    let written = r##"'{"pipelineExecutionId":"#{codepipeline.PipelineExecutionId}"}'"##;
    let template = TEMPLATE.replace(written, parameters);
    assert_ne!(template, TEMPLATE);
    template
}

#[test]
fn parameters_of_the_gate_that_the_template_leaves_open_are_not_checked() {
    for parameters in [
        r#"!Sub '{"stage":"${Other}"}'"#,
        r#"'{"stage":"{{resolve:ssm:/stage}}"}'"#,
        r##"'{"stage":"#{variables.Stage}"}'"##,
        "{'Fn::ToJsonString': {stage: !Ref Other}}",
    ] {
        let found = found(&gate_with(parameters), &[GATE, "Stage=prod"]);
        let codes: Vec<_> = found.iter().map(|it| it.0).collect();
        assert!(codes.contains(&"unchecked-gate-parameters"), "{parameters}: {codes:?}");
        assert!(!codes.contains(&"bad-gate-parameters"), "{parameters}: {codes:?}");
    }
}

#[test]
fn the_gates_parameters_may_be_written_as_an_object() {
    let execution = "'#{codepipeline.PipelineExecutionId}'";
    let sound = format!("{{'Fn::ToJsonString': {{pipelineExecutionId: {execution}}}}}");
    assert_eq!(found(&gate_with(&sound), &[GATE, "Stage=prod"]), []);
    let short = format!("!ToJsonString {{pipelineExecutionId: {execution}}}");
    assert_eq!(found(&gate_with(&short), &[GATE, "Stage=prod"]), []);
}

#[test]
fn a_parameter_of_a_list_type_is_a_list() {
    for kind in ["CommaDelimitedList", "List<String>"] {
        let template = gate_called("!Select [1, !Ref Functions]", "").replace(
            "Parameters:\n",
            &format!("Parameters:\n  Functions: {{Type: {kind}, Default: 'a, b'}}\n"),
        );
        let given = ["Stage=prod", "Functions=other, two-person-rule-gate"];
        assert_eq!(found(&template, &given), [], "{kind}");
        assert_eq!(found(&template, &["Stage=prod"])[0].0, "no-gate", "{kind}");
    }
}

#[test]
fn the_buckets_of_a_template_are_those_that_its_resources_name() {
    let template = TEMPLATE
        .replace(
            "Resources:\n",
            "Resources:\n  Bucket: {Type: 'AWS::S3::Bucket', Properties: {BucketName: sources}}\n",
        )
        .replace(
            "      Stages:\n",
            "      ArtifactStore:
        Type: S3
        Location: !Ref Bucket
        EncryptionKey: {Id: key, Type: KMS}
      Stages:\n",
        );
    let pipeline = &declared(&template, &[GATE, "Stage=prod"]).variants[0].pipeline;
    assert_eq!(pipeline.structure.artifact_store, ["sources"]);
    assert_eq!(pipeline.stages()[0].actions[0].configuration["S3Bucket"], "sources");
}

#[test]
fn only_the_name_of_a_function_is_shortened() {
    let arn = "arn:${AWS::Partition}:lambda:${AWS::Region}:${AWS::AccountId}:function:other";
    let template = TEMPLATE.replace("!Sub \"${Project}\"", &format!("!Sub '{arn}'"));
    let pipeline = &declared(&template, &[GATE, "Stage=prod"]).variants[0].pipeline;
    assert_eq!(pipeline.stages()[1].actions[0].configuration["CustomData"], arn);
}

#[test]
fn a_value_that_is_null_is_absent() {
    let template = TEMPLATE
        .replace("TimeoutInMinutes: 60", "Region: null\n                RoleArn: ~")
        .replace("CustomData: !Sub \"${Project}\"", "CustomData: null");
    let pipeline = &declared(&template, &[GATE, "Stage=prod"]).variants[0].pipeline;
    let approval = &pipeline.stages()[1].actions[1];
    assert_eq!((&approval.region, &approval.role_arn), (&None, &None));
    assert!(!approval.configuration.contains_key("CustomData"), "{approval:?}");
}

#[test]
fn a_retry_mode_that_is_not_decided_is_named_and_not_guessed() {
    let codes = |mode: &str, given: &[&str]| -> Vec<_> {
        let template = TEMPLATE.replace("RetryMode: ALL_ACTIONS", &format!("RetryMode: {mode}"));
        let given = [&[GATE, "Stage=prod"], given].concat();
        found(&template, &given).into_iter().map(|it| it.0).collect()
    };
    assert_eq!(codes("!Ref Mode", &[]), ["undecided-in-template"]);
    assert_eq!(codes("'{{resolve:ssm:/mode}}'", &[]), ["undecided-in-template"]);
    assert_eq!(codes("!Ref Mode", &["Mode=ALL_ACTIONS"]), Vec::<&str>::new());
    assert_eq!(codes("!Ref Mode", &["Mode=FAILED_ACTIONS"]), ["retry-failed-actions"]);
}

#[test]
fn nothing_is_said_to_be_missing_that_the_template_leaves_open() {
    let of = |stages: &str| {
        let pipeline = "{Type: 'AWS::CodePipeline::Pipeline', Properties: {Name: p, Stages: ";
        let template = format!("Resources: {{Pipeline: {pipeline}{stages}}}}}}}");
        found(&template, &[]).into_iter().map(|it| it.0).collect::<Vec<_>>()
    };
    let action = |kind: &str| {
        format!(
            "{{Name: A, ActionTypeId: {{Category: {kind}, Owner: AWS, Provider: S3, Version: '1'}}}}"
        )
    };
    let (source, deploy) = (action("Source"), action("Deploy"));
    let open = "'Fn::Transform': {Name: 'AWS::Include'}";
    assert_eq!(of(&format!("[{{Name: S, Actions: [{source}]}}]")), ["nothing-to-guard"]);
    assert_eq!(of(&format!("[{{Name: S, Actions: [{deploy}]}}]")), ["no-gate"]);
    // What is open may be an approval, or the gate.
    for first in [&source, &deploy] {
        for stages in [
            format!("[{{Name: S, Actions: [{first}]}}, {{{open}}}]"),
            format!("[{{Name: S, Actions: [{first}, {{{open}}}]}}]"),
            format!("[{{Name: S, Actions: [{first}, {}]}}]", action("!Ref Kind")),
            format!("[{{Name: S, Actions: [{first}, {{Name: B, ActionTypeId: {{{open}}}}}]}}]"),
        ] {
            assert_eq!(of(&stages), ["undecided-in-template"], "{stages}");
        }
        // No check looks at the version of a type, and every action has one function.
        let known = action("Build").replace("'1'", "!Ref Version");
        let found = of(&format!("[{{Name: S, Actions: [{first}, {known}]}}]"));
        assert_eq!(found, of(&format!("[{{Name: S, Actions: [{first}]}}]")), "{first}");
    }
}

#[test]
fn a_wrong_value_is_said_with_its_place_and_line() {
    let template = TEMPLATE.replace("TimeoutInMinutes: 60", "TimeoutInMinutes: soon");
    let error = read(&template, &values(&[GATE, "Stage=prod"])).unwrap_err().to_string();
    let place = "at `stages[1].actions[1].timeoutInMinutes` in line 36";
    assert!(error.contains(place), "{error}");
}

#[test]
fn json_that_yaml_does_not_know_has_no_lines() {
    // A pair of surrogates.
    let template = r#"{"Description": "\ud83d\ude80", "Resources": {"Pipeline": {
        "Type": "AWS::CodePipeline::Pipeline", "Properties": {"Name": "payments", "Stages": [
            {"Name": "Deploy", "Actions": [{"Name": "Deploy", "ActionTypeId":
                {"Category": "Deploy", "Owner": "AWS", "Provider": "S3", "Version": "1"}}]}]}}}}"#;
    let findings = findings(template, &[]);
    assert_eq!(findings[0].code, "no-gate");
    assert_eq!(findings[0].location.as_ref().unwrap().line, None);
}
