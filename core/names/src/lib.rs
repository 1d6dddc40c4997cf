//! How AWS names things, and how to print text that others chose and errors with their causes.
//!
//! This crate is the only reader of AWS's names. [`Arn`] borrows its fields. The other types own a
//! text that passed a check, so a value is always well formed. [`FunctionRef`] reads every way to
//! refer to a Lambda function, and [`FunctionRef::matches`] is the only comparison.
//!
//! "API model" means the service description that the AWS SDKs are generated from, for example
//! `codepipeline/2015-07-09/service-2.json`.

mod account;
mod arn;
mod checked;
mod forge;
mod function;
mod iam_name;
mod kms;
mod object;
mod partition;
mod pipeline;
mod s3;
#[cfg(feature = "schema")]
mod schema;
mod shown;
mod unanswered;
mod with_sources;

pub use account::{AccountGlob, AccountId};
pub use arn::Arn;
pub use checked::NameError;
pub use forge::{Forge, ForgeUser};
pub use function::{FunctionName, FunctionRef, FunctionRefError, Versions};
pub use iam_name::{is_iam_name, is_iam_name_char};
pub use kms::KmsKeyArn;
pub use object::Object;
pub use partition::{Partition, Region, RegionGlob, is_partition, is_region_char};
pub use pipeline::{
    ActionGlob, ActionName, ExecutionId, PipelineGlob, PipelineName, StageGlob, StageName,
    is_pipeline_name_char,
};
pub use s3::S3Uri;
#[cfg(feature = "schema")]
pub use schema::region_pattern;
pub use shown::shown;
pub use unanswered::{Unanswered, credentials_advice};
pub use with_sources::with_sources;

#[doc(hidden)]
#[cfg(feature = "schema")]
pub use schemars;
#[doc(hidden)]
pub use serde;
