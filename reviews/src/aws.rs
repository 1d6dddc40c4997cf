//! The ports over the AWS SDK, and the forges with their tokens. Only this file names the SDK.

use facts::aws::sdk::Client;
use facts::aws::{Reader, Secret, Signed};
use facts::{Budget, Operation};
use job::aws::JobWorker;
use rule::Account;

use crate::consensus::Consensus;
use crate::forge::{CodeCommit, Forge as _, GitHub, GitLab};
use crate::forges::{Forges, Question, Unasked};
use crate::settings::{Api, Settings};
use crate::source::Host;

/// Forges whose tokens are in Secrets Manager. A token is read for each question, so that a new one
/// takes effect at once, and is kept nowhere.
#[derive(Clone, Debug)]
pub(crate) struct LiveForges {
    github: Option<(Api, Secret)>,
    gitlab: Option<(Api, Secret)>,
    codecommit: Option<Trail>,
}

/// CodeCommit, and CloudTrail, which knows who pushed there.
#[derive(Clone, Debug)]
struct Trail {
    codecommit: Signed,
    cloudtrail: Signed,
}

/// Clients from the environment of the function: credentials, region and, if it is set,
/// `AWS_ENDPOINT_URL`. Without settings, there is no forge.
pub(crate) fn from_environment(settings: Option<&Settings>) -> (JobWorker, Reader, LiveForges) {
    let config = facts::aws::from_environment();
    let client = Client::new(&config);
    let with_secret = |api: &Api| {
        let secret = Secret::new(&config, &api.token);
        (api.clone(), secret)
    };
    let region = config.region().map_or("", |region| region.as_ref());
    let trail = || Trail {
        codecommit: Signed::in_region(&config, "codecommit", region),
        cloudtrail: Signed::in_region(&config, "cloudtrail", region),
    };
    let forges = LiveForges {
        github: settings.and_then(|settings| settings.github.as_ref()).map(with_secret),
        gitlab: settings.and_then(|settings| settings.gitlab.as_ref()).map(with_secret),
        codecommit: settings.filter(|settings| settings.codecommit).map(|_| trail()),
    };
    (JobWorker::from(client.clone()), Reader::from(client), forges)
}

impl Forges for LiveForges {
    async fn consensus(
        &self,
        Question { host, range, rule, account, budget }: Question<'_>,
    ) -> Result<Consensus, Unasked> {
        let repository = &range.repository;
        let consensus = match host {
            Host::GitHub | Host::GitHubServer => {
                let is_public = host == Host::GitHub;
                let access = Access { forge: "GitHub", key: "github", public: GitHub::API };
                let (api, token) =
                    access.open(self.github.as_ref(), is_public, repository, budget).await?;
                let github = GitHub::new(&api, &token, budget.until()).map_err(Unasked::Forge)?;
                github.with_people_of(rule.clone()).consensus(range).await
            }
            Host::GitLab | Host::GitLabServer => {
                let is_public = host == Host::GitLab;
                let access = Access { forge: "GitLab", key: "gitlab", public: GitLab::API };
                let (api, token) =
                    access.open(self.gitlab.as_ref(), is_public, repository, budget).await?;
                let gitlab = GitLab::new(&api, &token, budget.until()).map_err(Unasked::Forge)?;
                gitlab.with_people_of(rule.clone()).consensus(range).await
            }
            Host::CodeCommit => {
                let Some(Trail { codecommit, cloudtrail }) = self.codecommit.clone() else {
                    return Err(Unasked::Settings(format!(
                        "{repository} comes from CodeCommit, and `FORGES` has no `codecommit`"
                    )));
                };
                let (rule, account) = (rule.clone(), Account::new(account));
                CodeCommit::new(codecommit, cloudtrail, rule, account, budget)
                    .consensus(range)
                    .await
            }
        };
        consensus.map_err(Unasked::Forge)
    }
}

/// How the settings give access to a forge.
#[derive(Clone, Copy)]
struct Access {
    forge: &'static str,
    /// Its key in `FORGES`.
    key: &'static str,
    /// The address of the public service's API.
    public: &'static str,
}

impl Access {
    /// The address of the API, and the token.
    ///
    /// Checks that the forge of the source is the one at this address: two forges may each have a
    /// repository of one name, with other owners.
    async fn open(
        self,
        configured: Option<&(Api, Secret)>,
        is_public: bool,
        repository: &str,
        budget: Budget,
    ) -> Result<(String, String), Unasked> {
        let Self { forge, key, public } = self;
        let wrong = |problem| Err(Unasked::Settings(problem));
        let Some((Api { api, .. }, secret)) = configured else {
            return wrong(format!("{repository} comes from {forge}, and `FORGES` has no `{key}`"));
        };
        let is_here = api.starts_with("http://");
        if !is_here && is_public != (api == public) {
            return wrong(match is_public {
                true => format!(
                    "{repository} comes from the public {forge}, and `{key}.api` in `FORGES` is \
                     another"
                ),
                false => format!(
                    "{repository} comes from a {forge} that is not the public one, and `{key}.api` \
                     in `FORGES` does not say where it is"
                ),
            });
        }
        let token = budget.call(Operation::GET_SECRET_VALUE, || secret.text()).await;
        let token = token.map_err(Unasked::Aws)?;
        Ok((api.clone(), token.trim().to_owned()))
    }
}
