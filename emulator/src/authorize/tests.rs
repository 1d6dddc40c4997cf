//! The permissions of callers, in accounts with one policy each.

use iam::account::Account;
use jiff::Timestamp;
use serde_json::{Value, json};

use super::Authorizer;
use crate::api::Service;
use crate::engine::{CountedIds, Engine, ErrorCode, Lag, Settings};
use crate::principals::Principals;

const ALICE: &str = "arn:aws:iam::111122223333:user/alice";
const SESSION: &str = "arn:aws:sts::111122223333:assumed-role/Approver/bob";
const ROOT: &str = "arn:aws:iam::111122223333:root";
const EVERYTHING: &str = r#"{"Effect": "Allow", "Action": "*", "Resource": "*"}"#;

fn policy(statements: &[&str]) -> Value {
    let statements: Vec<Value> =
        statements.iter().map(|text| serde_json::from_str(text).unwrap()).collect();
    json!({"Version": "2012-10-17", "Statement": statements})
}

/// The user alice and the role Approver. Each has a policy of these statements, and a boundary if
/// there are statements for it.
fn account(statements: &[&str], boundary: &[&str]) -> Account {
    let inline = json!([{"PolicyName": "Own", "PolicyDocument": policy(statements)}]);
    let arn = "arn:aws:iam::111122223333:policy/Boundary";
    let bounded = (!boundary.is_empty()).then(|| json!({"PermissionsBoundaryArn": arn}));
    let trust = policy(&[
        r#"{"Effect": "Allow", "Principal": {"AWS": "111122223333"}, "Action": "sts:AssumeRole"}"#,
    ]);
    let details = json!({
        "UserDetailList": [{
            "UserName": "alice", "UserId": "AIDAALICE", "Arn": ALICE, "GroupList": [], "UserPolicyList": inline,
            "AttachedManagedPolicies": [], "PermissionsBoundary": bounded,
        }],
        "GroupDetailList": [],
        "RoleDetailList": [{
            "RoleName": "Approver", "RoleId": "AROAAPPROVER", "Arn": "arn:aws:iam::111122223333:role/path/Approver",
            "AssumeRolePolicyDocument": trust, "RolePolicyList": inline, "AttachedManagedPolicies": [],
            "PermissionsBoundary": bounded,
        }],
        "Policies": [{
            "PolicyName": "Boundary", "Arn": arn,
            "PolicyVersionList": [{"VersionId": "v1", "IsDefaultVersion": true, "Document": policy(boundary)}],
        }],
    });
    Account::parse(&details.to_string()).unwrap()
}

fn service(account: Account) -> Service {
    let settings = Settings {
        partition: account.partition.clone(),
        region: "us-east-1".to_owned(),
        account_id: account.id.clone(),
        bare_job_details: false,
    };
    let nobody = Principals::new([].into()).unwrap();
    let authorizer = Authorizer::new(account, &nobody, None).unwrap();
    Service::new(Engine::new(settings, Box::<CountedIds>::default(), Lag::none()), Some(authorizer))
        .unwrap()
}

fn call(service: &mut Service, caller: &str, operation: &str, input: &Value) -> Result<(), String> {
    let now: Timestamp = "2026-01-01T00:00:00Z".parse().unwrap();
    match service.call(operation, input.to_string().as_bytes(), caller, now) {
        Err(error) if error.code == ErrorCode::AccessDenied => Err(error.message),
        Ok(_) | Err(_) => Ok(()),
    }
}

fn approval() -> Value {
    json!({
        "pipelineName": "payments", "stageName": "Release", "actionName": "ApprovalA",
        "token": "00000000-0000-4000-8000-000000000000", "result": {"status": "Approved", "summary": "ok"},
    })
}

fn approve(caller: &str, statements: &[&str], boundary: &[&str]) -> Result<(), String> {
    call(&mut service(account(statements, boundary)), caller, "PutApprovalResult", &approval())
}

fn denied(caller: &str, why: &str) -> Result<(), String> {
    Err(format!(
        "User: {caller} is not authorized to perform: codepipeline:PutApprovalResult on resource: \
         arn:aws:codepipeline:us-east-1:111122223333:payments/Release/ApprovalA {why}"
    ))
}

const NO_IDENTITY: &str =
    "because no identity-based policy allows the codepipeline:PutApprovalResult action";
const NO_BOUNDARY: &str =
    "because no permissions boundary allows the codepipeline:PutApprovalResult action";
const IDENTITY_DENIES: &str = "with an explicit deny in an identity-based policy";
const BOUNDARY_DENIES: &str = "with an explicit deny in a permissions boundary";

