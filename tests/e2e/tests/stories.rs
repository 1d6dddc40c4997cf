//! The promises of the product, as stories. The emulator and the gate are processes, and every
//! caller uses HTTP.

#![cfg(test)]

use std::path::Path;

use e2e::{Emulator, PIPELINE, STAGE, Setup};
use emulator::aws::{Action, Answer, Kind, RetryMode};
use lambda::aws::sdk::types::{
    ActionExecutionFilter, ActionExecutionStatus, PipelineExecutionStatus,
};
use serde_json::{Value, json};

const DEFAULTS: &str = "{}";
const TRUSTED: &str = r#"{"trustedSessionRoles": ["AWSReservedSSO_Approver_0123456789abcdef"]}"#;

async fn refused(emulator: &Emulator, approvers: [&str; 2], reason: &str) -> String {
    let execution_id = emulator.start_execution("bob").await;
    let ended = emulator.approve(&execution_id, approvers).await;
    assert!(!ended.succeeded, "{approvers:?} passed: {}", ended.gate);
    assert!(!ended.done.contains(&"Deploy".to_owned()), "{approvers:?} deployed");
    assert!(ended.gate.contains(&format!("- {reason}: ")), "{approvers:?}: {}", ended.gate);
    execution_id
}

async fn passed(emulator: &Emulator, approvers: [&str; 2]) {
    let execution_id = emulator.start_execution("bob").await;
    let ended = emulator.approve(&execution_id, approvers).await;
    assert!(ended.succeeded, "{approvers:?} refused: {}", ended.gate);
    assert!(ended.done.contains(&"Deploy".to_owned()));
}

#[tokio::test]
async fn the_article_two_approvers_pass() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    passed(&emulator, ["alice", "bob"]).await;
}

#[tokio::test]
async fn the_article_the_same_approver_is_refused() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    refused(&emulator, ["alice", "alice"], "same-person").await;
}

#[tokio::test]
async fn role_sessions_count_as_nobody_unless_their_role_is_trusted() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    refused(&emulator, ["deployer-1", "deployer-2"], "shared-role").await;
    refused(&emulator, ["sso-alice", "sso-carol"], "shared-role").await;
    refused(&emulator, ["alice", "deployer-alice"], "shared-role").await;

    let collapsing = Emulator::with_rule(r#"{"sharedRoles": "collapse"}"#);
    collapsing.create_pipeline(None).await;
    refused(&collapsing, ["deployer-1", "deployer-2"], "same-person").await;
    refused(&collapsing, ["alice", "deployer-alice"], "same-person").await;

    let trusting = Emulator::with_rule(TRUSTED);
    trusting.create_pipeline(None).await;
    passed(&trusting, ["sso-alice", "sso-carol"]).await;
    refused(&trusting, ["alice", "sso-alice"], "same-person").await;
    refused(&trusting, ["deployer-1", "deployer-2"], "shared-role").await;
}

