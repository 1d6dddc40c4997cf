//! What each operation is authorized on.
//!
//! Service Authorization Reference, "Actions, resources, and condition keys for AWS CodePipeline",
//! and CodePipeline User Guide, "CodePipeline permissions reference". Each operation needs the
//! action of its own name. Of the two tables the second says that `ListPipelines` is asked on
//! `arn:aws:codepipeline:REGION:ACCOUNT:*`, as AWS's refusals do.

use serde_json::Value;

use crate::engine::{ApiError, ErrorCode, Settings};

/// A kind of resource.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Level {
    /// `PIPELINE`, whose name this JSON pointer leads to.
    Pipeline(&'static str),
    /// `PIPELINE/STAGE`.
    Stage,
    /// `PIPELINE/STAGE/ACTION`.
    Action,
    /// Every pipeline of the account and the region.
    Pipelines,
    /// The operation has no resource: only `*` allows it.
    None,
}

/// What a call is about.
#[derive(Debug, PartialEq, Eq)]
pub(super) enum Resource {
    /// This.
    Arn(String),
    /// This role, which messages of IAM call by its name.
    Role {
        /// Its ARN.
        arn: String,
        /// Its name.
        name: String,
    },
    /// Nothing that policies can name.
    None,
}

impl Resource {
    /// What a policy's resource must match.
    pub(super) fn matched(&self) -> &str {
        match self {
            Self::Arn(arn) | Self::Role { arn, .. } => arn,
            Self::None => "*",
        }
    }
}

impl Level {
    /// Where in the input its names are.
    fn names(&self) -> &[&'static str] {
        match self {
            Self::Pipeline(pointer) => std::slice::from_ref(pointer),
            Self::Stage => &["/pipelineName", "/stageName"],
            Self::Action => &["/pipelineName", "/stageName", "/actionName"],
            Self::Pipelines | Self::None => &[],
        }
    }
}

fn level(operation: &str) -> Option<Level> {
    Some(match operation {
        "CreatePipeline" | "UpdatePipeline" => Level::Pipeline("/pipeline/name"),
        "DeletePipeline" | "GetPipeline" | "GetPipelineState" | "StartPipelineExecution" => {
            Level::Pipeline("/name")
        }
        "GetPipelineExecution"
        | "ListActionExecutions"
        | "ListPipelineExecutions"
        | "StopPipelineExecution" => Level::Pipeline("/pipelineName"),
        "RetryStageExecution" | "RollbackStage" => Level::Stage,
        "PutApprovalResult" => Level::Action,
        "ListPipelines" => Level::Pipelines,
        "GetJobDetails" | "PutJobFailureResult" | "PutJobSuccessResult" => Level::None,
        _ => return None,
    })
}

/// What an operation is authorized on, with an input that the model has accepted.
///
/// # Errors
/// `InternalFailure`, when this table lacks an operation that is served: never a call that nobody
/// has checked.
pub(super) fn of(
    operation: &str,
    input: &Value,
    settings: &Settings,
) -> Result<Resource, ApiError> {
    let unknown = || {
        ErrorCode::Internal.because(format!("it is not known what {operation} is authorized on"))
    };
    let level = level(operation).ok_or_else(unknown)?;
    match level {
        Level::Pipelines => return Ok(Resource::Arn(settings.pipeline_arn("*"))),
        Level::None => return Ok(Resource::None),
        Level::Pipeline(_) | Level::Stage | Level::Action => {}
    }
    let names = level.names().iter();
    let names = names.map(|pointer| input.pointer(pointer)?.as_str());
    let names: Option<Vec<&str>> = names.collect();
    let names = names.ok_or_else(unknown)?.join("/");
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
    fn every_operation_that_is_served_has_a_row() {
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
        for (operation, resource) in rows {
            let found = of(operation, &input, &settings()).unwrap();
            assert_eq!(found.matched(), resource, "{operation}");
        }
        let served = Model::load().unwrap().operations;
        assert!(served.keys().eq(rows.iter().map(|(operation, _)| operation)));
        assert_eq!(of("ListWebhooks", &input, &settings()).unwrap_err().code, ErrorCode::Internal);
    }

    /// Else an ARN could be made of a name that is not there, or of one with a slash in it.
    #[test]
    fn the_names_are_required_and_plain() {
        let model = Model::load().unwrap();
        for (operation, shapes) in &model.operations {
            for pointer in level(operation).unwrap().names() {
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
