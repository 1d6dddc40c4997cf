//! `policygen evidence` over the pipelines of several regions and accounts, from a server in place
//! of AWS.

use std::sync::{Arc, Mutex};

use serde_json::{Value, json};
use tempfile::NamedTempFile;

use crate::checker::{file_of, text};
use crate::evidence_live::paged;
use crate::history::{Saved, execution};
use crate::program::Ran;
use crate::server;

/// A release that the gate never saw.
fn without_gate() -> Saved {
    let mut saved = execution();
    saved.actions.retain(|action| action["actionName"] != "Gate");
    saved
}

/// Credentials for a role, as STS returns them: the access key has the account of the role.
fn session(request: &str) -> (u16, String) {
    let (_, account) = request.split_once("arn%3aaws%3aiam%3a%3a").unwrap();
    let account = account.get(..12).unwrap();
    if account == "555566667777" {
        let xml = "<ErrorResponse><Error><Code>AccessDenied</Code><Message>not you</Message>\
                   </Error></ErrorResponse>";
        return (403, xml.to_owned());
    }
    let xml = format!(
        "<AssumeRoleResponse><AssumeRoleResult><AssumedRoleUser><Arn>arn:aws:sts::{account}:\
         assumed-role/Auditor/policygen</Arn><AssumedRoleId>A:policygen</AssumedRoleId>\
         </AssumedRoleUser><Credentials><AccessKeyId>KEY{account}</AccessKeyId><SecretAccessKey>\
         secret</SecretAccessKey><SessionToken>token</SessionToken><Expiration>2999-01-01T00:00:00Z\
         </Expiration></Credentials></AssumeRoleResult></AssumeRoleResponse>"
    );
    (200, xml)
}

/// Answers as CodePipeline does in one account and region.
fn codepipeline(request: &str, account: &str, saved: &Saved) -> Value {
    let (head, body) = request.split_once("\r\n\r\n").unwrap();
    let body: Value = serde_json::from_str(body).unwrap();
    // Names are in lower case in the requests of this server.
    let body = json!({"filter": {"pipelineExecutionId": body["filter"]["pipelineexecutionid"]}});
    let region = head.split("/codepipeline/aws4_request").next().unwrap().rsplit('/').next();
    let operation = head.split("codepipeline_20150709.").nth(1).unwrap();
    match operation.split_whitespace().next().unwrap() {
        "listpipelines" => json!({"pipelines": [{"name": "payments"}, {"name": "refunds"}]}),
        "getpipeline" => {
            let name = if request.contains("refunds") { "refunds" } else { "payments" };
            let arn = format!("arn:aws:codepipeline:{}:{account}:{name}", region.unwrap());
            json!({"pipeline": {"name": name, "roleArn": "arn:aws:iam::1:role/r", "stages": []},
                "metadata": {"pipelineArn": arn}})
        }
        "listpipelineexecutions" => paged(saved, 100, "ListPipelineExecutions", &body),
        "listactionexecutions" => paged(saved, 100, "ListActionExecutions", &body),
        other => panic!("{other}"),
    }
}

fn live(answer: impl FnMut(&str) -> (u16, String) + Send + 'static, arguments: &[&str]) -> Ran {
    server::live("application/x-amz-json-1.1", answer, &[&["evidence"], arguments].concat())
}

fn json_of(ran: &Ran) -> Value {
    serde_json::from_str(&ran.stdout).unwrap_or_else(|_| panic!("{}", ran.stderr))
}

fn denied() -> (u16, String) {
    let error = json!({"__type": "AccessDeniedException", "message": "by an SCP"});
    (400, error.to_string())
}

#[test]
fn every_pipeline_of_two_regions_is_a_row_and_one_that_is_refused_too() {
    let answer = |request: &str| {
        let is_us = request.contains("/us-east-1/codepipeline");
        if is_us && request.contains("listpipelineexecutions") && request.contains("refunds") {
            return denied();
        }
        let saved = if is_us { without_gate() } else { execution() };
        (200, codepipeline(request, "111122223333", &saved).to_string())
    };
    let regions = ["--all", "--region=eu-west-1", "--region=us-east-1", "--format=json"];
    let ran = live(answer, &regions);
    assert_eq!((ran.code, ran.stderr.as_str()), (10, ""));
    let report = json_of(&ran);
    assert_eq!(
        report["answer"]["sentence"],
        "No: 1 of 3 releases of 3 pipelines was not approved by two people; 1 pipeline could not \
         be judged."
    );
    let rows = report["pipelines"].as_array().unwrap();
    let of = |row: &Value| (row["region"].clone(), row["pipeline"].clone(), row["answer"].clone());
    let expected = [
        ("us-east-1", "payments", "no"),
        ("us-east-1", "refunds", "none"),
        ("eu-west-1", "payments", "yes"),
        ("eu-west-1", "refunds", "yes"),
    ];
    let expected =
        expected.map(|(region, name, answer)| (json!(region), json!(name), json!(answer)));
    assert_eq!(rows.iter().map(of).collect::<Vec<_>>(), expected);
    let problem = rows[1]["problem"].as_str().unwrap();
    assert_eq!(
        problem,
        "AWS refuses codepipeline:ListPipelineExecutions: by an SCP; give the caller this permission"
    );
    assert_eq!(rows[0]["sources"][2]["operation"], "codepipeline:ListActionExecutions");
}

