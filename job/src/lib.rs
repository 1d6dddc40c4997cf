//! One job of a CodePipeline action that invokes a Lambda function: what every such function of
//! ours needs, no matter what it then does.
//!
//! | file | purpose |
//! |---|---|
//! | `event` | the event that starts an invocation, without its credentials |
//! | `jobs` | what a function asks and reports about its own job, in our own types |
//! | `aws` | that port over the AWS SDK: the only file that names it |
//! | `ownership` | whether the job is ours, according to CodePipeline and not the event |
//! | `execution` | which pipeline execution the job belongs to |
//! | `budget` | the time of an invocation, of which some is kept for the report |
//! | `failure` | what is reported without a success |
//! | `program` | the words in which a function speaks of itself |
//! | `report` | exactly one result for the job |
//! | `function` | any Lambda function: the runtime and the log |
//! | `serve` | the function as a program, and `--version` |

pub mod aws;
mod budget;
mod event;
mod execution;
mod failure;
mod function;
mod jobs;
mod ownership;
mod program;
mod report;
mod serve;

pub use budget::Budget;
pub use event::{Event, EventError, Job};
pub use execution::OwnExecution;
pub use failure::{Failure, FailureKind};
pub use function::{Called, Failed, Function, serve};
pub use jobs::{
    Configuration, GET_JOB_DETAILS, InputArtifact, JobDetails, Jobs, PUT_JOB_FAILURE_RESULT,
    PUT_JOB_SUCCESS_RESULT, Reported, Success,
};
pub use ownership::{Disowned, own_parameters};
pub use program::Program;
pub use report::{InvocationError, report};
pub use serve::{Invocation, main};
