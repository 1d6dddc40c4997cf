//! Actions that change the pipeline itself.
//!
//! Nothing in a pipeline's structure says that an action does, except an update of the template's
//! own stack, and a command in a build of the same template. Otherwise names tell: the default
//! names of CDK Pipelines (`UpdatePipeline/SelfMutate`; AWS CDK API reference, `selfMutation`), and
//! stacks that are named after a pipeline.

use crate::pipeline::{Action, Stage};

/// Parts of the names of such actions, stages and projects, in lower case and without separators.
const MARKS: [&str; 5] =
    ["selfmutat", "selfupdat", "updatepipeline", "pipelineupdate", "mutatepipeline"];

/// What says that an action changes the pipeline.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Sign {
    /// It updates the stack that the template with this pipeline becomes.
    OwnStack,
    /// The build specification of its project runs `aws codepipeline update-pipeline`.
    Command,
    /// Its name, or that of its stage, project or stack.
    Name,
}

/// What says that an action changes the pipeline. `None` if nothing does.
pub fn sign(stage: &Stage, action: &Action) -> Option<Sign> {
    let configured = |key: &str| action.configuration.get(key).map(|value| plain(value));
    if action.kind().may_be_approval()
        || action.prepares()
        || action.action_type_id.category == "Source"
    {
        return None;
    }
    let stack = action.configuration.get("StackName").filter(|_| action.deploys());
    if stack.is_some_and(|stack| stack == "${AWS::StackName}") {
        return Some(Sign::OwnStack);
    }
    if action.updates_pipelines {
        return Some(Sign::Command);
    }
    let names = [Some(plain(&action.name)), Some(plain(&stage.name)), configured("ProjectName")];
    let marked = |name: &str| MARKS.iter().any(|mark| name.contains(mark));
    let is_named = names.iter().flatten().any(|name| marked(name))
        || stack.is_some_and(|stack| is_of_pipeline(&plain(stack)));
    is_named.then_some(Sign::Name)
}

/// Whether a stack is named after the pipeline that it has: `payments-pipeline`, `PipelineStack`. A
/// stack that is named after what a pipeline deploys is not: `codepipeline-demo-app`.
fn is_of_pipeline(stack: &str) -> bool {
    let name = stack.strip_suffix("stack").unwrap_or(stack);
    name.ends_with("pipeline") || name.ends_with("pipelines")
}

/// A name in lower case, without separators.
fn plain(name: &str) -> String {
    let letters = name.chars().filter(char::is_ascii_alphanumeric);
    letters.map(|c| c.to_ascii_lowercase()).collect()
}
