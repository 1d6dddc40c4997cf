//! How a plan is written, one format a file.

mod aws_cli;
mod cloudformation;
mod documents;
mod hcl;
mod label;
mod terraform;

use super::plan::Plan;
use super::settings::Format;

/// A file, before it is written.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct File {
    pub name: String,
    pub text: String,
    /// Whether it is a program.
    pub executable: bool,
}

impl File {
    pub fn new(name: impl Into<String>, text: String) -> Self {
        Self { name: name.into(), text, executable: false }
    }
}

/// Why a plan cannot be written.
#[derive(Debug, thiserror::Error)]
pub enum RenderError {
    #[error("a document could not be written as JSON")]
    Json(#[from] serde_json::Error),
    #[error("the template could not be written as YAML")]
    Yaml(#[from] serde_saphyr::ser::Error),
    #[error("a document could not be quoted for the shell")]
    Quote(#[from] shlex::QuoteError),
}

pub(crate) fn render(plan: &Plan, format: Format) -> Result<Vec<File>, RenderError> {
    Ok(match format {
        Format::Json => documents::render(plan)?,
        Format::Cloudformation => vec![File::new("template.yaml", cloudformation::render(plan)?)],
        Format::Terraform => vec![File::new("main.tf", terraform::native(plan)?)],
        Format::TerraformJson => vec![File::new("main.tf.json", terraform::json(plan)?)],
        Format::AwsCli => {
            vec![File { executable: true, ..File::new("create.sh", aws_cli::render(plan)?) }]
        }
    })
}
