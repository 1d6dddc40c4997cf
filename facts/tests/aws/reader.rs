//! What is read of CodePipeline's replies. Their shapes are those of the recorded ones.

use facts::aws::{Reader, sdk};
use facts::{
    CallError, CodePipeline as _, Executions as _, Listed, ListedRevision, Operation, Started,
};
use rule::{ActionKind, Initiator, Status};
use serde_json::{Value, json};

use crate::service::{Request, Service, block_on};

const EXECUTION: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";
const ALICE: &str = "arn:aws:iam::111122223333:user/alice";

fn reader(service: &Service) -> Reader {
    Reader::from(sdk::Client::new(&service.config()))
}

fn replying(body: &Value) -> Service {
    Service::replying(200, &body.to_string())
}

fn sent(request: &Request) -> Value {
    serde_json::from_str(&request.body).unwrap()
}

#[test]
fn a_page_of_the_history_is_read() {
    let attempt = |action: &str, kind: (&str, &str), result: Value| {
        json!({
            "pipelineExecutionId": EXECUTION, "actionExecutionId": format!("run-of-{action}"),
            "pipelineVersion": 3, "stageName": "Stage", "actionName": action,
            "startTime": 1_795_341_600.5, "lastUpdateTime": 1_795_341_660.25,
            "updatedBy": ALICE, "status": "Succeeded",
            "input": {"actionTypeId": {"category": kind.0, "owner": "AWS", "provider": kind.1, "version": "1"}},
            "output": {"executionResult": result},
        })
    };
    let service = replying(&json!({"nextToken": "second", "actionExecutionDetails": [
        attempt("Approval", ("Approval", "Manual"), json!({"externalExecutionId": "a", "externalExecutionSummary": "fine"})),
        attempt("Source", ("Source", "S3"), json!({"externalExecutionId": "version"})),
        attempt("Deploy", ("Deploy", "S3"), json!({"externalExecutionId": "d", "errorDetails": {"code": "JobFailed"}})),
    ]}));
    let page = block_on(reader(&service).action_executions("payments", EXECUTION, Some("first")));
    let page = page.unwrap();
    assert_eq!(page.next_token.as_deref(), Some("second"));
    let [approval, source, deploy] = page.attempts.as_slice() else { panic!("{page:?}") };
    assert_eq!(approval.execution_id.as_deref(), Some(EXECUTION));
    assert_eq!(approval.pipeline_version, Some(3));
    let attempt = &approval.attempt;
    assert_eq!((attempt.kind, attempt.status), (ActionKind::ManualApproval, Status::Succeeded));
    assert_eq!(attempt.approver.history.as_deref(), Some(ALICE));
    assert_eq!(attempt.comment.as_deref(), Some("fine"));
    assert_eq!(attempt.started, "2026-11-22T10:00:00.500Z".parse().ok());
    assert_eq!(attempt.updated, "2026-11-22T10:01:00.250Z".parse().ok());
    assert_eq!((&attempt.revision, &attempt.answered), (&None, &None), "it delivers nothing");
    assert_eq!(source.attempt.kind, ActionKind::Source);
    assert_eq!(source.attempt.revision.as_deref(), Some("version"));
    assert_eq!((deploy.attempt.kind, &deploy.attempt.revision), (ActionKind::Other, &None));
    assert_eq!(deploy.attempt.error.as_deref(), Some("JobFailed"));

    let request = service.only();
    assert_eq!(request.header("x-amz-target"), Some("CodePipeline_20150709.ListActionExecutions"));
    let asked = json!({"pipelineName": "payments", "filter": {"pipelineExecutionId": EXECUTION}, "nextToken": "first"});
    assert_eq!(sent(&request), asked);
}

