//! `policygen generate --patch-pipeline`: the right place, or a refusal that lists the candidates.

use serde_json::{Value, json};

use crate::checker::{file, file_of, text};
use crate::program::{Ran, policygen};

/// A pipeline: stages with actions, each a name and a type.
type Shape = &'static [(&'static str, &'static [(&'static str, &'static str)])];

/// Shapes of pipelines that tools and guides make.
const CODEBUILD_ONLY: Shape = &[
    ("Source", &[("Source", "Source/CodeCommit")]),
    ("Plan", &[("Plan", "Build/CodeBuild")]),
    ("Apply", &[("Apply", "Build/CodeBuild")]),
];
const ONE_DEPLOYMENT: Shape = &[
    ("Source", &[("Source", "Source/CodeStarSourceConnection")]),
    ("Build", &[("Build", "Build/CodeBuild")]),
    ("Deploy", &[("Deploy", "Deploy/ECS")]),
];
const TESTED_AFTERWARDS: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    ("Prod", &[("Deploy", "Deploy/S3")]),
    ("Check", &[("Smoke", "Test/CodeBuild")]),
];
const TEST_AND_PRODUCTION: Shape = &[
    ("Source", &[("Source", "Source/CodeCommit")]),
    ("Build", &[("Build", "Build/CodeBuild")]),
    ("Test", &[("Deploy", "Deploy/CloudFormation")]),
    ("Prod", &[("Deploy", "Deploy/CloudFormation")]),
];
const CHANGE_SET: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    (
        "Prod",
        &[
            ("Prepare", "Deploy/CloudFormation:CHANGE_SET_REPLACE"),
            ("Execute", "Deploy/CloudFormation:CHANGE_SET_EXECUTE"),
        ],
    ),
];
const CHANGE_SET_APPROVED: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    (
        "Prod",
        &[
            ("Prepare", "Deploy/CloudFormation:CHANGE_SET_REPLACE"),
            ("Approve", "Approval/Manual"),
            ("Execute", "Deploy/CloudFormation:CHANGE_SET_EXECUTE"),
        ],
    ),
];
const STAGING_THEN_BUILD: Shape = &[
    ("Source", &[("Source", "Source/CodeCommit")]),
    ("Beta", &[("Deploy", "Deploy/ElasticBeanstalk")]),
    ("Prod", &[("Terraform", "Build/CodeBuild")]),
];
const SELF_MUTATING: Shape = &[
    ("Source", &[("Source", "Source/CodeStarSourceConnection")]),
    ("Build", &[("Synth", "Build/CodeBuild")]),
    ("UpdatePipeline", &[("SelfMutate", "Build/CodeBuild")]),
    ("Assets", &[("FileAsset1", "Build/CodeBuild")]),
    (
        "Prod",
        &[
            ("Stack.Prepare", "Deploy/CloudFormation:CHANGE_SET_REPLACE"),
            ("Stack.Deploy", "Deploy/CloudFormation:CHANGE_SET_EXECUTE"),
        ],
    ),
];
const BUILT_IN_ITS_STAGE: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    ("Prod", &[("Build", "Build/CodeBuild"), ("Deploy", "Deploy/ECS")]),
];
const TESTED_IN_ITS_STAGE: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    ("Prod", &[("Beta", "Deploy/ECS"), ("Smoke", "Test/CodeBuild"), ("Deploy", "Deploy/ECS")]),
];
const APPROVED_BY_ONE: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    ("Plan", &[("Plan", "Build/CodeBuild"), ("Approve", "Approval/Manual")]),
    ("Prod", &[("Approve", "Approval/Manual"), ("Apply", "Build/CodeBuild")]),
];
const NOTHING_BEHIND: Shape =
    &[("Source", &[("Source", "Source/S3")]), ("Approve", &[("Approve", "Approval/Manual")])];
const SCANNED_AFTERWARDS: Shape = &[
    ("Source", &[("Source", "Source/S3")]),
    ("Prod", &[("Deploy", "Deploy/ECS")]),
    ("Scan", &[("Scan", "Invoke/InspectorScan")]),
];
const STARTS_ANOTHER: Shape =
    &[("Source", &[("Source", "Source/S3")]), ("Promote", &[("Start", "Invoke/CodePipeline")])];
const STARTS_A_STATE_MACHINE: Shape =
    &[("Source", &[("Source", "Source/S3")]), ("Deploy", &[("Run", "Invoke/StepFunctions")])];

