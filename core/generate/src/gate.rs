//! The gate's role and the policy to invoke it: the permissions that `lambda/` needs and no others.

use iam::{Document, Principal};
use rule::RESERVED_PATH;

use super::plan::{Plan, PlanError, Role};
use super::spec::Spec;
use super::statement::{allow, any, trust};

/// The name of the gate's execution role.
pub(crate) fn role_name(spec: &Spec) -> String {
    format!("{}Gate", spec.prefix)
}

pub(crate) fn add(plan: &mut Plan, spec: &Spec) -> Result<(), PlanError> {
    let name = role_name(spec);
    let mut document = Document {
        statements: vec![
            // These actions have no resource (Service Authorization Reference, CodePipeline).
            allow(
                "TakeJobsAndReport",
                &[
                    "codepipeline:GetJobDetails",
                    "codepipeline:PutJobSuccessResult",
                    "codepipeline:PutJobFailureResult",
                ],
                any(),
            ),
            allow(
                "SeeApprovals",
                &[
                    "codepipeline:ListActionExecutions",
                    "codepipeline:GetPipelineState",
                    "codepipeline:GetPipelineExecution",
                ],
                spec.targets.pipeline_arns(),
            ),
            // To see whether IAM Identity Center created a role that only a glob of the rule
            // trusts.
            allow(
                "SeeReservedRoles",
                &["iam:GetRole"],
                spec.targets.iam_arns(&format!("role{RESERVED_PATH}*")),
            ),
            allow(
                "KeepJournal",
                &["logs:CreateLogGroup", "logs:CreateLogStream", "logs:PutLogEvents"],
                spec.targets.log_arns(&spec.gate_function),
            ),
        ],
    };
    if let Some(proving) = &spec.proving {
        document.statements.extend(proving.statements(spec.targets.partition()));
    }
    let policies = plan.add_policy(&name, "Two-person rule: what the gate may do", document)?;
    plan.add_role(Role {
        name,
        description: "Two-person rule: the gate".to_owned(),
        trust: Document {
            statements: vec![trust(
                "RunAsFunction",
                // The same name in every partition (IAM User Guide, "AWS JSON policy elements:
                // Principal").
                Principal::Service("lambda.amazonaws.com".to_owned()),
                &["sts:AssumeRole"],
            )],
        },
        policies,
    })?;

    let invoke = allow(
        "InvokeGate",
        &["lambda:InvokeFunction"],
        spec.targets.function_arns(&spec.gate_function),
    );
    let roles: Vec<String> = spec.service_roles.iter().map(ToString::to_string).collect();
    if roles.is_empty() {
        plan.notes.push(format!(
            "attach `{}InvokeGate` to the pipelines' service role, or name that role with \
             `--service-role`",
            spec.prefix
        ));
    }
    plan.add_policy_for(
        &format!("{}InvokeGate", spec.prefix),
        "Two-person rule: invoke the gate, for the pipelines' service role",
        Document { statements: vec![invoke] },
        &roles,
    )
}
