//! The resource of each operation.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for AWS CodePipeline",
//! and CodePipeline User Guide, "CodePipeline permissions reference". Each operation needs the
//! action of the same name. The second page says that `ListPipelines` needs
//! `arn:aws:codepipeline:REGION:ACCOUNT:*`, and so do AWS's refusals.

use serde_json::Value;

use crate::engine::{ApiError, ErrorCode, Settings};
use crate::operation::Operation;

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// `PIPELINE`, with a JSON pointer to its name in the input.
    Pipeline(&'static str),
    /// `PIPELINE/STAGE`.
    Stage,
    /// `PIPELINE/STAGE/ACTION`.
    Action,
    /// Every pipeline of the account and the region.
    Pipelines,
    /// No resource: only `*` allows the operation.
    None,
}

/// The resource of a call.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// The resource with this ARN.
    Arn(String),
    /// A role. The messages of IAM name it without its ARN.
    Role {
        /// Its ARN.
        arn: String,
        /// Its name.
        name: String,
    },
    /// No resource that policies can name.
    None,
}

impl Resource {
    /// The text that a resource in a policy must match.
    pub(super) fn matched(&self) -> &str {
        match self {
            Self::Arn(arn) | Self::Role { arn, .. } => arn,
            Self::None => "*",
        }
    }
}

impl Level {
    /// JSON pointers to its names in the input.
    fn names(&self) -> &[&'static str] {
        match self {
            Self::Pipeline(pointer) => std::slice::from_ref(pointer),
            Self::Stage => &["/pipelineName", "/stageName"],
            Self::Action => &["/pipelineName", "/stageName", "/actionName"],
            Self::Pipelines | Self::None => &[],
        }
    }
}

fn level(operation: Operation) -> Level {
    match operation {
        Operation::CreatePipeline | Operation::UpdatePipeline => Level::Pipeline("/pipeline/name"),
        Operation::DeletePipeline
        | Operation::GetPipeline
        | Operation::GetPipelineState
        | Operation::StartPipelineExecution => Level::Pipeline("/name"),
        Operation::GetPipelineExecution
        | Operation::ListActionExecutions
        | Operation::ListPipelineExecutions
        | Operation::StopPipelineExecution => Level::Pipeline("/pipelineName"),
        Operation::RetryStageExecution | Operation::RollbackStage => Level::Stage,
        Operation::PutApprovalResult => Level::Action,
        Operation::ListPipelines => Level::Pipelines,
        Operation::GetJobDetails
        | Operation::PutJobFailureResult
        | Operation::PutJobSuccessResult => Level::None,
    }
}

/// The resource of an operation with an input that the model has accepted.
///
/// # Errors
/// `InternalFailure` if a name is missing in the input.
pub(super) fn resource(
    operation: Operation,
    input: &Value,
    settings: &Settings,
) -> Result<Resource, ApiError> {
    let level = level(operation);
    match level {
        Level::Pipelines => return Ok(Resource::Arn(settings.pipeline_arn("*"))),
        Level::None => return Ok(Resource::None),
        Level::Pipeline(_) | Level::Stage | Level::Action => {}
    }
    let names = level.names().iter();
    let names = names.map(|pointer| input.pointer(pointer)?.as_str());
    let names: Option<Vec<&str>> = names.collect();
    let missing = || {
        ErrorCode::Internal
            .because(format!("the input of {} names no resource", operation.as_str()))
    };
    let names = names.ok_or_else(missing)?.join("/");
    Ok(Resource::Arn(settings.pipeline_arn(&names)))
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::*;
    use crate::api::Model;

    fn settings() -> Settings {
        Settings {
            partition: "aws-cn".to_owned(),
            region: "cn-north-1".to_owned(),
            account_id: "111122223333".to_owned(),
            bare_job_details: false,
        }
    }

    #[test]
    fn every_operation_has_its_resource() {
        let input = json!({
            "name": "payments", "pipelineName": "payments", "stageName": "Release", "actionName": "ApprovalA",
            "pipeline": {"name": "payments"},
        });
        let arn = |name: &str| format!("arn:aws-cn:codepipeline:cn-north-1:111122223333:{name}");
        let pipeline = arn("payments");
        let rows = [
            ("CreatePipeline", pipeline.as_str()),
            ("DeletePipeline", &pipeline),
            ("GetJobDetails", "*"),
            ("GetPipeline", &pipeline),
            ("GetPipelineExecution", &pipeline),
            ("GetPipelineState", &pipeline),
            ("ListActionExecutions", &pipeline),
            ("ListPipelineExecutions", &pipeline),
            ("ListPipelines", &arn("*")),
            ("PutApprovalResult", &arn("payments/Release/ApprovalA")),
            ("PutJobFailureResult", "*"),
            ("PutJobSuccessResult", "*"),
            ("RetryStageExecution", &arn("payments/Release")),
            ("RollbackStage", &arn("payments/Release")),
            ("StartPipelineExecution", &pipeline),
            ("StopPipelineExecution", &pipeline),
            ("UpdatePipeline", &pipeline),
        ];
        for (operation, expected) in rows {
            let operation = Operation::from_name(operation).unwrap();
            let found = resource(operation, &input, &settings()).unwrap();
            assert_eq!(found.matched(), expected, "{operation:?}");
        }
        let served = Operation::ALL.iter().map(|operation| operation.as_str());
        assert!(served.eq(rows.iter().map(|(operation, _)| *operation)));
        let nameless = resource(Operation::GetPipeline, &json!({}), &settings());
        assert_eq!(nameless.unwrap_err().code, ErrorCode::Internal);
    }

    /// Otherwise an ARN could have a missing name in it, or a name with a slash.
    #[test]
    fn the_names_are_required_and_plain() {
        let model = Model::load().unwrap();
        for (operation, shapes) in &model.operations {
            for pointer in level(Operation::from_name(operation).unwrap()).names() {
                let mut shape = &model.shapes[&shapes.input];
                for member in pointer.split('/').skip(1) {
                    assert!(
                        shape.required.contains(&member.to_owned()),
                        "{operation}: {member} is not required"
                    );
                    shape = &model.shapes[&shape.members[member]];
                }
                let pattern = shape.pattern.as_ref().unwrap();
                assert!(pattern.matches("payments") && !pattern.matches("a/b"), "{operation}");
            }
        }
    }
}
