//! The declaration of a pipeline to create.

use lambda::aws::sdk;
use sdk::error::BuildError;
use sdk::types::{
    ActionCategory, ActionDeclaration, ActionOwner, ActionTypeId, OutputArtifact,
    PipelineDeclaration, StageDeclaration,
};

/// An action of a pipeline to create.
#[derive(Clone, Copy, Debug)]
pub struct Action {
    /// Its name.
    pub name: &'static str,
    /// Its kind.
    pub kind: Kind,
    /// Actions with the same run order run in parallel, lower ones first.
    pub run_order: i32,
}

/// The kinds of actions in the demo.
#[derive(Clone, Copy, Debug)]
pub enum Kind {
    /// A source on S3.
    Source,
    /// A manual approval.
    Approval,
    /// The gate, with these UserParameters.
    Gate(Option<&'static str>),
    /// A deployment.
    Deploy,
}

pub(super) fn pipeline(
    name: &str,
    stages: &[(&str, &[Action])],
) -> Result<PipelineDeclaration, BuildError> {
    let mut pipeline = PipelineDeclaration::builder()
        .name(name)
        .role_arn("arn:aws:iam::111122223333:role/pipeline");
    for (stage, actions) in stages {
        let mut stage = StageDeclaration::builder().name(*stage);
        for action in *actions {
            stage = stage.actions(declare(action)?);
        }
        pipeline = pipeline.stages(stage.build()?);
    }
    pipeline.build()
}

fn declare(action: &Action) -> Result<ActionDeclaration, BuildError> {
    let (category, provider) = match action.kind {
        Kind::Source => (ActionCategory::Source, "S3"),
        Kind::Approval => (ActionCategory::Approval, "Manual"),
        Kind::Gate(_) => (ActionCategory::Invoke, "Lambda"),
        Kind::Deploy => (ActionCategory::Deploy, "CloudFormation"),
    };
    let configuration = match action.kind {
        Kind::Gate(parameters) => {
            let function = [("FunctionName".to_owned(), "two-person-rule-gate".to_owned())];
            let parameters = parameters.map(|text| ("UserParameters".to_owned(), text.to_owned()));
            Some(function.into_iter().chain(parameters).collect())
        }
        Kind::Source | Kind::Approval | Kind::Deploy => None,
    };
    let type_id = ActionTypeId::builder()
        .category(category)
        .owner(ActionOwner::Aws)
        .provider(provider)
        .version("1")
        .build()?;
    let output = match action.kind {
        Kind::Source => Some(OutputArtifact::builder().name("App").build()?),
        Kind::Approval | Kind::Gate(_) | Kind::Deploy => None,
    };
    ActionDeclaration::builder()
        .name(action.name)
        .action_type_id(type_id)
        .run_order(action.run_order)
        .set_configuration(configuration)
        .set_output_artifacts(output.map(|artifact| vec![artifact]))
        .build()
}
