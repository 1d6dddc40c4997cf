//! AWS, through its SDK. Only this folder names the SDK, with one file per service.

mod codepipeline;
mod lambda;
mod live;
mod relay;
mod sns;
mod sts;
mod ways;

use std::collections::BTreeMap;

use aws_config::{Region, SdkConfig};
use aws_sdk_codepipeline::config::Credentials;
use evidence::history::PipelineExecution;
use facts::aws::{Iam, Reader, Signed, config};
use facts::{CallError, Operation};
use names::FunctionRef;
use signing::Answer;

use crate::open::OpenRun;
use crate::pipeline::Pipeline;
use crate::port::{Aws, Execution, Listed, Page, Run};

pub(crate) use facts::aws::SecretArn;
pub(crate) use live::{Live, RoleArn};
pub(crate) use relay::{DoorArn, LiveRelay};
pub(crate) use sns::TopicArn;
pub(crate) use ways::LiveWays;

/// How to reach AWS. If a member is `None`, the SDK's usual chain decides: environment, shared
/// files, IAM Identity Center, instance role.
#[derive(Clone, Debug, Default, clap::Args)]
#[command(next_help_heading = "AWS access")]
pub(crate) struct Connection {
    /// A profile of your AWS configuration
    #[arg(long, value_name = "NAME", global = true)]
    profile: Option<String>,
    /// The region of the pipelines [default: that of your AWS configuration]
    #[arg(long, value_name = "REGION", global = true)]
    region: Option<names::Region>,
    /// Another address for the requests, such as the emulator's
    #[arg(long, value_name = "URL", global = true)]
    endpoint_url: Option<String>,
}

/// No region is configured.
#[derive(Debug, thiserror::Error)]
#[error("no region is configured; give --region")]
pub(crate) struct NoRegion;

/// A connection to AWS.
#[derive(Clone, Debug)]
pub(crate) struct Client {
    region: String,
    codepipeline: aws_sdk_codepipeline::Client,
    sts: aws_sdk_sts::Client,
    lambda: Signed,
}

/// The connection, and the two ports through which an execution is read.
#[derive(Clone, Debug)]
pub(crate) struct Connected {
    pub(crate) aws: Client,
    pub(crate) reader: Reader,
    pub(crate) iam: Iam,
}

impl Connection {
    /// Looks up credentials and region. It does not send a request to a service.
    ///
    /// # Errors
    /// [`NoRegion`] if nothing says which region.
    pub(crate) async fn open(&self) -> Result<Connected, NoRegion> {
        Connected::of(&self.config().await?)
    }

    async fn config(&self) -> Result<SdkConfig, NoRegion> {
        let mut loader = config();
        if let Some(profile) = &self.profile {
            loader = loader.profile_name(profile);
        }
        if let Some(url) = &self.endpoint_url {
            loader = loader.endpoint_url(url);
        }
        if let Some(region) = &self.region {
            loader = loader.region(Region::new(region.as_str().to_owned()));
        }
        let config = loader.load().await;
        region_of(&config)?;
        Ok(config)
    }
}

fn region_of(config: &SdkConfig) -> Result<String, NoRegion> {
    Ok(config.region().ok_or(NoRegion)?.as_ref().to_owned())
}

impl Connected {
    /// A connection as the SDK is configured.
    ///
    /// # Errors
    /// [`NoRegion`] if it is not configured for a region.
    pub(crate) fn of(config: &SdkConfig) -> Result<Self, NoRegion> {
        Ok(Self::with(config, region_of(config)?))
    }

    /// A connection to one address on this machine, which knows callers by their access key ids.
    pub(crate) async fn to(endpoint: &str, region: &names::Region, key_id: &str) -> Self {
        let keys = Credentials::new(key_id, "not-checked", None, None, "desk");
        let region = region.as_str().to_owned();
        let loader = config().endpoint_url(endpoint).region(Region::new(region.clone()));
        Self::with(&loader.credentials_provider(keys).load().await, region)
    }

    fn with(config: &SdkConfig, region: String) -> Self {
        let codepipeline = aws_sdk_codepipeline::Client::new(config);
        Self {
            reader: Reader::from(codepipeline.clone()),
            iam: Iam::new(config),
            aws: Client {
                codepipeline,
                sts: aws_sdk_sts::Client::new(config),
                lambda: Signed::in_region(config, "lambda", &region),
                region,
            },
        }
    }
}

impl Client {
    /// The region of the requests.
    pub(crate) fn region(&self) -> &str {
        &self.region
    }
}

impl Aws for Client {
    async fn caller(&self) -> Result<String, CallError> {
        sts::caller(&self.sts).await
    }

    async fn pipelines(&self, token: Option<&str>) -> Result<Page<Listed>, CallError> {
        codepipeline::pipelines(&self.codepipeline, token).await
    }

    async fn pipeline(&self, name: &str) -> Result<Pipeline, CallError> {
        codepipeline::pipeline(&self.codepipeline, name).await
    }

    async fn runs(&self, pipeline: &str, token: Option<&str>) -> Result<Page<Run>, CallError> {
        codepipeline::runs(&self.codepipeline, pipeline, token).await
    }

    async fn execution(&self, pipeline: &str, execution_id: &str) -> Result<Execution, CallError> {
        codepipeline::execution(&self.codepipeline, pipeline, execution_id).await
    }

    async fn past(&self, pipeline: &str, count: i32) -> Result<Vec<PipelineExecution>, CallError> {
        codepipeline::past(&self.codepipeline, pipeline, count).await
    }

    async fn answer(
        &self,
        pipeline: &str,
        approval: &OpenRun,
        answer: Answer,
        comment: &str,
    ) -> Result<(), CallError> {
        codepipeline::answer(&self.codepipeline, pipeline, approval, answer, comment).await
    }

    async fn environment(
        &self,
        function: &FunctionRef,
    ) -> Result<Option<BTreeMap<String, String>>, CallError> {
        lambda::environment(&self.lambda, function).await
    }
}

/// The error for a reply that lacks a member which the API model requires.
fn missing(operation: Operation, problem: &'static str) -> CallError {
    CallError::Malformed { operation, problem }
}
