//! The gate over the wire: the AWS SDK talks to a CodePipeline that is a table of replies.

use std::sync::{Arc, Mutex};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use facts::aws::Reader;
use facts::{CallError, Floor, Roles};
use jiff::Timestamp;
use job::aws::JobWorker;
use job::{Budget, Event};
use lambda::aws::sdk;
use lambda::{Found, Journal, Ports, Proofs, handle};
use names::{KmsKeyArn, S3Uri};
use proof::Sha256;
use serde_json::{Value, json};

pub(crate) const SECRET: &str = "wJalrXUtnFEMI/K7MDENG/bPxRfiCYEXAMPLEKEY";

/// The reply of an operation.
#[derive(Clone, Debug)]
pub(crate) struct Reply {
    pub(crate) operation: &'static str,
    pub(crate) status: u16,
    pub(crate) body: Vec<u8>,
}

/// What one invocation did.
pub(crate) struct Invocation {
    /// The operations that were called, and their requests.
    pub(crate) calls: Vec<(String, Value)>,
    /// Its journal.
    pub(crate) journal: String,
    /// Why it failed, if it did.
    pub(crate) error: Option<String>,
}

/// An operation with several replies gives them one after the other, and then repeats the last.
#[derive(Clone, Debug)]
struct Service {
    replies: Arc<Vec<Reply>>,
    calls: Arc<Mutex<Vec<(String, Value)>>>,
}

impl HttpConnector for Service {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let target = request.headers().get("x-amz-target").unwrap_or_default();
        let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
        let mut calls = self.calls.lock().unwrap();
        let before = calls.iter().filter(|(called, _)| *called == operation).count();
        let of_operation = || self.replies.iter().filter(|reply| reply.operation == operation);
        let reply = of_operation().nth(before).or_else(|| of_operation().next_back());
        let (status, body) =
            reply.map_or((200, b"{}".to_vec()), |reply| (reply.status, reply.body.clone()));
        let sent =
            serde_json::from_slice(request.body().bytes().unwrap_or_default()).unwrap_or_default();
        calls.push((operation, sent));
        HttpConnectorFuture::ready(Ok(HttpResponse::new(
            status.try_into().unwrap(),
            SdkBody::from(body),
        )))
    }
}

impl HttpClient for Service {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

pub(crate) fn event() -> Value {
    json!({"CodePipeline.job": {"id": "11111111-abcd-1111-abcd-111111abcdef", "accountId": "111122223333", "data": {
        "actionConfiguration": {"configuration": {"FunctionName": "gate", "UserParameters": "{\"quorum\": 2}"}},
        "inputArtifacts": [], "outputArtifacts": [],
        "artifactCredentials": {"accessKeyId": "AKIAIOSFODNN7EXAMPLE", "secretAccessKey": SECRET, "sessionToken": "token"}
    }}})
}

/// An IAM without roles.
struct NoRoles;

impl Roles for NoRoles {
    async fn role_arn(&self, _: &str) -> Result<Option<String>, CallError> {
        Ok(None)
    }
}

/// Neither S3 nor KMS: no rule here demands a proof.
struct NoProofs;

impl Proofs for NoProofs {
    async fn artifact(&self, place: &S3Uri, _: u64) -> Result<Found, CallError> {
        panic!("{place} was read")
    }

    async fn sign(&self, key: &KmsKeyArn, _: &Sha256) -> Result<Vec<u8>, CallError> {
        panic!("{key} was used")
    }

    async fn store(&self, place: &S3Uri, _: &str) -> Result<(), CallError> {
        panic!("{place} was written")
    }
}

/// Runs one invocation of a gate with this rule in its environment, within a time limit.
pub(crate) fn invoke_under(
    rule: &str,
    time: Duration,
    event: &str,
    replies: Vec<Reply>,
) -> Invocation {
    let service = Service { replies: Arc::new(replies), calls: Arc::default() };
    let config = sdk::Config::builder()
        .behavior_version(sdk::config::BehaviorVersion::latest())
        .region(sdk::config::Region::from_static("us-east-1"))
        .http_client(service.clone())
        .allow_no_auth()
        .retry_config(sdk::config::retry::RetryConfig::disabled())
        .timeout_config(sdk::config::timeout::TimeoutConfig::disabled())
        .build();
    let client = sdk::Client::from_conf(config);
    let (worker, reader) = (JobWorker::from(client.clone()), Reader::from(client));
    let now: Timestamp = "2026-11-22T10:02:00Z".parse().unwrap();
    let runtime = tokio::runtime::Builder::new_current_thread()
        .enable_time()
        .start_paused(true)
        .build()
        .unwrap();
    let mut journal = Vec::new();
    let result = runtime.block_on(async {
        let job = serde_json::from_str::<Event>(event).map_err(|error| error.to_string())?;
        let invocation = job::Invocation {
            job: job.into_job().map_err(|error| error.to_string())?,
            function_arn: "arn:aws:lambda:us-east-1:111122223333:function:gate".to_owned(),
        };
        let floor = Floor::from_json(rule);
        let budget = Budget::until(time);
        handle(
            &Ports { jobs: &worker, codepipeline: &reader, roles: &NoRoles, proofs: &NoProofs },
            &floor,
            &invocation,
            budget,
            now,
            &mut Journal::new(&mut journal),
        )
        .await
        .map_err(|error| error.to_string())
    });
    let calls = service.calls.lock().unwrap().clone();
    Invocation { calls, journal: String::from_utf8(journal).unwrap(), error: result.err() }
}

/// The replies, all of them successful.
pub(crate) fn well(replies: Vec<(&'static str, Value)>) -> Vec<Reply> {
    let reply = |(operation, body): (&'static str, Value)| Reply {
        operation,
        status: 200,
        body: body.to_string().into_bytes(),
    };
    replies.into_iter().map(reply).collect()
}
