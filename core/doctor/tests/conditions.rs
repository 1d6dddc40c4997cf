//! Which stages a template has under its conditions.

#![cfg(test)]

use std::fmt::Write as _;

use doctor::template::{Values, read};

const STAGE: &str = "  IsProduction: !Equals [!Ref Stage, prod]\n";
const REGION: &str = "  IsHome: !Equals [!Ref Region, home]\n";

/// A template with these conditions, and a stage for each name in `stages` if the condition of
/// that name holds.
fn template(conditions: &str, stages: &[&str]) -> String {
    let mut template = format!(
        "Parameters: {{Stage: {{Type: String}}, Region: {{Type: String}}}}
Conditions:
{conditions}
Resources:
  Pipeline:
    Type: AWS::CodePipeline::Pipeline
    Properties:
      Name: payments
      Stages:
        - {{Name: Source, Actions: []}}
"
    );
    for name in stages {
        let stage = format!("[{name}, {{Name: {name}, Actions: []}}, !Ref AWS::NoValue]");
        writeln!(template, "        - !If {stage}").unwrap();
    }
    template
}

/// What is assumed, and the stages under a condition.
type Variant = (Vec<(String, bool)>, Vec<String>);

fn variants(template: &str, given: &[&str]) -> Vec<Variant> {
    let values: Values = given.iter().map(|value| value.parse().unwrap()).collect();
    let declared = read(template, &values).unwrap();
    let [declared] = declared.as_slice() else { panic!("{declared:?}") };
    let variants = declared.variants.iter().map(|variant| {
        let stages = variant.pipeline.stages().iter().skip(1).map(|stage| stage.name.clone());
        (variant.assumed.clone(), stages.collect())
    });
    variants.collect()
}

/// The stages of each variant.
fn stages(template: &str) -> Vec<Vec<String>> {
    let mut stages: Vec<_> = variants(template, &[]).into_iter().map(|it| it.1).collect();
    stages.sort();
    stages
}

/// Whether the condition `Wanted` holds, if the template and these values decide it.
fn decided(wanted: &str, given: &[&str]) -> bool {
    let template = template(&format!("{STAGE}{REGION}  Wanted: {wanted}"), &["Wanted"]);
    let variants = variants(&template, given);
    let [(assumed, stages)] = variants.as_slice() else { panic!("{wanted}: {variants:?}") };
    assert_eq!(assumed, &[], "{wanted}");
    !stages.is_empty()
}

#[test]
fn given_values_decide_a_condition_through_every_function() {
    let home = ["Stage=prod", "Region=home"];
    let away = ["Stage=prod", "Region=away"];
    let neither = ["Stage=dev", "Region=away"];
    let both_named = "[!Condition IsProduction, !Condition IsHome]";
    let both_written = "[!Equals [!Ref Stage, prod], !Equals [!Ref Region, home]]";
    for both in [both_named, both_written] {
        for (given, and, or) in [(home, true, true), (away, false, true), (neither, false, false)] {
            assert_eq!(decided(&format!("!And {both}"), &given), and, "{both}: {given:?}");
            assert_eq!(decided(&format!("!Or {both}"), &given), or, "{both}: {given:?}");
            let neither = format!("!Not [!Or {both}]");
            assert_eq!(decided(&neither, &given), !or, "{both}: {given:?}");
        }
    }
    for (wanted, holds) in [
        ("!Condition IsHome", false),
        ("{Condition: IsProduction}", true),
        ("!Not [!Condition IsHome]", true),
        ("!Not [!Condition IsProduction]", false),
        ("!Not [!Not [!Condition IsProduction]]", true),
        ("!Equals ['{\"stage\":\"prod\"}', {'Fn::ToJsonString': {stage: !Ref Stage}}]", true),
        ("!Equals ['[\"dev\"]', {'Fn::ToJsonString': [!Ref Stage]}]", false),
    ] {
        assert_eq!(decided(wanted, &away), holds, "{wanted}");
    }
}

#[test]
fn a_condition_that_names_others_is_decided_at_the_end_of_the_chain() {
    let mut chain = "  C0: !Equals [!Ref Stage, prod]\n".to_owned();
    for number in 1..20 {
        let last = number - 1;
        writeln!(chain, "  C{number}: !Not [!Condition C{last}]").unwrap();
    }
    let template = template(&chain, &["C18", "C19"]);
    assert_eq!(variants(&template, &["Stage=prod"]), [(vec![], vec!["C18".to_owned()])]);
    assert_eq!(variants(&template, &["Stage=dev"]), [(vec![], vec!["C19".to_owned()])]);
}

#[test]
fn a_stage_is_there_in_the_variants_whose_assumptions_give_it() {
    let all = |assumed: &[(String, bool)]| assumed.iter().all(|it| it.1) && assumed.len() == 2;
    let any = |assumed: &[(String, bool)]| assumed.iter().any(|it| it.1);
    let parts = "[!Condition IsProduction, !Condition IsHome]";
    for (wanted, holds) in [
        (format!("!And {parts}"), &all as &dyn Fn(&[(String, bool)]) -> bool),
        (format!("!Or {parts}"), &any),
        (format!("!Not [!And {parts}]"), &|assumed| !all(assumed)),
        (format!("!Not [!Or {parts}]"), &|assumed| !any(assumed)),
    ] {
        let template = template(&format!("{STAGE}{REGION}  Wanted: {wanted}"), &["Wanted"]);
        let variants = variants(&template, &[]);
        assert!(variants.len() > 1, "{wanted}: {variants:?}");
        for (assumed, stages) in &variants {
            assert_eq!(!stages.is_empty(), holds(assumed), "{wanted}: {assumed:?}");
        }
    }
}