fn pipeline(shape: Shape) -> Value {
    let stages = shape.iter().map(|(name, actions)| {
        let actions = actions.iter().enumerate().map(|(index, (name, kind))| {
            let (kind, mode) = kind.split_once(':').unwrap_or((*kind, ""));
            let (category, provider) = kind.split_once('/').unwrap();
            let configuration = match mode {
                "" => json!({}),
                mode => json!({"ActionMode": mode, "StackName": "app"}),
            };
            json!({"name": name, "runOrder": index + 1, "configuration": configuration,
                "actionTypeId":
                    {"category": category, "owner": "AWS", "provider": provider, "version": "1"}})
        });
        json!({"name": name, "actions": actions.collect::<Vec<_>>()})
    });
    json!({"pipeline": {"name": "payments", "pipelineType": "V2",
        "stages": stages.collect::<Vec<_>>()}})
}

pub(crate) fn patch_in(path: &str, stage: &str, arguments: &[&str]) -> Ran {
    let fixed = ["generate", "--region", "eu-west-1", "--account", "111122223333"];
    let target = ["--pipeline", "payments", "--stage", stage, "--patch-pipeline", path];
    policygen(&[&fixed[..], &target, arguments].concat())
}

fn patch(shape: Shape, stage: &str, arguments: &[&str]) -> Ran {
    let input = file(&pipeline(shape));
    patch_in(text(input.path()), stage, &[&["--print", "pipeline.json"], arguments].concat())
}

/// Stages with their actions by `runOrder`, as in `Release: ApprovalA ApprovalB, TwoPersonRule`.
fn stages(patched: &str) -> Vec<String> {
    let patched: Value = serde_json::from_str(patched).unwrap();
    let stages = patched["pipeline"]["stages"].as_array().unwrap().iter();
    let words = stages.map(|stage| {
        let mut actions: Vec<(u64, &str)> = stage["actions"]
            .as_array()
            .unwrap()
            .iter()
            .map(|action| (action["runOrder"].as_u64().unwrap(), action["name"].as_str().unwrap()))
            .collect();
        actions.sort_unstable();
        let groups = actions
            .chunk_by(|a, b| a.0 == b.0)
            .map(|group| group.iter().map(|(_, name)| *name).collect::<Vec<_>>().join(" "));
        format!("{}: {}", stage["name"].as_str().unwrap(), groups.collect::<Vec<_>>().join(", "))
    });
    words.collect()
}

const RELEASE: &str = "Release: ApprovalA ApprovalB, TwoPersonRule";

#[test]
fn the_stage_goes_where_only_one_place_is_right() {
    for (shape, index) in [
        (ONE_DEPLOYMENT, 2),
        (TESTED_AFTERWARDS, 1),
        (CHANGE_SET, 1),
        (SELF_MUTATING, 4),
        (SCANNED_AFTERWARDS, 1),
        (STARTS_ANOTHER, 1),
        (STARTS_A_STATE_MACHINE, 1),
    ] {
        let ran = patch(shape, "Release", &[]);
        assert_eq!(ran.code, 0, "{shape:?}: {}", ran.stderr);
        assert_eq!(stages(&ran.stdout)[index], RELEASE, "{shape:?}");
    }
    let note = "note: the stage `Release` is before `Deploy`; update-pipeline puts it in force\n";
    assert_eq!(patch(ONE_DEPLOYMENT, "Release", &[]).stderr, note);
    let ran = patch(SELF_MUTATING, "Release", &[]);
    assert!(ran.stderr.contains("suggests that `SelfMutate` changes"), "{}", ran.stderr);
}