#[test]
fn the_state_is_read() {
    let open =
        json!({"actionExecutionId": "run-of-B", "status": "InProgress", "token": "run-of-B"});
    let answered = json!({"actionExecutionId": "run-of-A", "status": "Succeeded", "lastUpdatedBy": ALICE, "lastStatusChange": 1_795_341_640.123});
    let service = replying(&json!({"stageStates": [
        {"stageName": "Approve", "latestExecution": {"pipelineExecutionId": EXECUTION, "status": "InProgress"}, "actionStates": [
            {"actionName": "A", "latestExecution": answered},
            {"actionName": "B", "latestExecution": open},
            {"actionName": "Never"},
        ]},
        {"stageName": "Empty"},
    ]}));
    let state = block_on(reader(&service).pipeline_state("payments")).unwrap();
    let [a, b] = state.as_slice() else { panic!("{state:?}") };
    for (entry, action) in [(a, "A"), (b, "B")] {
        assert_eq!(entry.stage.as_deref(), Some("Approve"));
        assert_eq!(entry.execution_id.as_deref(), Some(EXECUTION));
        assert_eq!(entry.action.as_deref(), Some(action));
        assert_eq!(entry.action_execution_id, format!("run-of-{action}"));
    }
    assert_eq!((a.status, a.awaits_answer), (Status::Succeeded, false));
    assert_eq!(a.last_updated_by.as_deref(), Some(ALICE));
    assert_eq!(a.last_status_change, "2026-11-22T10:00:40.123Z".parse().ok());
    assert_eq!((b.status, b.awaits_answer), (Status::InProgress, true));
    assert_eq!(sent(&service.only()), json!({"name": "payments"}));
}

#[test]
fn the_start_of_an_execution_is_read() {
    let service = replying(&json!({"pipelineExecution": {
        "artifactRevisions": [
            {"name": "App", "revisionId": "hE63PuBKjWVW", "revisionSummary": "Amazon S3 version id: hE63PuBKjWVW"},
            {"name": "Config", "revisionId": "0a1b2c3d"},
        ],
        "trigger": {"triggerType": "StartPipelineExecution", "triggerDetail": ALICE},
    }}));
    let started = block_on(reader(&service).started("payments", EXECUTION));
    let expected = Started {
        initiator: Initiator::Principal(ALICE.to_owned()),
        revisions: vec!["hE63PuBKjWVW".to_owned(), "0a1b2c3d".to_owned()],
    };
    assert_eq!(started, Ok(expected));
    let asked = json!({"pipelineName": "payments", "pipelineExecutionId": EXECUTION});
    assert_eq!(sent(&service.only()), asked);

    let bare = replying(&json!({"pipelineExecution": {}}));
    let nothing = Started { initiator: Initiator::Unknown, revisions: Vec::new() };
    assert_eq!(block_on(reader(&bare).started("payments", EXECUTION)), Ok(nothing));
}

#[test]
fn the_list_of_executions_is_read() {
    let service = replying(&json!({"nextToken": "second", "pipelineExecutionSummaries": [
        {
            "pipelineExecutionId": "r", "status": "Succeeded", "startTime": 1_795_341_600.5,
            "executionMode": "QUEUED", "executionType": "ROLLBACK",
            "rollbackMetadata": {"rollbackTargetPipelineExecutionId": EXECUTION},
            "trigger": {"triggerType": "ManualRollback", "triggerDetail": "{}"},
        },
        {
            "pipelineExecutionId": EXECUTION, "status": "Stopped",
            "stopTrigger": {"reason": "wrong branch"},
            "sourceRevisions": [{"actionName": "Source", "revisionId": "0a1b2c3d", "revisionSummary": "Round cents"}],
        },
    ]}));
    let page = block_on(reader(&service).executions("payments", 100, Some("first"))).unwrap();
    assert_eq!(page.next_token.as_deref(), Some("second"));
    let rollback = Listed {
        id: "r".to_owned(),
        status: Some("Succeeded".to_owned()),
        started: "2026-11-22T10:00:00.500Z".parse().ok(),
        trigger: (Some("ManualRollback".to_owned()), Some("{}".to_owned())),
        mode: Some("QUEUED".to_owned()),
        kind: Some("ROLLBACK".to_owned()),
        rollback_target: Some(EXECUTION.to_owned()),
        ..Listed::default()
    };
    let revision = ListedRevision {
        action: "Source".to_owned(),
        id: Some("0a1b2c3d".to_owned()),
        summary: Some("Round cents".to_owned()),
        url: None,
    };
    let stopped = Listed {
        id: EXECUTION.to_owned(),
        status: Some("Stopped".to_owned()),
        revisions: vec![revision],
        stop_reason: Some("wrong branch".to_owned()),
        ..Listed::default()
    };
    assert_eq!(page.executions, [rollback, stopped]);
    let asked = json!({"pipelineName": "payments", "maxResults": 100, "nextToken": "first"});
    assert_eq!(sent(&service.only()), asked);
}

