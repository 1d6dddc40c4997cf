//! The ports over the AWS SDK, and the forges with their tokens. Only this file names the SDK.

use facts::aws::sdk::Client;
use facts::aws::{Reader, Secret};
use facts::{Budget, Operation};
use job::aws::JobWorker;

use crate::consensus::Consensus;
use crate::forge::{Forge as _, GitHub, Range};
use crate::forges::{Forges, Unasked};
use crate::settings::{Api, Settings};
use crate::source::Host;

/// Forges whose tokens are in Secrets Manager. A token is read for each invocation, so that a new
/// one takes effect at once, and is kept nowhere.
#[derive(Clone, Debug)]
pub(crate) struct LiveForges {
    github: Option<(Api, Secret)>,
}

/// Clients from the environment of the function: credentials, region and, if it is set,
/// `AWS_ENDPOINT_URL`. Without settings, there is no forge.
pub(crate) async fn from_environment(
    settings: Option<&Settings>,
) -> (JobWorker, Reader, LiveForges) {
    let config = facts::aws::config().load().await;
    let client = Client::new(&config);
    let github = settings.and_then(|settings| settings.github.clone());
    let github = github.map(|api| {
        let secret = Secret::new(&config, &api.token);
        (api, secret)
    });
    (JobWorker::from(client.clone()), Reader::from(client), LiveForges { github })
}

impl Forges for LiveForges {
    async fn consensus(
        &self,
        host: Host,
        range: &Range,
        budget: Budget,
    ) -> Result<Consensus, Unasked> {
        let (Api { api, .. }, secret) = self.github.as_ref().ok_or_else(|| {
            Unasked::Settings(format!(
                "{} comes from GitHub, and `FORGES` has no `github`",
                range.repository
            ))
        })?;
        is_at(host, api, &range.repository)?;
        let call = || secret.text();
        let token = budget.call(Operation::GET_SECRET_VALUE, call).await.map_err(Unasked::Aws)?;
        let github = GitHub::new(api, token.trim(), budget.until()).map_err(Unasked::Forge)?;
        github.consensus(range).await.map_err(Unasked::Forge)
    }
}

/// Checks that the forge of a source is the one at this address. Two forges may each have a
/// repository of one name, with other owners.
fn is_at(host: Host, api: &str, repository: &str) -> Result<(), Unasked> {
    let is_public = api == GitHub::API;
    let is_here = api.starts_with("http://");
    match host {
        Host::GitHub if is_public || is_here => Ok(()),
        Host::GitHub => Err(Unasked::Settings(format!(
            "{repository} comes from github.com, and `FORGES` has the address of another GitHub"
        ))),
        Host::GitHubServer if is_public => Err(Unasked::Settings(format!(
            "{repository} comes from an Enterprise Server, and `FORGES` has no address of one as \
             `github.api`"
        ))),
        Host::GitHubServer => Ok(()),
    }
}