#[test]
fn a_place_that_is_not_certain_is_refused_with_the_candidates() {
    for (shape, reason, candidates) in [
        (CODEBUILD_ONLY, "no stage has an action that certainly deploys", "`Plan`, `Apply`"),
        (TEST_AND_PRODUCTION, "`Test`, `Prod` deploy", "`Test`, `Prod`"),
        (STAGING_THEN_BUILD, "`Prod` may deploy too", "`Beta`, `Prod`"),
        (CHANGE_SET_APPROVED, "`Prod` asks for approval itself", "`Prod`, `Prod/Execute`"),
        (BUILT_IN_ITS_STAGE, "`Prod/Build` runs before a deployment", "`Prod`, `Prod/Deploy`"),
        (TESTED_IN_ITS_STAGE, "`Prod/Smoke` runs before a deployment", "`Prod`"),
        (APPROVED_BY_ONE, "no stage has an action that", "`Plan`, `Prod`, `Prod/Apply`"),
    ] {
        let ran = patch(shape, "Release", &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{shape:?}");
        for words in [reason, &format!("with `--before` and one of {candidates}\n")] {
            assert!(ran.stderr.contains(words), "{shape:?}: {}", ran.stderr);
        }
        // Each candidate is a place.
        for place in candidates.split(", ").map(|place| place.trim_matches('`')) {
            let stage = place.split_once('/').map_or("Release", |(stage, _)| stage);
            let ran = patch(shape, stage, &["--before", place]);
            assert_eq!(ran.code, 0, "{shape:?} before {place}: {}", ran.stderr);
        }
    }
    let ran = patch(NOTHING_BEHIND, "Release", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(ran.stderr.contains("a gate would guard nothing"), "{}", ran.stderr);
}

/// Approvals that run beside an action are not behind the gate, and it would not wait for them.
#[test]
fn an_action_beside_an_approval_is_not_a_candidate() {
    let cases: [(Shape, &[u32], &str); 3] = [
        (
            &[
                ("Source", &[("Source", "Source/S3")]),
                (
                    "Prod",
                    &[
                        ("Approve", "Approval/Manual"),
                        ("Lint", "Build/CodeBuild"),
                        ("Apply", "Build/CodeBuild"),
                    ],
                ),
            ],
            &[1, 1, 2],
            "`Prod`, `Prod/Apply`",
        ),
        (
            &[
                ("Source", &[("Source", "Source/S3")]),
                (
                    "Prod",
                    &[
                        ("Build", "Build/CodeBuild"),
                        ("Approve", "Approval/Manual"),
                        ("Deploy", "Deploy/ECS"),
                    ],
                ),
            ],
            &[1, 2, 2],
            "`Prod`",
        ),
        // Without an approval, nothing says that the plan may run before anybody is asked.
        (
            &[
                ("Source", &[("Source", "Source/S3")]),
                ("Prod", &[("Plan", "Test/CodeBuild"), ("Apply", "Build/CodeBuild")]),
            ],
            &[1, 2],
            "`Prod`",
        ),
    ];
    for (shape, orders, candidates) in cases {
        let mut pipeline = pipeline(shape);
        for (number, order) in orders.iter().enumerate() {
            pipeline["pipeline"]["stages"][1]["actions"][number]["runOrder"] = (*order).into();
        }
        let input = file(&pipeline);
        let ran = patch_in(text(input.path()), "Release", &[]);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{shape:?}");
        let words = format!("with `--before` and one of {candidates}\n");
        assert!(ran.stderr.ends_with(&words), "{shape:?}: {}", ran.stderr);
    }
}

#[test]
fn stages_that_change_the_pipeline_itself_are_named_together() {
    let mut pipeline = pipeline(TEST_AND_PRODUCTION);
    for (stage, stack) in [(2, "test-pipeline"), (3, "payments-pipeline")] {
        let action = &mut pipeline["pipeline"]["stages"][stage]["actions"][0];
        action["configuration"] = json!({"ActionMode": "CREATE_UPDATE", "StackName": stack});
    }
    let input = file(&pipeline);
    let ran = patch_in(text(input.path()), "Release", &[]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    let words = "(`Test`, `Prod` seem to change the pipeline itself)";
    assert!(ran.stderr.contains(words), "{}", ran.stderr);
}

#[test]
fn only_a_stack_that_has_the_pipeline_is_no_deployment() {
    for (stack, index) in [("codepipeline-demo-app", Some(1)), ("payments-pipeline", None)] {
        let mut pipeline = pipeline(STARTS_ANOTHER);
        let action = &mut pipeline["pipeline"]["stages"][1]["actions"][0];
        action["actionTypeId"]["category"] = "Deploy".into();
        action["actionTypeId"]["provider"] = "CloudFormation".into();
        action["configuration"] = json!({"ActionMode": "CREATE_UPDATE", "StackName": stack});
        let input = file(&pipeline);
        let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.json"]);
        match index {
            Some(index) => assert_eq!(stages(&ran.stdout)[index], RELEASE, "{}", ran.stderr),
            None => assert!(
                ran.stderr.contains("`Promote` seems to change the pipeline itself"),
                "{}",
                ran.stderr
            ),
        }
    }
}

#[test]
fn before_and_after_say_where() {
    for (shape, arguments, index) in [
        (CODEBUILD_ONLY, ["--before", "Apply"], 2),
        (CODEBUILD_ONLY, ["--after", "Plan"], 2),
        (CODEBUILD_ONLY, ["--after", "Source"], 1),
        (TEST_AND_PRODUCTION, ["--before", "Prod"], 3),
        (STAGING_THEN_BUILD, ["--after", "Beta"], 2),
    ] {
        let ran = patch(shape, "Release", &arguments);
        assert_eq!(ran.code, 0, "{arguments:?}: {}", ran.stderr);
        assert_eq!(stages(&ran.stdout)[index], RELEASE, "{arguments:?}");
    }
    let ran = patch(TEST_AND_PRODUCTION, "Release", &["--before", "Prod"]);
    assert!(ran.stderr.contains("`Deploy` deploys before anybody is asked"), "{}", ran.stderr);
}

/// The places of a file and of the command line are not two places.
#[test]
fn a_place_on_the_command_line_replaces_the_one_of_the_file() {
    for (written, arguments, index) in [
        ("before = 'Apply'", &[][..], 2),
        ("after = 'Source'", &[], 1),
        ("before = 'Apply'", &["--after", "Source"], 1),
        ("after = 'Source'", &["--before", "Apply"], 2),
        ("before = 'Plan'", &["--before", "Apply"], 2),
    ] {
        let config = file_of(written);
        let config = ["--config", text(config.path())];
        let ran = patch(CODEBUILD_ONLY, "Release", &[&config[..], arguments].concat());
        assert_eq!(ran.code, 0, "{written} {arguments:?}: {}", ran.stderr);
        assert_eq!(stages(&ran.stdout)[index], RELEASE, "{written} {arguments:?}");
    }
}

#[test]
fn an_action_keeps_its_stage_and_waits_for_the_gate() {
    for arguments in [["--before", "Prod/Execute"], ["--after", "Prod/Prepare"]] {
        let ran = patch(CHANGE_SET, "Prod", &arguments);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let note = "note: the approvals and the gate are before `Execute`; update-pipeline";
        assert!(ran.stderr.starts_with(note), "{}", ran.stderr);
        let prod = "Prod: Prepare, ApprovalA ApprovalB, TwoPersonRule, Execute";
        assert_eq!(stages(&ran.stdout), ["Source: Source", prod]);
    }
}

#[test]
fn a_place_that_would_not_help_is_refused() {
    for (shape, stage, arguments, reason) in [
        (CODEBUILD_ONLY, "Release", ["--before", "Source"], "the stage would be the first one"),
        (CODEBUILD_ONLY, "Release", ["--after", "Source/Source"], "the stage would be the first"),
        (CODEBUILD_ONLY, "Release", ["--after", "Apply"], "nothing comes after `Apply`"),
        (CODEBUILD_ONLY, "Release", ["--before", "Applied"], "it has no `Applied`; its stages are"),
        (CODEBUILD_ONLY, "Release", ["--before", "Apply/Plan"], "it has no `Apply/Plan`"),
        (CODEBUILD_ONLY, "Release", ["--before", "Apply/Apply"], "give `--stage Apply`"),
        (CODEBUILD_ONLY, "Apply", ["--before", "Plan"], "there is a stage `Apply` already"),
        (CHANGE_SET, "Prod", ["--after", "Prod/Execute"], "the gate would not help there"),
    ] {
        let ran = patch(shape, stage, &arguments);
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""), "{arguments:?}");
        assert!(ran.stderr.contains(reason), "{arguments:?}: {}", ran.stderr);
    }
    let both = patch(CODEBUILD_ONLY, "Release", &["--before", "Apply", "--after", "Plan"]);
    assert_eq!(both.code, 2);
    let bad = patch(CODEBUILD_ONLY, "Release", &["--before", "a/b/c"]);
    assert!(bad.code == 2 && bad.stderr.contains("is not STAGE or STAGE/ACTION"), "{}", bad.stderr);
}

#[test]
fn every_form_of_a_declaration_is_patched_alike() {
    let whole = patch(ONE_DEPLOYMENT, "Release", &[]).stdout;
    let bare = pipeline(ONE_DEPLOYMENT)["pipeline"].to_string();
    let yaml = format!("pipeline: {bare}\n");
    for content in [bare, yaml] {
        let input = file_of(&content);
        let ran = patch_in(text(input.path()), "Release", &["--print", "pipeline.json"]);
        assert_eq!(ran.code, 0, "{}", ran.stderr);
        let [patched, whole]: [Value; 2] =
            [&ran.stdout, &whole].map(|text| serde_json::from_str(text).unwrap());
        assert_eq!(patched, whole);
    }
}