/// A developer who may create roles creates one with a name of Identity Center's, and a session
/// with the name of another person. The gate asks IAM, with the role of its deployment.
#[tokio::test]
async fn a_role_that_a_pattern_trusts_is_asked_about_and_a_look_alike_is_not_believed() {
    const ACCOUNT: &str = "arn:aws:iam::111122223333";
    const RESERVED: &str = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
    let allow = |actions: &str, resource: &str| json!({"Effect": "Allow", "Action": actions, "Resource": resource});
    let policy = |statements: &[Value]| json!([{"PolicyName": "p", "PolicyDocument": {"Version": "2012-10-17", "Statement": statements}}]);
    let everything = policy(&[allow("codepipeline:*", "*")]);
    let of_gate = policy(&[
        allow("codepipeline:*", "*"),
        allow("iam:GetRole", &format!("{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/*")),
    ]);
    let user = |name: &str| {
        json!({"Path": "/", "UserName": name, "UserId": name, "Arn": format!("{ACCOUNT}:user/{name}"), "GroupList": [],
            "AttachedManagedPolicies": [], "UserPolicyList": everything})
    };
    let role = |path: &str, name: &str, policies: &Value| {
        json!({"Path": path, "RoleName": name, "RoleId": name, "Arn": format!("{ACCOUNT}:role{path}{name}"), "AttachedManagedPolicies": [],
            "AssumeRolePolicyDocument": {"Version": "2012-10-17", "Statement": []}, "RolePolicyList": policies})
    };
    let account = json!({
        "UserDetailList": [user("alice"), user("bob")], "GroupDetailList": [], "Policies": [],
        "RoleDetailList": [
            role(RESERVED, "AWSReservedSSO_Approver_01", &everything),
            role("/", "AWSReservedSSO_Approver_02", &everything),
            role("/", "TwoPersonRule-Gate", &of_gate),
        ],
    });
    let session =
        |role: &str| format!("arn:aws:sts::111122223333:assumed-role/{role}/carol@example.com");
    let principals = json!({
        "alice": format!("{ACCOUNT}:user/alice"), "bob": format!("{ACCOUNT}:user/bob"),
        "carol": session("AWSReservedSSO_Approver_01"), "look-alike": session("AWSReservedSSO_Approver_02"),
    });
    let folder = tempfile::tempdir().unwrap();
    let file = |name: &str, content: &Value| {
        let path = folder.path().join(name);
        std::fs::write(&path, content.to_string()).unwrap();
        path.display().to_string()
    };
    let arguments = [
        "--account",
        &file("account.json", &account),
        "--principals",
        &file("principals.json", &principals),
    ];
    let emulator = Emulator::start(&Setup {
        rule: Some(r#"{"trustedSessionRoles": ["AWSReservedSSO_*"]}"#),
        arguments: arguments.map(str::to_owned).to_vec(),
        ..Setup::default()
    });
    emulator.create_pipeline(None).await;
    passed(&emulator, ["alice", "carol"]).await;
    let execution_id = refused(&emulator, ["alice", "look-alike"], "shared-role").await;
    let ended = emulator.end_of(&execution_id).await;
    assert!(ended.gate.contains("add `AWSReservedSSO_Approver_02`"), "{}", ended.gate);
}

/// The pipeline's state shows only the latest run of each action. While the first execution waits
/// for its gate, alice and bob approve a second one. Those approvals must not count for the first,
/// which only alice approved.
#[tokio::test]
async fn a_race_with_another_execution_is_not_lost() {
    let emulator = Emulator::with_rule(r#"{"stage": "Approve"}"#);
    let action = |name, kind, run_order| Action { name, kind, run_order };
    let approvals =
        [action("ApprovalA", Kind::Approval, 1), action("ApprovalB", Kind::Approval, 1)];
    let release = [
        action("Hold", Kind::Approval, 1),
        action("Gate", Kind::Gate(None), 2),
        action("Deploy", Kind::Deploy, 3),
    ];
    let stages: [(&str, &[Action]); 3] = [
        ("Source", &[action("Source", Kind::Source, 1)]),
        (STAGE, &approvals),
        ("Release", &release),
    ];
    let bob = emulator.caller("bob");
    bob.create_idle_pipeline(PIPELINE, &stages).await.unwrap();
    let approve = async |key_id: &str, stage: &str, slot: &str| {
        emulator.caller(key_id).approve(PIPELINE, stage, slot).await.unwrap();
    };

    let first = emulator.start_execution("bob").await;
    approve("alice", STAGE, "ApprovalA").await;
    approve("alice", STAGE, "ApprovalB").await;
    let second = emulator.start_execution("bob").await;
    approve("alice", STAGE, "ApprovalA").await;
    approve("bob", STAGE, "ApprovalB").await;

    approve("bob", "Release", "Hold").await;
    let ended = emulator.end_of(&first).await;
    assert!(!ended.succeeded && ended.gate.contains("same-person"), "{}", ended.gate);
    assert!(ended.gate.contains(&first), "{}", ended.gate);
    assert!(
        ended.gate.contains("start-pipeline-execution"),
        "approvals of another stage cannot be reopened: {}",
        ended.gate
    );

    approve("bob", "Release", "Hold").await;
    let ended = emulator.end_of(&second).await;
    assert!(ended.succeeded, "{}", ended.gate);
}

#[tokio::test]
async fn a_refusal_says_how_to_reopen_and_that_works_without_a_rebuild() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    let execution_id = refused(&emulator, ["alice", "alice"], "same-person").await;
    let ended = emulator.end_of(&execution_id).await;
    let command = format!(
        "aws codepipeline retry-stage-execution --pipeline-name {PIPELINE} --stage-name {STAGE} \
         --pipeline-execution-id {execution_id} --retry-mode ALL_ACTIONS"
    );
    assert!(ended.gate.ends_with(&command), "{}", ended.gate);

    emulator.retry(&execution_id, RetryMode::AllActions).await;
    let ended = emulator.approve(&execution_id, ["alice", "bob"]).await;
    assert!(ended.succeeded, "{}", ended.gate);
    let attempts = history(&emulator, &execution_id).await;
    let count = |action: &str| attempts.iter().filter(|name| *name == action).count();
    assert_eq!((count("Source"), count("ApprovalA"), count("Gate"), count("Deploy")), (1, 2, 2, 1));
}

async fn history(emulator: &Emulator, execution_id: &str) -> Vec<String> {
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(execution_id).build();
    let call = emulator
        .caller("bob")
        .client()
        .list_action_executions()
        .pipeline_name(PIPELINE)
        .filter(filter);
    let mut items = call.into_paginator().items().send();
    let mut names = Vec::new();
    while let Some(item) = items.next().await {
        names.push(item.unwrap().action_name.unwrap());
    }
    names
}

#[tokio::test]
async fn a_refusal_cannot_be_washed_away_by_retrying_the_gate_alone() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    let execution_id = refused(&emulator, ["alice", "alice"], "same-person").await;
    emulator.retry(&execution_id, RetryMode::FailedActions).await;
    let ended = emulator.end_of(&execution_id).await;
    assert!(!ended.succeeded && ended.gate.contains("same-person"), "{}", ended.gate);
}

