//! No text ends the program, and no broken template passes as another one.

#![cfg(test)]

use doctor::examine_declared;
use doctor::template::{Values, kind, read};
use proptest::prelude::*;
use rule::Rule;

const TEMPLATES: [&str; 3] = [
    include_str!("../../../policygen/tests/fixtures/template/short-forms.yaml"),
    include_str!("../../../policygen/tests/fixtures/template/two-stage.yaml"),
    include_str!("../../../policygen/tests/fixtures/template/cdk.template.json"),
];

/// Reads and examines whatever comes out.
fn examine(text: &str) {
    let gate = "two-person-rule-gate".parse().unwrap();
    let _ = kind(text);
    for declared in read(text, &Values::default()).unwrap_or_default() {
        assert!(!declared.variants.is_empty());
        let _ = examine_declared(&declared, "file", &gate, &Rule::default());
    }
}

/// A template with some characters left out, doubled or replaced.
fn damaged() -> impl Strategy<Value = String> {
    let piece = prop_oneof![
        Just(String::new()),
        "[-:!&*?|>{}\\[\\]\"'#%@`,\\n\\t $]{1,3}",
        Just("!If".to_owned()),
        Just("${".to_owned()),
        Just("\u{feff}".to_owned()),
        Just("null".to_owned()),
    ];
    let change = (any::<prop::sample::Index>(), 0_usize..12, piece);
    (0..TEMPLATES.len(), prop::collection::vec(change, 1..4)).prop_map(|(which, changes)| {
        let mut letters: Vec<char> = TEMPLATES[which].chars().collect();
        for (at, length, piece) in changes {
            let at = at.index(letters.len());
            let end = (at + length).min(letters.len());
            letters.splice(at..end, piece.chars());
        }
        letters.into_iter().collect()
    })
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 400, failure_persistence: None, ..ProptestConfig::default() })]

    #[test]
    fn a_damaged_template_is_read_or_refused(text in damaged()) {
        examine(&text);
    }

    #[test]
    fn any_text_is_read_or_refused(text in "(\\PC|[-:!&*?|>{}\\[\\]\"'#%@`,\\n\\t ]){0,60}") {
        examine(&text);
    }
}

#[test]
fn a_loop_that_makes_pipelines_is_said() {
    let with = |kind: &str| {
        format!(
            "Transform: AWS::LanguageExtensions
Resources:
  Fn::ForEach::Regions:
    - Region
    - [a, b]
    - \"Thing${{Region}}\": {{Type: '{kind}', Properties: {{}}}}
"
        )
    };
    let error = read(&with("AWS::CodePipeline::Pipeline"), &Values::default()).unwrap_err();
    assert!(error.to_string().contains("`Fn::ForEach::Regions` makes pipelines"), "{error}");
    assert_eq!(read(&with("AWS::SNS::Topic"), &Values::default()).unwrap().len(), 0);
}

#[test]
fn a_template_inside_a_text_has_no_lines_of_the_file() {
    let gate = "two-person-rule-gate".parse().unwrap();
    let text = serde_json::json!({ "TemplateBody": TEMPLATES[0] }).to_string();
    let declared = read(&text, &Values::default()).unwrap();
    let findings = examine_declared(&declared[0], "file", &gate, &Rule::default());
    assert!(findings.iter().any(|it| it.code == "undecided-in-template"), "{findings:?}");
    assert!(findings.iter().any(|it| it.code == "no-gate"), "{findings:?}");
    for finding in findings {
        let location = finding.location.unwrap();
        assert_eq!((location.id.as_deref(), location.line), (Some("Pipeline"), None));
    }
}

#[test]
fn a_template_may_hold_a_configuration_of_terraform() {
    let text = format!(
        "Description: |\n  resource \"aws_codepipeline\" \"this\" {{\n  }}\n{}",
        TEMPLATES[0]
    );
    assert_eq!(read(&text, &Values::default()).unwrap().len(), 1);
}

#[test]
fn what_get_template_prints_is_a_template() {
    let body = TEMPLATES[0];
    let text = serde_json::json!({ "TemplateBody": body, "StagesAvailable": ["Original"] });
    let object: serde_json::Value = serde_json::from_str(TEMPLATES[2]).unwrap();
    let object = serde_json::json!({ "TemplateBody": object });
    for text in [text, object] {
        assert_eq!(read(&text.to_string(), &Values::default()).unwrap().len(), 1);
    }
}
