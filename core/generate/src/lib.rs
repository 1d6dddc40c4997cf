//! Generates IAM policies for approvers, drafts a rule for the gate, reports what a change of a
//! rule does, and explains how principals are counted.

mod advice;
mod approval;
pub mod explain;
mod gate;
mod guardrail_options;
mod guardrails;
mod mechanism;
mod members;
mod name;
mod node;
mod patch;
mod plan;
mod proving;
mod quota;
mod region;
mod render;
pub mod rule_changes;
pub mod rule_draft;
#[cfg(feature = "schema")]
mod schema;
mod settings;
mod signed_rule;
mod slot;
mod spec;
mod spec_error;
mod stage;
mod statement;
mod target;
mod topic;

#[cfg(test)]
mod tests;

pub use members::{MembersError, Place};
pub use patch::PatchError;
pub use plan::PlanError;
pub use render::{File, RenderError, as_one_object};
pub use settings::{Format, Settings};
pub use spec::Spec;
pub use spec_error::SpecError;

use findings::pretty;
use patch::patch;
use plan::Plan;
use signed_rule::SignedRule;
use spec::{Mechanism, WayIn};
use stage::{PipelineType, Stage};

/// The generated files, and what the user should know about them.
pub struct Generated {
    /// The files.
    pub files: Vec<File>,
    /// One sentence for each choice of the user that weakens the rule.
    pub warnings: Vec<String>,
    /// What the user still has to do.
    pub notes: Vec<String>,
}

/// Why nothing can be generated.
#[derive(Debug, thiserror::Error)]
pub enum GenerateError {
    /// A resource breaks a limit of AWS.
    #[error(transparent)]
    Plan(#[from] PlanError),
    /// A file cannot be written in its format.
    #[error(transparent)]
    Render(#[from] RenderError),
    /// The members have no meaning.
    #[error(transparent)]
    Members(#[from] MembersError),
    /// The pipeline cannot take the stage.
    #[error(transparent)]
    Patch(#[from] PatchError),
    /// JSON failed.
    #[error("a file could not be written as JSON")]
    Unwritable(#[from] serde_json::Error),
}

/// Generates the files. `pipeline` is the content of the file that `--patch-pipeline` names. The
/// same input gives the same bytes.
///
/// # Errors
/// [`GenerateError`] if AWS would not accept a resource or the pipeline cannot take the stage.
pub fn generate(
    spec: &Spec,
    format: Format,
    pipeline: Option<&str>,
) -> Result<Generated, GenerateError> {
    let plan = plan_for(spec)?;
    let mut notes = plan.notes.clone();
    let mut files = render::render(&plan, format)?;
    if matches!(spec.mechanism, Mechanism::Signed(_) | Mechanism::Desk { .. }) {
        files.push(File::new(signed_rule::FILE, pretty(&SignedRule::new(spec))?));
    }
    if spec.stage_json {
        let stage = Stage::new(spec, PipelineType::V2);
        files.push(File::new("stage.json", pretty(&stage)?));
    }
    if let Some(json) = pipeline {
        let patched = patch(json, spec)?;
        notes.extend(patched.notes);
        files.push(File::new(patched.name, patched.text));
    }
    Ok(Generated { files, warnings: advice::warnings(spec), notes })
}

/// What the user does with the files.
pub fn next_step(format: Format) -> &'static str {
    match format {
        Format::Json => {
            "create a policy in IAM for each `.policy.json`, and a group or role for each slot; \
             `--format cloudformation`, `terraform` and `aws-cli` do it for you"
        }
        Format::Cloudformation => {
            "deploy `template.yaml` with `aws cloudformation deploy --template-file template.yaml \
             --capabilities CAPABILITY_NAMED_IAM --stack-name NAME`"
        }
        Format::Terraform | Format::TerraformJson => {
            "run `terraform init` and `terraform apply` in that directory"
        }
        Format::AwsCli => "run `create.sh`; it may be run again",
    }
}

fn plan_for(spec: &Spec) -> Result<Plan, GenerateError> {
    let mut plan = Plan::new(spec.prefix.to_string());
    let guardrails = match &spec.guardrails {
        Some(guardrails) => guardrails::add(&mut plan, spec, guardrails)?,
        None => Vec::new(),
    };
    match &spec.mechanism {
        Mechanism::Groups => mechanism::groups::add(&mut plan, spec, &guardrails)?,
        Mechanism::Tag => mechanism::tag::add(&mut plan, spec, &guardrails)?,
        Mechanism::Roles(WayIn::Role(trust)) => {
            mechanism::roles::add(&mut plan, spec, trust, &guardrails)?
        }
        Mechanism::Roles(WayIn::PermissionSet(instance)) => {
            mechanism::permission_sets::add(&mut plan, spec, instance, &guardrails)?
        }
        Mechanism::Signed(way_in) => {
            mechanism::signed::add(&mut plan, spec, way_in.as_ref(), &guardrails)?
        }
        Mechanism::Desk { way_in, .. } => {
            mechanism::desk::add(&mut plan, spec, way_in.as_ref(), &guardrails)?
        }
    }
    members::add(&mut plan, spec)?;
    if spec.gate {
        gate::add(&mut plan, spec)?;
    }
    Ok(plan)
}