#[test]
fn a_refusal_names_the_kind_of_policy_as_aws_does() {
    let only_see = r#"{"Effect": "Allow", "Action": "codepipeline:Get*", "Resource": "*"}"#;
    let deny_a = r#"{"Effect": "Deny", "Action": "codepipeline:PutApproval*", "Resource": "*:payments/*/ApprovalA"}"#;
    let deny_b = r#"{"Effect": "Deny", "Action": "codepipeline:PutApproval*", "Resource": "*:payments/*/ApprovalB"}"#;
    for caller in [ALICE, SESSION] {
        let no = |why| denied(caller, why);
        for (own, boundary, expected) in [
            (&[EVERYTHING][..], &[][..], Ok(())),
            (&[EVERYTHING], &[EVERYTHING], Ok(())),
            (&[EVERYTHING, deny_b], &[EVERYTHING, deny_b], Ok(())),
            (&[], &[], no(NO_IDENTITY)),
            (&[only_see], &[EVERYTHING], no(NO_IDENTITY)),
            (&[EVERYTHING, deny_a], &[EVERYTHING], no(IDENTITY_DENIES)),
            (&[deny_a], &[only_see], no(IDENTITY_DENIES)),
            (&[EVERYTHING], &[only_see], no(NO_BOUNDARY)),
            (&[only_see], &[only_see], no(NO_IDENTITY)),
            (&[only_see], &[EVERYTHING, deny_a], no(BOUNDARY_DENIES)),
        ] {
            assert_eq!(approve(caller, own, boundary), expected, "{caller} {own:?} {boundary:?}");
        }
    }
}

#[test]
fn only_the_accounts_own_principals_and_its_root_may_do_anything() {
    assert_eq!(approve(ROOT, &[], &[EVERYTHING]), Ok(()));
    for stranger in [
        "arn:aws:iam::111122223333:user/bob",
        "arn:aws:iam::111122223333:user/Alice",
        "arn:aws:iam::444455556666:user/alice",
        "arn:aws:iam::444455556666:root",
        "arn:aws-cn:iam::111122223333:root",
        "arn:aws-cn:sts::111122223333:assumed-role/Approver/bob",
        "arn:aws:sts::444455556666:assumed-role/Approver/bob",
        "arn:aws:sts::111122223333:assumed-role/Nobody/bob",
        "arn:aws:sts::111122223333:federated-user/alice",
    ] {
        assert_eq!(approve(stranger, &[EVERYTHING], &[]), denied(stranger, NO_IDENTITY));
    }
}

/// If the account has no role for the gate, the gate is the only caller without a check.
#[test]
fn a_gate_without_a_role_is_not_checked() {
    let gate = "arn:aws:sts::111122223333:assumed-role/two-person-rule-gate/two-person-rule";
    let job = json!({"jobId": "00000000-0000-4000-8000-000000000000"});
    let mut service = service(account(&[], &[]));
    assert_eq!(call(&mut service, gate, "GetJobDetails", &job), Ok(()));
    let other = gate.replace("/two-person-rule-gate/", "/two-person-rule-Gate/");
    assert_eq!(
        call(&mut service, &other, "GetJobDetails", &job).unwrap_err(),
        format!(
            "User: {other} is not authorized to perform: codepipeline:GetJobDetails because no identity-based policy \
             allows the codepipeline:GetJobDetails action"
        )
    );
}