/// Other values of a Source action's configuration may be secrets.
#[test]
fn of_a_source_action_only_the_place_of_the_source_code_is_kept() {
    let service = replying(&json!({"actionExecutionDetails": [{
        "actionExecutionId": "run", "status": "Succeeded",
        "input": {
            "actionTypeId": {"category": "Source", "owner": "ThirdParty", "provider": "GitHub", "version": "1"},
            "configuration": {"Owner": "acme", "Repo": "shop", "Branch": "main", "OAuthToken": "hunter2"},
        },
    }]}));
    let page = block_on(reader(&service).action_executions("payments", EXECUTION, None)).unwrap();
    assert!(!format!("{page:?}").contains("hunter2"));
    let [entry] = page.attempts.as_slice() else { panic!("{page:?}") };
    let kept = [("Branch", "main"), ("Owner", "acme"), ("Repo", "shop")];
    assert!(entry.ran.source.iter().map(|(name, value)| (*name, value.as_str())).eq(kept));
}

#[test]
fn replies_that_make_no_sense_and_errors_are_told_apart() {
    let started =
        |service: Service| block_on(reader(&service).started("payments", EXECUTION)).unwrap_err();
    assert_eq!(
        started(replying(&json!({}))),
        CallError::Malformed {
            operation: Operation::GET_PIPELINE_EXECUTION,
            problem: "`pipelineExecution` is missing",
        }
    );
    let failing = |status, code| {
        let body = json!({"__type": code, "message": "because"}).to_string();
        started(Service::replying(status, &body)).to_string()
    };
    for (status, code, error) in [
        (400, "AccessDeniedException", "AWS refused GetPipelineExecution: because"),
        (400, "ThrottlingException", "GetPipelineExecution is unavailable (ThrottlingException)"),
        (
            400,
            "PipelineNotFoundException",
            "GetPipelineExecution answered PipelineNotFoundException: because",
        ),
    ] {
        assert_eq!(failing(status, code), error);
    }
}

/// A reply without its list would read as a release that nobody has approved.
#[test]
fn a_reply_without_its_list_is_not_an_empty_list() {
    let service = replying(&json!({"wrong": ["reply"]}));
    let reader = reader(&service);
    let history = block_on(reader.action_executions("payments", EXECUTION, None)).unwrap_err();
    let executions = block_on(reader.executions("payments", 100, None)).unwrap_err();
    let state = block_on(reader.pipeline_state("payments")).unwrap_err();
    for error in [history, executions, state] {
        assert!(matches!(error, CallError::Malformed { .. }), "{error}");
    }
    let empty = replying(&json!({"actionExecutionDetails": []}));
    let page = block_on(self::reader(&empty).action_executions("payments", EXECUTION, None));
    assert_eq!(page.unwrap().attempts.len(), 0);
}

/// The service has answered with a success, so it may have done what it was asked. That is not a
/// refusal.
#[test]
fn a_success_that_cannot_be_read_is_not_a_refusal() {
    let cut = Service::replying(200, r#"{"pipelineExecution": {"pipelineNa"#);
    let error = block_on(reader(&cut).started("payments", EXECUTION)).unwrap_err();
    let said = "GetPipelineExecution is unavailable (the reply could not be read)";
    assert_eq!(error.to_string(), said);
}

/// The call has no budget: the client itself stops.
#[test]
fn a_reply_that_never_comes_ends_the_call() {
    let listener = std::net::TcpListener::bind("127.0.0.1:0").unwrap();
    let endpoint = format!("http://{}", listener.local_addr().unwrap());
    let keys = aws_credential_types::Credentials::new("AKIDEXAMPLE", "secret", None, None, "test");
    let provider = aws_credential_types::provider::SharedCredentialsProvider::new(keys);
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_all()
        .start_paused(true)
        .build()
        .unwrap();
    let error = runtime.block_on(async {
        let config = facts::aws::config()
            .region(aws_config::Region::new("eu-central-1"))
            .credentials_provider(provider)
            .endpoint_url(endpoint)
            .load()
            .await;
        let reader = Reader::from(sdk::Client::new(&config));
        reader.started("payments", EXECUTION).await.unwrap_err()
    });
    assert_eq!(error.to_string(), "GetPipelineExecution is unavailable (no reply in time)");
}
