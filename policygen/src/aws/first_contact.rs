//! The first contact with each host: if nothing answers, the SDK's patience is not worth waiting
//! for. It is for services that are busy, and takes minutes.

use std::collections::HashMap;
use std::sync::{Arc, Mutex, PoisonError};
use std::time::Duration;

use aws_smithy_runtime_api::client::http::{
    HttpClient, HttpConnector, HttpConnectorFuture, HttpConnectorSettings, SharedHttpClient,
    SharedHttpConnector,
};
use aws_smithy_runtime_api::client::orchestrator::HttpRequest;
use aws_smithy_runtime_api::client::result::ConnectorError;
use aws_smithy_runtime_api::client::runtime_components::RuntimeComponents;
use tokio::time::{Instant, timeout_at};

/// How long a host that never answered may take, over all tries.
const PATIENCE: Duration = Duration::from_secs(8);

/// After this many failures, a host that never answered is not tried again.
const TRIES: usize = 2;

/// An HTTP client that gives up soon on hosts that never answered.
#[derive(Clone, Debug)]
pub(super) struct FirstContact {
    client: SharedHttpClient,
    hosts: Arc<Mutex<HashMap<String, Host>>>,
}

#[derive(Clone, Copy, Debug)]
struct Host {
    has_answered: bool,
    failures: usize,
    until: Instant,
}

impl FirstContact {
    pub(super) fn new(client: SharedHttpClient) -> Self {
        Self { client, hosts: Arc::default() }
    }
}

impl HttpClient for FirstContact {
    fn http_connector(
        &self,
        settings: &HttpConnectorSettings,
        components: &RuntimeComponents,
    ) -> SharedHttpConnector {
        let connector = self.client.http_connector(settings, components);
        SharedHttpConnector::new(Connector { connector, hosts: Arc::clone(&self.hosts) })
    }
}

#[derive(Debug)]
struct Connector {
    connector: SharedHttpConnector,
    hosts: Arc<Mutex<HashMap<String, Host>>>,
}

impl HttpConnector for Connector {
    fn call(&self, request: HttpRequest) -> HttpConnectorFuture {
        let hosts = Arc::clone(&self.hosts);
        let name = host_of(request.uri()).to_owned();
        let answer = self.connector.call(request);
        HttpConnectorFuture::new(async move {
            let host = with(&hosts, &name, |host| *host);
            if host.has_answered {
                return answer.await;
            }
            match timeout_at(host.until, answer).await {
                Ok(Ok(answer)) => {
                    with(&hosts, &name, |host| host.has_answered = true);
                    Ok(answer)
                }
                Ok(Err(error)) => {
                    let failures = with(&hosts, &name, |host| {
                        host.failures += 1;
                        host.failures
                    });
                    Err(if failures < TRIES { error } else { last(error) })
                }
                Err(late) => Err(last(ConnectorError::timeout(late.into()))),
            }
        })
    }
}

/// The scheme and host of an address.
fn host_of(uri: &str) -> &str {
    let start = uri.find("://").map_or(0, |at| at + "://".len());
    let length = uri.get(start..).and_then(|rest| rest.find('/'));
    length.and_then(|length| uri.get(..start + length)).unwrap_or(uri)
}

fn with<T>(
    hosts: &Mutex<HashMap<String, Host>>,
    name: &str,
    change: impl FnOnce(&mut Host) -> T,
) -> T {
    let mut hosts = hosts.lock().unwrap_or_else(PoisonError::into_inner);
    let unknown = || Host { has_answered: false, failures: 0, until: Instant::now() + PATIENCE };
    change(hosts.entry(name.to_owned()).or_insert_with(unknown))
}

/// The same error as one that the SDK does not try again.
fn last(error: ConnectorError) -> ConnectorError {
    ConnectorError::other(error.into(), None)
}
