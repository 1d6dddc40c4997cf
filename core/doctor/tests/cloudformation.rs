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
        ("!FindInMap [Gates, !Ref 'AWS::Region', Name]", "undecided-in-template"),
        ("{'Fn::Transform': {Name: 'AWS::Include'}}", "undecided-in-template"),
        // The account is another one, or an unknown one.
        (
            "!Sub 'arn:aws:lambda:eu-west-1:${Account}:function:two-person-rule-gate'",
            "undecided-in-template",
        ),
    ] {
        let found = found(&gate_called(function, ""), &["Stage=prod"]);
        assert_eq!(found.iter().map(|it| it.0).collect::<Vec<_>>(), [code], "{function}");
    }
}

#[test]
fn a_name_that_is_not_decided_is_a_pattern() {
    for (name, arn) in [
        ("Name: !Sub \"${Project}-release\"", "payments-release"),
        ("Name: !Sub \"${Other}-release\"", "*-release"),
        ("Name: !Ref Other", "*"),
        ("RestartExecutionOnUpdate: false", "*-Pipeline-*"),
    ] {
        let template = TEMPLATE.replace("Name: !Sub \"${Project}-release\"", name);
        let pipeline = &declared(&template, &[GATE, "Stage=prod"]).variants[0].pipeline;
        assert_eq!(pipeline.arn, format!("arn:aws:codepipeline:*:*:{arn}"));
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
              Configuration: {ProjectName: !Ref Project}
        - !If";
    for (name, command, codes) in [
        ("", "aws codepipeline update-pipeline", 2),
        ("Name: changer, ", "aws codepipeline update-pipeline", 2),
        ("", "aws codepipeline get-pipeline", 0),
    ] {
        let project = format!(
            "Resources:\n  Project: {{Type: 'AWS::CodeBuild::Project', Properties: {{{name}Source: \
             {{BuildSpec: !Sub 'build: {{commands: [{command}]}}'}}}}}}\n"
        );
        let template =
            TEMPLATE.replacen("        - !If", stage, 1).replace("Resources:\n", &project);
        let found = found(&template, &[GATE, "Stage=prod"]);
        assert_eq!(found.len(), codes, "{name}{command}: {found:?}");
        assert!(found.iter().all(|it| it.1 == "payments-release/First/Change"), "{found:?}");
    }
}

#[test]
fn many_conditions_have_an_end() {
    use std::fmt::Write as _;
    let mut stages = String::new();
    let mut conditions = String::new();
    for number in 0..40 {
        writeln!(conditions, "  C{number}: !Equals [!Ref P{number}, a]").unwrap();
        writeln!(
            stages,
            "        - !If [C{number}, {{Name: S{number}, Actions: []}}, !Ref AWS::NoValue]"
        )
        .unwrap();
    }
    let template = TEMPLATE
        .replace("Conditions:\n", &format!("Conditions:\n{conditions}"))
        .replace("      Stages:\n", &format!("      Stages:\n{stages}"));
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
    let deep = "[".repeat(100_000);
    for text in [bomb, deep, "a: &a [*a]".to_owned(), "--- 1\n--- 2\n".to_owned()] {
        assert!(read(&text, &Values::default()).is_err());
    }
}
