//! Which pipeline a saved list is of. The files of the archive say it, and the AWS CLI does not.

use names::Arn;
use serde::Deserialize;

/// The pipeline of a list.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Origin {
    /// Its ARN.
    pub arn: String,
    /// Its account.
    pub account: String,
    /// Its region.
    pub region: String,
    /// Its name.
    pub pipeline: String,
}

/// The member `pipelineArn` of a file is not the ARN of a pipeline.
#[derive(Debug, thiserror::Error)]
#[error("its `pipelineArn` is not the ARN of a pipeline; take the file from the archive again")]
pub struct OriginError;

impl Origin {
    /// The pipeline that a file names with `pipelineArn`. Returns `None` if the file names none, or
    /// is not JSON.
    ///
    /// # Errors
    /// [`OriginError`].
    pub fn of(json: &str) -> Result<Option<Self>, OriginError> {
        #[derive(Deserialize)]
        #[serde(rename_all = "camelCase")]
        struct File {
            pipeline_arn: Option<String>,
        }
        let Ok(File { pipeline_arn: Some(text) }) = serde_json::from_str(json) else {
            return Ok(None);
        };
        Self::from_arn(text).map(Some)
    }

    pub(super) fn from_arn(text: String) -> Result<Self, OriginError> {
        let arn = Arn::parse(&text).filter(|arn| arn.service == "codepipeline");
        let arn = arn.filter(|arn| arn.account_id().is_some()).ok_or(OriginError)?;
        Ok(Self {
            account: arn.account.to_owned(),
            region: arn.region.to_owned(),
            pipeline: arn.resource.to_owned(),
            arn: text,
        })
    }
}