/// FAILED_ACTIONS reopens only the rejected approval. The other one was given before the rejection,
/// and CodePipeline may notice the two in either order.
#[tokio::test]
async fn a_rejection_cannot_be_washed_away_by_retrying_it_alone() {
    for seed in ["1", "2", "3", "4"] {
        a_rejection_stands(&["--lag", "0.5", "--seed", seed]).await;
    }
    a_rejection_stands(&["--lag", "0"]).await;
}

async fn a_rejection_stands(arguments: &[&str]) {
    let emulator = Emulator::start(&Setup {
        arguments: arguments.iter().map(ToString::to_string).collect(),
        ..Setup::default()
    });
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    emulator.caller("alice").approve(PIPELINE, STAGE, "ApprovalA").await.unwrap();
    emulator.caller("bob").answer(PIPELINE, STAGE, "ApprovalB", Answer::Rejected).await.unwrap();
    emulator.end_of(&execution_id).await;
    emulator.retry(&execution_id, RetryMode::FailedActions).await;
    emulator.caller("bob").approve(PIPELINE, STAGE, "ApprovalB").await.unwrap();
    let ended = emulator.end_of(&execution_id).await;
    assert!(
        !ended.succeeded && ended.gate.contains("- superseded-by-rejection: "),
        "{}",
        ended.gate
    );

    emulator.retry(&execution_id, RetryMode::AllActions).await;
    let ended = emulator.approve(&execution_id, ["alice", "bob"]).await;
    assert!(ended.succeeded, "{}", ended.gate);
}