/// Each of these conditions holds in the request, for the user or for the session.
#[test]
fn the_context_is_that_of_the_request() {
    let allowed = |caller: &str, condition: &str| {
        let statement = format!(
            r#"{{"Effect": "Allow", "Action": "*", "Resource": "*", "Condition": {condition}}}"#
        );
        approve(caller, &[&statement], &[]).is_ok()
    };
    for condition in [
        r#"{"StringEquals": {"aws:RequestedRegion": "us-east-1"}}"#,
        r#"{"DateGreaterThan": {"aws:CurrentTime": "2025-12-31T23:59:59Z"}}"#,
        r#"{"DateLessThan": {"aws:CurrentTime": "2026-01-01T00:00:01Z"}}"#,
        r#"{"NumericEquals": {"aws:EpochTime": "1767225600"}}"#,
        r#"{"Bool": {"aws:SecureTransport": "true", "aws:ViaAWSService": "false"}}"#,
        r#"{"StringEquals": {"aws:ResourceAccount": "111122223333"}}"#,
    ] {
        assert!(allowed(ALICE, condition) && allowed(SESSION, condition), "{condition}");
        let otherwise = condition.replace("us-east-1", "eu-west-1").replace("2025-", "2026-");
        let otherwise =
            otherwise.replace("00:00:01", "00:00:00").replace("1767225600", "1767225601");
        let otherwise =
            otherwise.replace("\"true\"", "\"false\"").replace("111122223333", "444455556666");
        assert!(!allowed(ALICE, &otherwise) && !allowed(SESSION, &otherwise), "{otherwise}");
    }
    for (caller, other, condition) in [
        (ALICE, SESSION, r#"{"StringEquals": {"aws:username": "alice"}}"#),
        (ALICE, SESSION, r#"{"StringEquals": {"aws:userid": "AIDAALICE"}}"#),
        (ALICE, SESSION, r#"{"Null": {"aws:MultiFactorAuthPresent": "true"}}"#),
        (ALICE, SESSION, r#"{"Null": {"aws:TokenIssueTime": "true"}}"#),
        (SESSION, ALICE, r#"{"StringEquals": {"aws:userid": "AROAAPPROVER:bob"}}"#),
        (
            SESSION,
            ALICE,
            r#"{"ArnLike": {"aws:PrincipalArn": "arn:aws:iam::*:role/path/Approver"}}"#,
        ),
        (SESSION, ALICE, r#"{"Null": {"aws:TokenIssueTime": "false"}}"#),
    ] {
        assert!(allowed(caller, condition) && !allowed(other, condition), "{condition}");
    }
}

#[test]
fn an_unknown_condition_never_allows_and_always_denies() {
    for condition in [
        r#"{"IpAddress": {"aws:SourceIp": "127.0.0.0/8"}}"#,
        r#"{"NotIpAddress": {"aws:SourceIp": "127.0.0.0/8"}}"#,
        r#"{"StringEquals": {"aws:ResourceTag/Team": "payments"}}"#,
        r#"{"StringNotEquals": {"aws:ResourceTag/Team": "payments"}}"#,
        r#"{"Null": {"aws:PrincipalOrgID": "true"}}"#,
        r#"{"Null": {"aws:PrincipalOrgID": "false"}}"#,
    ] {
        let statement = |effect: &str| {
            format!(
                r#"{{"Effect": "{effect}", "Action": "*", "Resource": "*", "Condition": {condition}}}"#
            )
        };
        assert_eq!(
            approve(ALICE, &[&statement("Allow")], &[]),
            denied(ALICE, NO_IDENTITY),
            "{condition}"
        );
        assert_eq!(
            approve(ALICE, &[EVERYTHING, &statement("Deny")], &[]),
            denied(ALICE, IDENTITY_DENIES),
            "{condition}"
        );
    }
}

/// A key without a second factor is denied if a policy requires one, as in AWS.
#[test]
fn a_users_key_has_no_second_factor() {
    let deny = r#"{"Effect": "Deny", "Action": "*", "Resource": "*",
        "Condition": {"BoolIfExists": {"aws:MultiFactorAuthPresent": "false"}}}"#;
    assert_eq!(approve(ALICE, &[EVERYTHING, deny], &[]), denied(ALICE, IDENTITY_DENIES));
}

#[test]
fn the_tags_of_a_pipeline_are_seen_when_it_is_created() {
    let statement = r#"{"Effect": "Allow", "Action": "codepipeline:CreatePipeline", "Resource": "*", "Condition":
        {"StringEquals": {"aws:RequestTag/Team": "payments"}, "ForAllValues:StringEquals": {"aws:TagKeys": "Team"}}}"#;
    let mut service = service(account(&[statement], &[]));
    let mut create = |tags: Value| {
        let pipeline = json!({"name": "payments", "roleArn": "arn:aws:iam::111122223333:role/pipeline", "stages": []});
        let input = json!({"pipeline": pipeline, "tags": tags});
        call(&mut service, ALICE, "CreatePipeline", &input).is_ok()
    };
    let tag = |key: &str, value: &str| json!({"key": key, "value": value});
    assert!(create(json!([tag("Team", "payments")])));
    assert!(!create(json!([tag("Team", "refunds")])));
    assert!(!create(json!([tag("Team", "payments"), tag("Stage", "beta")])));
    assert!(!create(Value::Null));
}

/// A caller who may not see a pipeline does not learn whether it exists. A malformed call has no
/// resource.
#[test]
fn permission_is_asked_before_anything_is_looked_at() {
    let code = |statements: &[&str], operation: &str, input: Value| {
        let mut service = service(account(statements, &[]));
        let now = "2026-01-01T00:00:00Z".parse().unwrap();
        let result = service.call(operation, input.to_string().as_bytes(), ALICE, now);
        result.unwrap_err().code
    };
    let get = || json!({"name": "nowhere"});
    assert_eq!(code(&[], "GetPipeline", get()), ErrorCode::AccessDenied);
    assert_eq!(code(&[EVERYTHING], "GetPipeline", get()), ErrorCode::PipelineNotFound);
    assert_eq!(code(&[], "GetPipeline", json!({"name": "a/b"})), ErrorCode::Validation);
    assert_eq!(code(&[], "ListWebhooks", json!({})), ErrorCode::UnknownOperation);
}

#[test]
fn an_account_that_cannot_decide_is_refused() {
    let refused = |account: Account, key_id: &str, arn: &str, gate_role: Option<&str>| {
        let principals = Principals::new([(key_id.to_owned(), arn.to_owned())].into()).unwrap();
        Authorizer::new(account, &principals, gate_role).unwrap_err().to_string()
    };
    let stranger = "arn:aws:iam::444455556666:user/alice";
    assert_eq!(
        refused(account(&[], &[]), "eve", stranger, None),
        "the access key id `eve` is for `arn:aws:iam::444455556666:user/alice`, which is not in the \
         account `111122223333`; use one of its users, a session of one of its roles, or its root"
    );
    assert_eq!(
        refused(account(&[], &[]), "alice", ALICE, Some("Gate")),
        "the account has no role `Gate` for the gate; give the name of its role to --gate-role"
    );
    let mut unbounded = account(&[EVERYTHING], &[]);
    unbounded.missing_boundaries = vec!["arn:aws:iam::aws:policy/ReadOnlyAccess".to_owned()];
    assert_eq!(
        refused(unbounded, "alice", ALICE, None),
        "the account file has no policy `arn:aws:iam::aws:policy/ReadOnlyAccess`, although it is a \
         permissions boundary, so the permissions of its principals are unknown; add the policy to \
         `Policies`"
    );
    let all = [("root", ROOT), ("alice", ALICE), ("bob", SESSION)];
    let all = all.map(|(key_id, arn)| (key_id.to_owned(), arn.to_owned())).into();
    let gate = Authorizer::new(account(&[], &[]), &Principals::new(all).unwrap(), Some("Approver"))
        .unwrap();
    assert_eq!(gate.gate(), "arn:aws:sts::111122223333:assumed-role/Approver/two-person-rule");
    assert!(gate.checks_gate());
}

fn role(caller: &str, statements: &[&str], name: &str) -> Result<Option<String>, String> {
    let service = service(account(statements, &[]));
    let now = "2026-01-01T00:00:00Z".parse().unwrap();
    let found = service.role(name, caller.into(), now);
    found.map(|role| role.map(|role| role.arn.clone())).map_err(|error| error.message)
}

#[test]
fn a_role_is_shown_to_callers_with_permission_for_its_path() {
    let arn = "arn:aws:iam::111122223333:role/path/Approver";
    let under = |path: &str| {
        format!(
            r#"{{"Effect": "Allow", "Action": "iam:GetRole", "Resource": "arn:aws:iam::*:role{path}"}}"#
        )
    };
    let denied = |name: &str| {
        Err(format!(
            "User: {ALICE} is not authorized to perform: iam:GetRole on resource: role {name} because no identity-based \
             policy allows the iam:GetRole action"
        ))
    };
    assert_eq!(role(ALICE, &[&under("/path/*")], "Approver"), Ok(Some(arn.to_owned())));
    assert_eq!(role(ALICE, &[&under("/aws-reserved/*")], "Approver"), denied("Approver"));
    assert_eq!(role(ALICE, &[EVERYTHING], "approver"), Ok(None));
    assert_eq!(role(ALICE, &[&under("/path/*")], "Nobody"), denied("Nobody"));
    assert_eq!(role(ROOT, &[], "Nobody"), Ok(None));
}

#[test]
fn a_pipeline_notifies_by_the_permissions_of_its_role() {
    let publish = r#"{"Effect": "Allow", "Action": "sns:Publish", "Resource": "*:payments"}"#;
    let roles = [
        "arn:aws:iam::111122223333:role/path/Approver",
        "arn:aws:iam::111122223333:role/Elsewhere",
    ];
    let manage = r#"{"Effect": "Allow", "Action": "codepipeline:*", "Resource": "*"}"#;
    for (role, topic, statements, status) in [
        (roles[0], "payments", &[manage][..], "Failed"),
        (roles[0], "payments", &[manage, publish], "InProgress"),
        (roles[0], "payroll", &[manage, publish], "Failed"),
        (roles[1], "payments", &[manage], "InProgress"),
    ] {
        let mut notifying = crate::testing::approval("Approval");
        notifying["configuration"] =
            json!({"NotificationArn": format!("arn:aws:sns:us-east-1:111122223333:{topic}")});
        let stages = json!([crate::testing::stage("Review", &[notifying])]);
        let mut declared = crate::testing::pipeline("QUEUED", stages);
        declared["roleArn"] = json!(role);
        let mut service = service(account(statements, &[]));
        assert_eq!(
            call(&mut service, ALICE, "CreatePipeline", &json!({"pipeline": declared})),
            Ok(())
        );
        let executions = &service.engine.pipeline(crate::testing::PIPELINE).unwrap().executions;
        assert_eq!(json!(executions[0].status), status, "{role} {topic} {statements:?}");
    }
}