#[test]
fn a_region_whose_pipelines_are_not_known_is_a_row() {
    let answer = |request: &str| {
        if request.contains("/us-east-1/codepipeline") {
            return denied();
        }
        (200, codepipeline(request, "111122223333", &execution()).to_string())
    };
    let regions = ["--all", "--region=eu-west-1", "--region=us-east-1", "--format=json"];
    let report = json_of(&live(answer, &regions));
    assert_eq!(report["answer"]["answer"], "none");
    let row = &report["pipelines"][0];
    assert_eq!(row["pipelineArn"], "arn:aws:codepipeline:us-east-1:*:*");
    let problem = row["problem"].as_str().unwrap();
    assert!(
        problem.starts_with("the pipelines of the region `us-east-1` are not known: AWS refuses"),
        "{problem}"
    );
    // If nothing can be read, that is an error and not a report.
    let ran = live(|_| denied(), &regions);
    assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
    assert_eq!(ran.stderr.lines().count(), 2, "{}", ran.stderr);
}

#[test]
fn several_pipelines_are_chosen_by_name() {
    let answer =
        |request: &str| (200, codepipeline(request, "111122223333", &execution()).to_string());
    let two = ["--pipeline=payments", "--pipeline=refunds", "--region=eu-west-1", "--format=json"];
    let ran = live(answer, &two);
    assert_eq!((ran.code, ran.stderr.as_str()), (0, ""));
    assert_eq!(
        json_of(&ran)["answer"]["sentence"],
        "Yes: all 2 releases of 2 pipelines were approved by two people."
    );
}

/// An account that is closed, two that are not, and one that lets nobody in.
fn organization() -> NamedTempFile {
    let account = |id: &str, status: &str| json!({"Id": id, "Name": "x", "Status": status});
    let accounts = [
        account("111122223333", "ACTIVE"),
        account("222233334444", "SUSPENDED"),
        account("444455556666", "ACTIVE"),
        account("555566667777", "ACTIVE"),
    ];
    file_of(&json!({"Accounts": accounts}).to_string())
}

#[test]
fn a_role_is_assumed_once_in_every_account() {
    let assumed = Arc::new(Mutex::new(0));
    let count = Arc::clone(&assumed);
    let answer = move |request: &str| {
        if request.contains("action=assumerole") {
            *count.lock().unwrap() += 1;
            return session(request);
        }
        // The caller's key is in the signature.
        let (_, account) = request.split_once("credential=key").unwrap();
        let account = account.get(..12).unwrap();
        (200, codepipeline(request, account, &execution()).to_string())
    };
    let accounts = organization();
    let ran = live(
        answer,
        &[
            "--all",
            "--region=eu-west-1",
            "--assume-role=Auditor",
            "--accounts",
            text(accounts.path()),
            "--format=json",
        ],
    );
    let report = json_of(&ran);
    assert!(ran.stderr.contains("account 222233334444 is suspended"), "{}", ran.stderr);
    let arns: Vec<&str> = report["pipelines"]
        .as_array()
        .unwrap()
        .iter()
        .map(|row| row["pipelineArn"].as_str().unwrap())
        .collect();
    assert_eq!(
        arns,
        [
            // alice and bob are users of the first account.
            "arn:aws:codepipeline:eu-west-1:444455556666:payments",
            "arn:aws:codepipeline:eu-west-1:444455556666:refunds",
            "arn:aws:codepipeline:eu-west-1:555566667777:*",
            "arn:aws:codepipeline:eu-west-1:111122223333:payments",
            "arn:aws:codepipeline:eu-west-1:111122223333:refunds",
        ]
    );
    assert_eq!(
        report["pipelines"][2]["problem"],
        "the pipelines of the region `eu-west-1` with the role \
         `arn:aws:iam::555566667777:role/Auditor` are not known: codepipeline:ListPipelines was not \
         asked, because there are no credentials for it: AccessDenied: not you; check the role or \
         the profile, and who may assume the role"
    );
    // Once for each account, not for each request. The refusal may be tried again.
    assert!((3..=4).contains(&*assumed.lock().unwrap()), "{}", assumed.lock().unwrap());
    assert!(!ran.stdout.contains("secret") && !ran.stderr.contains("secret"));
}

#[test]
fn accounts_may_be_lines_and_other_texts_are_refused() {
    let refused = |content: &str, role: &str| {
        let accounts = file_of(content);
        let ran = live(
            |_| denied(),
            &["--all", "--assume-role", role, "--accounts", text(accounts.path())],
        );
        assert_eq!((ran.code, ran.stdout.as_str()), (1, ""));
        ran.stderr
    };
    for (content, role, words) in [
        ("", "Auditor", "is empty; did the command"),
        ("# none\n", "Auditor", "has no accounts"),
        ("[]", "Auditor", "has no accounts"),
        (r#"{"Accounts": [{"Id": "1"}]}"#, "Auditor", "`1` is not an account id of 12 digits"),
        ("payments\n", "Auditor", "`payments` is not an account id of 12 digits"),
        ("111122223333\n", "arn:aws:iam::111122223333:role/Auditor", "give its name alone"),
    ] {
        let stderr = refused(content, role);
        assert!(stderr.contains(words), "{content}: {stderr}");
    }
    let answer = |request: &str| {
        if request.contains("action=assumerole") {
            return session(request);
        }
        (200, codepipeline(request, "111122223333", &execution()).to_string())
    };
    let accounts = file_of("# production\n111122223333 # payments\n\n");
    let arguments = ["--region=eu-west-1", "--assume-role=Auditor", "--accounts"];
    let ran = live(answer, &[&["--all"], &arguments[..], &[text(accounts.path())]].concat());
    assert_eq!(ran.code, 0, "{}", ran.stderr);
}
