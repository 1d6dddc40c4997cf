//! Pipelines where they are written: what `aws codepipeline get-pipeline` prints, CloudFormation
//! templates, and plans and states of Terraform.
//!
//! Every form becomes the same [`Pipeline`]. A value that a template leaves open is named, never
//! guessed: see [`crate::pipeline::Undecided`].

mod cloudformation;
mod condition;
mod declare;
mod document;
mod error;
mod intrinsic;
mod terraform;
mod values;

use crate::pipeline::Pipeline;
use declare::Form;
use document::Node;

pub use document::DocumentError;
pub use error::ReadError;
pub use values::{NamedValue, Values, ValuesError};

/// A pipeline as a file declares it.
#[derive(Clone, Debug)]
pub struct Declared {
    /// The logical ID in a CloudFormation template or the address in Terraform.
    pub id: Option<String>,
    /// What it can become. There is one variant, unless the template has conditions that depend on
    /// values which are not given.
    pub variants: Vec<Variant>,
}

/// A pipeline under assumptions.
#[derive(Clone, Debug)]
pub struct Variant {
    /// The pipeline.
    pub pipeline: Pipeline,
    /// What is assumed, such as `${Stage} = prod` and `false`.
    pub assumed: Vec<(String, bool)>,
}

impl Declared {
    /// A pipeline that is what it is.
    #[must_use]
    pub fn certain(pipeline: Pipeline) -> Self {
        Self { id: None, variants: vec![Variant { pipeline, assumed: Vec::new() }] }
    }
}

/// Reads all pipelines of a file. A template can have none.
///
/// # Errors
/// [`ReadError`] if the file is in none of the forms, or a pipeline in it is not one.
pub fn read(text: &str, values: &Values) -> Result<Vec<Declared>, ReadError> {
    let document = match Node::parse(text) {
        Err(_) if terraform::is_configuration(text) => return Err(ReadError::Configuration),
        document => document?,
    };
    if cloudformation::is_template(&document) {
        return cloudformation::read(&document, values);
    }
    if terraform::is_plan_or_state(&document) {
        return terraform::read(&document);
    }
    if terraform::is_configuration(text) {
        return Err(ReadError::Configuration);
    }
    // With and without `--query pipeline`.
    let pipeline = document.get("pipeline").unwrap_or(&document);
    if pipeline.get("name").is_none() || pipeline.get("stages").is_none() {
        return Err(ReadError::NotAPipeline);
    }
    let arn = document.at(&["metadata", "pipelineArn"]).and_then(Node::as_str).map(str::to_owned);
    let pipeline = declare::pipeline(pipeline, Form::Api)?;
    Ok(vec![Declared::certain(pipeline.named(arn)?)])
}
