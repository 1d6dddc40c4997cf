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

/// The kind of a file with pipelines.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Kind {
    /// What the API gives: the declaration of one pipeline, as JSON with its keys in the written
    /// order.
    Declaration(String),
    /// A template of CloudFormation.
    CloudFormation,
    /// A plan or a state of Terraform.
    Terraform,
}

/// Says what kind of file a text is.
///
/// # Errors
/// [`ReadError`] if it is in none of the forms.
pub fn kind(text: &str) -> Result<Kind, ReadError> {
    let document = document(text)?;
    if cloudformation::is_template(&document) {
        return Ok(Kind::CloudFormation);
    }
    if terraform::is_plan_or_state(&document) {
        return Ok(Kind::Terraform);
    }
    let declaration = serde_json::to_string(declaration(&document)?);
    declaration.map(Kind::Declaration).map_err(|_| ReadError::NotAPipeline)
}

fn document(text: &str) -> Result<Node, ReadError> {
    match Node::parse(text) {
        Err(_) if terraform::is_configuration(text) => Err(ReadError::Configuration),
        Ok(document) if document.scalar().is_some() && terraform::is_configuration(text) => {
            Err(ReadError::Configuration)
        }
        document => Ok(document?),
    }
}

/// The declaration in what the API gives, with and without `--query pipeline`.
fn declaration(document: &Node) -> Result<&Node, ReadError> {
    let pipeline = document.get("pipeline").unwrap_or(document);
    match (pipeline.get("name"), pipeline.get("stages")) {
        (Some(_), Some(_)) => Ok(pipeline),
        _ => Err(ReadError::NotAPipeline),
    }
}

/// Reads all pipelines of a file. A template can have none.
///
/// # Errors
/// [`ReadError`] if the file is in none of the forms, or a pipeline in it is not one.
pub fn read(text: &str, values: &Values) -> Result<Vec<Declared>, ReadError> {
    let document = document(text)?;
    // What `aws cloudformation get-template` prints.
    let template = document.get("TemplateBody").unwrap_or(&document);
    if let Some(body) = template.scalar().filter(|_| document.is_map()) {
        let mut declared = read(&body.text, values)?;
        // The lines of the text are not those of the file.
        let variants = declared.iter_mut().flat_map(|declared| &mut declared.variants);
        variants.for_each(|variant| variant.pipeline.forget_lines());
        return Ok(declared);
    }
    if cloudformation::is_template(template) {
        return cloudformation::read(template, values);
    }
    if terraform::is_plan_or_state(&document) {
        return terraform::read(&document);
    }
    let arn = document.at(&["metadata", "pipelineArn"]).and_then(Node::as_str).map(str::to_owned);
    let pipeline = declare::pipeline(declaration(&document)?, Form::Api)?;
    Ok(vec![Declared::certain(pipeline.named(arn)?)])
}
