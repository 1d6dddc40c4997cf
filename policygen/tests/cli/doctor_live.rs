//! `policygen doctor` asking AWS.

use serde_json::{Value, json};

use crate::checker::{DOCTOR, file_of, found};
use crate::doctor::clean;
use crate::program::Ran;
use crate::server;

/// `doctor` against a server that answers each request as CodePipeline would: by the operation that
/// it names, from these.
fn live(answers: Vec<(&'static str, u16, Value)>, arguments: &[&str]) -> Ran {
    let answer = move |request: &str| {
        let answer = answers.iter().find(|(operation, ..)| request.contains(operation));
        let (_, status, body) = answer.unwrap_or_else(|| panic!("{request}"));
        (*status, body.to_string())
    };
    server::live(
        "application/x-amz-json-1.1",
        answer,
        &[&["doctor", "--region", "eu-west-1"], arguments].concat(),
    )
}

/// As CodePipeline itself answers: times are numbers.
fn answer(mut pipeline: Value) -> Value {
    for key in ["created", "updated"] {
        pipeline["metadata"][key] = json!(1_767_225_600.0);
    }
    pipeline
}

#[test]
fn what_is_looked_up_gives_what_a_file_gives() {
    for folder in ["defects", "sound"] {
        // The others are templates.
        let cases =
            DOCTOR.cases(folder).into_iter().filter(|it| it.input.get("pipeline").is_some());
        for case in cases {
            let name = &case.name;
            let arguments =
                [&["--pipeline", "payments", "--format", "json"], case.arguments().as_slice()]
                    .concat();
            let ran = live(vec![("getpipeline", 200, answer(case.input.clone()))], &arguments);
            let report: Value = serde_json::from_str(&ran.stdout)
                .unwrap_or_else(|_| panic!("{name}: {}", ran.stderr));
            assert_eq!(found(&report), case.findings, "{name}");
        }
    }
}

#[test]
fn all_pipelines_are_looked_up_page_by_page() {
    let mut refunds = clean();
    refunds["pipeline"]["name"] = json!("refunds");
    refunds["metadata"]["pipelineArn"] =
        json!("arn:aws:codepipeline:eu-west-1:111122223333:refunds");
    refunds["pipeline"]["stages"][2]["actions"].as_array_mut().unwrap().truncate(2);
    let answers = vec![
        ("\"nexttoken\":\"2\"", 200, json!({"pipelines": [{"name": "refunds"}]})),
        ("listpipelines", 200, json!({"pipelines": [{"name": "payments"}], "nextToken": "2"})),
        ("\"name\":\"payments\"", 200, answer(clean())),
        ("\"name\":\"refunds\"", 200, answer(refunds)),
    ];
    let ran = live(answers, &["--all", "--format", "json"]);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["checked"], "2 pipelines");
    assert_eq!(found(&report)[0].subject, "arn:aws:codepipeline:eu-west-1:111122223333:refunds");
}

#[test]
fn every_region_is_checked_and_one_that_is_refused_is_not_clean() {
    let mut other = clean();
    other["metadata"]["pipelineArn"] =
        json!("arn:aws:codepipeline:us-east-1:111122223333:payments");
    other["pipeline"]["stages"][2]["actions"].as_array_mut().unwrap().truncate(2);
    let list = || ("listpipelines", 200, json!({"pipelines": [{"name": "payments"}]}));
    // The region of a request stands in its signature.
    let in_region =
        |request: &str, region: &str| request.contains(&format!("/{region}/codepipeline"));
    let both = |refused: bool| {
        let (other, list) = (other.clone(), list());
        let reply = move |request: &str| {
            let elsewhere = in_region(request, "us-east-1");
            if elsewhere && refused {
                let denied = json!({"__type": "AccessDeniedException", "message": "by an SCP"});
                return (400, denied.to_string());
            }
            let pipeline = if elsewhere { other.clone() } else { clean() };
            let is_list = request.contains(list.0);
            (200, if is_list { list.2.to_string() } else { answer(pipeline).to_string() })
        };
        let regions = ["--region", "eu-west-1", "--region", "us-east-1", "--format", "json"];
        server::live(
            "application/x-amz-json-1.1",
            reply,
            &[&["doctor", "--all"], &regions[..]].concat(),
        )
    };
    let ran = both(false);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["checked"], "2 pipelines");
    assert_eq!(found(&report)[0].subject, "arn:aws:codepipeline:us-east-1:111122223333:payments");
    let ran = both(true);
    assert_eq!(ran.code, 1);
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["checked"], "the pipeline `payments`");
    assert!(
        ran.stderr.starts_with(
            "error: the pipelines of the region `us-east-1` are not checked: AWS refuses \
             codepipeline:ListPipelines: by an SCP"
        ),
        "{}",
        ran.stderr
    );
}

#[test]
fn a_region_without_pipelines_is_not_clean() {
    let ran = live(vec![("listpipelines", 200, json!({"pipelines": []}))], &["--all"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (3, ""));
    assert!(ran.stderr.contains("there was no pipeline to check"), "{}", ran.stderr);
}

#[test]
fn what_aws_refuses_is_an_error_that_says_what_to_do() {
    let denied = json!({"__type": "AccessDeniedException", "message": "not alice"});
    let ran = live(vec![("listpipelines", 400, denied)], &["--all"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(
        ran.stderr,
        "error: AWS refuses codepipeline:ListPipelines: not alice; give the caller this permission\n"
    );
    let missing = json!({"__type": "PipelineNotFoundException", "message": "no such pipeline"});
    let ran = live(vec![("getpipeline", 400, missing)], &["--pipeline", "payments"]);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert!(
        ran.stderr.contains("codepipeline:GetPipeline failed: PipelineNotFoundException"),
        "{}",
        ran.stderr
    );
}

#[test]
fn every_profile_is_an_account_even_if_the_environment_has_credentials() {
    let config = file_of(
        "[profile payments]
region = eu-west-1
aws_access_key_id = of-payments
aws_secret_access_key = secret
[profile refunds]
region = eu-west-1
aws_access_key_id = of-refunds
aws_secret_access_key = secret
",
    );
    let mut refunds = clean();
    refunds["metadata"]["pipelineArn"] =
        json!("arn:aws:codepipeline:eu-west-1:444455556666:payments");
    refunds["pipeline"]["stages"][2]["actions"].as_array_mut().unwrap().truncate(2);
    let reply = move |request: &str| {
        let list = json!({"pipelines": [{"name": "payments"}]});
        // The key of the caller stands in the signature.
        let pipeline = match () {
            () if request.contains("credential=of-payments/") => clean(),
            () if request.contains("credential=of-refunds/") => refunds.clone(),
            () => return (400, json!({"__type": "AccessDeniedException"}).to_string()),
        };
        let is_list = request.contains("listpipelines");
        (200, if is_list { list.to_string() } else { answer(pipeline).to_string() })
    };
    let ran = server::live_with(
        "application/x-amz-json-1.1",
        reply,
        &["doctor", "--all", "--profile", "payments", "--profile", "refunds", "--format", "json"],
        &[("AWS_CONFIG_FILE", config.path().to_str().unwrap())],
    );
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let report: Value = serde_json::from_str(&ran.stdout).unwrap();
    assert_eq!(report["checked"], "2 pipelines");
    assert_eq!(found(&report)[0].subject, "arn:aws:codepipeline:eu-west-1:444455556666:payments");
}
