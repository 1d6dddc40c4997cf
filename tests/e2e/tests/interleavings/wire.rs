//! The AWS SDK of the gate and the desk, over the CodePipeline in this process. Requests and
//! replies take a while, so that others act in between.

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::{HttpRequest, HttpResponse};
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use aws_smithy_types::body::SdkBody;
use facts::aws::{SdkConfig, sdk};
use sdk::config::retry::RetryConfig;
use sdk::config::timeout::TimeoutConfig;
use sdk::config::{BehaviorVersion, Credentials, Region, SharedCredentialsProvider};
use serde_json::json;

use super::world::{Caller, World};

/// A caller's way to CodePipeline.
#[derive(Clone, Debug)]
struct Line {
    world: World,
    caller: Caller,
}

impl HttpConnector for Line {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let Self { world, caller } = self.clone();
        HttpConnectorFuture::new(async move {
            let target = request.headers().get("x-amz-target").unwrap_or_default();
            let operation = target.rsplit('.').next().unwrap_or_default().to_owned();
            let body = request.body().bytes().unwrap_or_default().to_vec();
            tokio::time::sleep(world.latency()).await;
            let reply = world.call(caller, &operation, &body);
            tokio::time::sleep(world.latency()).await;
            let (status, reply) = match reply {
                // An operation without an output.
                Ok(None) => (200, String::new()),
                Ok(Some(reply)) => (200, reply.to_string()),
                Err([code, message]) => {
                    (400, json!({"__type": code, "message": message}).to_string())
                }
            };
            let body = SdkBody::from(reply);
            Ok(HttpResponse::new(u16::try_into(status).unwrap(), body))
        })
    }
}

impl HttpClient for Line {
    fn http_connector(
        &self,
        _: &HttpConnectorSettings,
        _: &RuntimeComponents,
    ) -> SharedHttpConnector {
        SharedHttpConnector::new(self.clone())
    }
}

/// The SDK as this caller uses it.
pub(crate) fn config(world: &World, caller: Caller) -> SdkConfig {
    let keys = Credentials::new("key", "not-checked", None, None, "interleavings");
    SdkConfig::builder()
        .behavior_version(BehaviorVersion::latest())
        .region(Region::from_static("eu-west-1"))
        .credentials_provider(SharedCredentialsProvider::new(keys))
        .http_client(Line { world: world.clone(), caller })
        .retry_config(RetryConfig::disabled())
        .timeout_config(TimeoutConfig::disabled())
        .build()
}
