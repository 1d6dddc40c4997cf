//! How AWS names things, and how we print names that we did not choose.
//!
//! Every name that comes from outside is read here and nowhere else: [`Arn`] borrows its fields;
//! the other types own a text that passed its check, so a value of the type is always well formed.
//! [`FunctionRef`] is the one reader of the ways to name a Lambda function, and
//! [`FunctionRef::matches`] the one comparison of two of them.
//!
//! "API model" means the service description that the AWS SDKs are generated from, for example
//! `codepipeline/2015-07-09/service-2.json`.

mod account;
mod arn;
mod checked;
mod function;
mod iam_name;
mod partition;
mod pipeline;
mod shown;

pub use account::{AccountGlob, AccountId};
pub use arn::Arn;
pub use checked::NameError;
pub use function::{FunctionName, FunctionRef, FunctionRefError, Versions};
pub use iam_name::{is_iam_name, is_iam_name_char};
pub use partition::{Partition, Region, RegionGlob, is_partition, is_region_char};
pub use pipeline::{
    ActionGlob, ActionName, PipelineGlob, PipelineName, StageGlob, StageName, is_pipeline_name_char,
};
pub use shown::shown;

#[doc(hidden)]
pub use serde;