#[tokio::test]
async fn who_started_the_execution_does_not_count_where_the_rule_says_so() {
    let emulator = Emulator::with_rule(r#"{"excludeInitiator": true}"#);
    emulator.create_pipeline(None).await;
    refused(&emulator, ["alice", "bob"], "initiator").await;
    // A session of a role that several people may share could be anybody, for any session name.
    for starter in ["deployer-1", "deployer-alice"] {
        let execution_id = emulator.start_execution(starter).await;
        let ended = emulator.approve(&execution_id, ["alice", "bob"]).await;
        assert_eq!(ended.gate.matches("- initiator: ").count(), 2, "{}", ended.gate);
    }

    let emulator = Emulator::with_rule(r#"{"excludeInitiator": true, "notPeople": ["Deployer"]}"#);
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("deployer-1").await;
    assert!(emulator.approve(&execution_id, ["alice", "bob"]).await.succeeded);
}

/// Parameters that name another stage would let the gate judge approvals that were easier to get.
#[tokio::test]
async fn parameters_that_name_another_stage_are_refused() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(Some(r#"{"stage": "Deploy"}"#)).await;
    let execution_id = emulator.start_execution("bob").await;
    let ended = emulator.approve(&execution_id, ["alice", "bob"]).await;
    assert!(
        ended.gate.starts_with("The action's UserParameters are wrong: `stage`"),
        "{}",
        ended.gate
    );
}

#[tokio::test]
async fn user_parameters_tighten_and_cannot_loosen() {
    let emulator = Emulator::with_rule(r#"{"quorum": 2, "excludeInitiator": true}"#);
    emulator.create_pipeline(Some(r#"{"quorum": 3, "excludeInitiator": false}"#)).await;
    let execution_id = emulator.start_execution("bob").await;
    let ended = emulator.approve(&execution_id, ["alice", "bob"]).await;
    assert!(
        ended.gate.contains("- initiator: ") && ended.gate.contains("3 are required"),
        "{}",
        ended.gate
    );

    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(Some(r#"{"trustedSessionRoles": ["Deployer"]}"#)).await;
    let execution_id = emulator.start_execution("bob").await;
    let ended = emulator.approve(&execution_id, ["deployer-1", "deployer-2"]).await;
    assert!(
        ended.gate.starts_with("The action's UserParameters are wrong: `trustedSessionRoles`"),
        "{}",
        ended.gate
    );
}

#[tokio::test]
async fn where_job_details_are_bare_the_parameters_name_the_execution() {
    let bare = Setup { arguments: vec!["--bare-job-details".to_owned()], ..Setup::default() };
    let emulator = Emulator::start(&bare);
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    let ended = emulator.approve(&execution_id, ["alice", "bob"]).await;
    assert!(
        !ended.succeeded && ended.gate.contains("#{codepipeline.PipelineExecutionId}"),
        "{}",
        ended.gate
    );

    let emulator = Emulator::start(&bare);
    emulator
        .create_pipeline(Some(
            r##"{"pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"}"##,
        ))
        .await;
    passed(&emulator, ["alice", "bob"]).await;
    refused(&emulator, ["alice", "alice"], "same-person").await;
}

/// People who edit the pipeline could name, in UserParameters, an execution that two other people
/// approved.
#[tokio::test]
async fn parameters_that_name_another_execution_are_refused() {
    let emulator = Emulator::start(&Setup {
        arguments: vec!["--bare-job-details".to_owned()],
        ..Setup::default()
    });
    emulator
        .create_pipeline(Some(
            r##"{"pipelineExecutionId": "#{codepipeline.PipelineExecutionId}"}"##,
        ))
        .await;
    let good = emulator.start_execution("bob").await;
    assert!(emulator.approve(&good, ["alice", "bob"]).await.succeeded);

    let parameters: &'static str = format!(r#"{{"pipelineExecutionId": "{good}"}}"#).leak();
    let action = |name, kind, run_order| Action { name, kind, run_order };
    let approve = [
        action("ApprovalA", Kind::Approval, 1),
        action("ApprovalB", Kind::Approval, 1),
        action("Gate", Kind::Gate(Some(parameters)), 2),
    ];
    emulator
        .caller("bob")
        .update_pipeline(
            PIPELINE,
            &[("Source", &[action("Source", Kind::Source, 1)]), (STAGE, &approve)],
        )
        .await
        .unwrap();
    let forged = emulator.start_execution("bob").await;
    let ended = emulator.approve(&forged, ["alice", "alice"]).await;
    assert!(
        !ended.succeeded && ended.gate.contains("this gate does not run in that execution"),
        "{}",
        ended.gate
    );
}

/// More attempts than fit on one page of ListActionExecutions: the newest page alone has too few
/// approvals.
#[tokio::test]
async fn a_history_of_several_pages_is_read_whole() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    emulator.approve(&execution_id, ["alice", "alice"]).await;
    // Retries of the gate alone move the approvals to the second page.
    for _ in 0..101 {
        emulator.retry(&execution_id, RetryMode::FailedActions).await;
        let ended = emulator.end_of(&execution_id).await;
        assert!(ended.gate.contains("same-person"), "{}", ended.gate);
    }
    assert_eq!(history(&emulator, &execution_id).await.len(), 105);
}

#[tokio::test]
async fn a_success_names_the_approvers_in_its_output_variables() {
    let emulator = Emulator::with_rule(DEFAULTS);
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    emulator.approve(&execution_id, ["bob", "alice"]).await;
    let filter = ActionExecutionFilter::builder().pipeline_execution_id(&execution_id).build();
    let caller = emulator.caller("bob");
    let reply = caller
        .client()
        .list_action_executions()
        .pipeline_name(PIPELINE)
        .filter(filter)
        .send()
        .await
        .unwrap();
    let gate = reply
        .action_execution_details()
        .iter()
        .find(|detail| detail.action_name() == Some("Gate"))
        .unwrap();
    let variables = gate.output().unwrap().output_variables().unwrap();
    assert_eq!(variables["Verdict"], "satisfied");
    assert_eq!(variables["Approvers"], "alice, bob");
    assert_eq!(variables["ApproverCount"], "2");
    assert_eq!(variables["PipelineExecutionId"], execution_id);
    assert_eq!(variables["Basis"], "user");
    assert!(
        variables["Summary"].starts_with("Satisfied by alice and bob: "),
        "{}",
        variables["Summary"]
    );
    assert_eq!(gate.status(), Some(&ActionExecutionStatus::Succeeded));
}

#[tokio::test]
async fn a_gate_that_does_not_start_lets_nothing_pass() {
    let nothing = Path::new("/bin/false");
    let emulator = Emulator::start(&Setup {
        arguments: vec!["--gate".to_owned(), nothing.display().to_string()],
        ..Setup::default()
    });
    emulator.create_pipeline(None).await;
    let execution_id = emulator.start_execution("bob").await;
    for slot in ["ApprovalA", "ApprovalB"] {
        emulator
            .caller(if slot == "ApprovalA" { "alice" } else { "bob" })
            .approve(PIPELINE, STAGE, slot)
            .await
            .unwrap();
    }
    e2e::eventually("three attempts", || {
        (emulator.log().matches("the function's process ended").count() == 3).then_some(())
    })
    .await;
    let caller = emulator.caller("bob");
    let call = caller
        .client()
        .get_pipeline_execution()
        .pipeline_name(PIPELINE)
        .pipeline_execution_id(&execution_id);
    let execution = call.send().await.unwrap().pipeline_execution.unwrap();
    assert_eq!(execution.status(), Some(&PipelineExecutionStatus::InProgress));
}
