//! Writes a plan, one format per file.

mod aws_cli;
mod aws_cli_functions;
mod cloudformation;
mod documents;
mod file;
mod hcl;
mod label;
mod terraform;

pub use file::{File, RenderError, as_one_object};

use crate::plan::Plan;
use crate::settings::Format;

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