#[test]
fn two_parameters_are_assumed_independently() {
    let template = template(&format!("{STAGE}{REGION}"), &["IsProduction", "IsHome"]);
    let home = "IsHome".to_owned();
    let production = "IsProduction".to_owned();
    assert_eq!(
        stages(&template),
        [vec![], vec![home.clone()], vec![production.clone()], vec![production, home]]
    );
}

#[test]
fn a_parameter_that_is_one_value_is_not_another() {
    let test = format!("{STAGE}  IsTest: !Equals [!Ref Stage, test]");
    let template = template(&test, &["IsProduction", "IsTest"]);
    let one = |name: &str| vec![name.to_owned()];
    assert_eq!(stages(&template), [vec![], one("IsProduction"), one("IsTest")]);
}

#[test]
fn a_parameter_that_equals_another_can_still_be_any_value() {
    let same = format!("{STAGE}  AreSame: !Equals [!Ref Stage, !Ref Region]");
    let template = template(&same, &["AreSame", "IsProduction"]);
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        stages(&template),
        [
            names(&[]),
            names(&["AreSame"]),
            names(&["AreSame", "IsProduction"]),
            names(&["IsProduction"]),
        ]
    );
}

#[test]
fn what_two_functions_give_can_differ_or_be_equal() {
    let found = |key: &str| format!("!FindInMap [Accounts, !Ref AWS::Region, {key}]");
    let same = format!("  Wanted: !Equals [{}, {}]", found("Build"), found("Run"));
    assert_eq!(stages(&template(&same, &["Wanted"])), [vec![], vec!["Wanted".to_owned()]]);
    // The one is not the other, so both may hold.
    let (a, b) = (found("Build"), found("Run"));
    let two = format!("  A: !Equals [{a}, a]\n  B: !Equals [{b}, b]");
    let names = |names: &[&str]| names.iter().map(|it| (*it).to_owned()).collect::<Vec<_>>();
    assert_eq!(
        stages(&template(&two, &["A", "B"])),
        [names(&[]), names(&["A"]), names(&["A", "B"]), names(&["B"])]
    );
}

#[test]
fn what_two_functions_give_is_assumed_independently() {
    let equals = |key: &str, value: &str| {
        format!("!Equals [!FindInMap [Accounts, !Ref AWS::Region, {key}], {value}]")
    };
    let wanted = |wanted: &str| stages(&template(&format!("  Wanted: {wanted}"), &["Wanted"]));
    let (build, run) = (equals("Build", "a"), equals("Run", "a"));
    let both_ways = [vec![], vec!["Wanted".to_owned()]];
    let mut found = wanted(&format!("!And [{build}, !Not [{run}]]"));
    found.dedup();
    assert_eq!(found, both_ways);
    // What one function gives is one value.
    assert_eq!(wanted(&format!("!And [{build}, !Not [{build}]]")), [vec![], Vec::<String>::new()]);
    let mut found = wanted(&format!("!And [{build}, {}]", equals("Build", "b")));
    found.dedup();
    assert_eq!(found, [Vec::<String>::new()]);
}

#[test]
fn a_parameter_that_equals_what_a_function_gives_can_still_be_any_value() {
    let same = format!("{STAGE}  AreSame: !Equals [!Ref Stage, !FindInMap [A, !Ref Region, b]]");
    let found = stages(&template(&same, &["AreSame", "IsProduction"]));
    assert!(found.contains(&vec!["AreSame".to_owned(), "IsProduction".to_owned()]), "{found:?}");
}

#[test]
fn json_with_a_value_that_is_not_given_decides_nothing() {
    for json in ["{stage: !Ref Stage}", "[a, !Ref Stage]", "{stages: [!Ref Stage]}"] {
        let wanted = format!("  Wanted: !Equals [{{'Fn::ToJsonString': {json}}}, '[]']");
        assert_eq!(stages(&template(&wanted, &["Wanted"])), [vec![], vec!["Wanted".to_owned()]]);
    }
    assert!(!decided("!Equals [{'Fn::ToJsonString': {stage: [prod]}}, '[]']", &[]));
}

#[test]
fn a_circle_of_conditions_decides_nothing() {
    let ten = |part: &str| [part; 10].join(", ");
    for circle in [
        "  Wanted: {Condition: Wanted}".to_owned(),
        "  Wanted: {Condition: Other}\n  Other: {Condition: Wanted}".to_owned(),
        "  Wanted: !Not [!Condition Wanted]".to_owned(),
        "  Wanted: !Not [!Condition Other]\n  Other: !Not [!Condition Wanted]".to_owned(),
        "  Wanted: !And [!Condition Wanted]".to_owned(),
        "  Wanted: !Or [!Condition Wanted]".to_owned(),
        format!("  Wanted: !And [{}]", ten("!Condition Wanted")),
        format!("  Wanted: !Or [{}]", ten("!Not [!Condition Wanted]")),
        "  Wanted: !Equals [!If [Wanted, a, b], a]".to_owned(),
        "  Wanted: !Not [!Equals [!If [Wanted, a, b], a]]".to_owned(),
    ] {
        let variants = variants(&template(&circle, &["Wanted"]), &[]);
        assert!(variants.len() > 1, "{circle}: {variants:?}");
    }
}

#[test]
fn conditions_that_name_others_many_times_have_an_end() {
    let mut bomb = "  C0: !Equals [!Ref Stage, prod]\n".to_owned();
    for number in 1..30 {
        let last = number - 1;
        let parts = vec![format!("!Condition C{last}"); 10].join(", ");
        writeln!(bomb, "  C{number}: !And [{parts}]").unwrap();
    }
    assert!(variants(&template(&bomb, &["C29"]), &["Stage=prod"]).len() > 1);
}
