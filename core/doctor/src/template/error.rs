//! Why a file has no pipelines to read.

use super::document::DocumentError;
use crate::pipeline::ArnError;

/// Why a file has no pipelines to read.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// Text that is neither JSON nor YAML.
    #[error(transparent)]
    Unreadable(#[from] DocumentError),
    /// JSON or YAML of something else.
    #[error(
        "it is neither what `aws codepipeline get-pipeline` prints (a `pipeline` with a `name` and \
         `stages`), nor a CloudFormation template, nor what `terraform show -json` prints"
    )]
    NotAPipeline,
    /// HCL.
    #[error(
        "it is a Terraform configuration; give what `terraform show -json PLAN` prints of its plan"
    )]
    Configuration,
    /// A pipeline that only CloudFormation itself can write out.
    #[error(
        "its `{0}` makes pipelines that only CloudFormation can write out; deploy the template, and \
         give what `aws cloudformation get-template --template-stage Processed` prints as \
         `TemplateBody`"
    )]
    Loop(String),
    /// A pipeline with a wrong value.
    #[error("its pipeline is not valid, at `{place}`{}", in_line(*.line))]
    Form {
        /// The path to the value.
        place: String,
        /// Its line, from 1. 0 if that is unknown.
        line: usize,
        /// What is wrong with it.
        source: serde_json::Error,
    },
    /// An ARN of something else.
    #[error(transparent)]
    Arn(#[from] ArnError),
}

fn in_line(line: usize) -> String {
    match line {
        0 => String::new(),
        line => format!(" in line {line}"),
    }
}
