//! Denies releasing without the pipeline.

use iam::Statement;
use names::Arn;

use super::{BECOME, Denied, unless};
use crate::guardrail_options::Guardrails;
use crate::spec::Spec;
use crate::statement::{any, deny, when};

/// The roles of the pipelines and of their deployments, under any path.
pub(super) fn roles(spec: &Spec, guardrails: &Guardrails) -> Vec<String> {
    let targets = &spec.targets;
    let under_any_path = |name: &str| {
        [format!("role/{name}"), format!("role/*/{name}")].map(|role| targets.iam_arns(&role))
    };
    let of_pipelines = spec.service_roles.iter().flat_map(|role| under_any_path(role));
    let named = guardrails.deploy_roles.iter().flat_map(|role| match Arn::parse(role) {
        Some(_) => [vec![role.to_string()], Vec::new()],
        None => under_any_path(role),
    });
    of_pipelines.chain(named).flatten().collect()
}

/// The roles that a service control policy lets through.
pub(super) fn exempt_roles(spec: &Spec, guardrails: &Guardrails) -> Vec<String> {
    let exempt = guardrails.break_glass.iter().chain(&guardrails.job_workers);
    exempt.flat_map(|role| spec.targets.role_arns(role)).collect()
}

/// Denies releasing without the pipeline: with the roles that deploy, with another pipeline, or
/// with other artifacts than the approved ones.
pub(super) fn statements(spec: &Spec, guardrails: &Guardrails, denied: Denied) -> Vec<Statement> {
    let break_glass: Vec<String> =
        guardrails.break_glass.iter().flat_map(|role| spec.targets.role_arns(role)).collect();
    let roles = roles(spec, guardrails);
    // The role of a pipeline assumes those of its actions.
    let deploying = [roles.clone(), break_glass.clone()].concat();
    let mut statements = Vec::new();
    if !roles.is_empty() {
        let exempt = match denied {
            Denied::Approvers => break_glass.clone(),
            Denied::Everybody => deploying,
        };
        statements.push(unless(deny("BecomeDeployment", &BECOME, roles), exempt));
    }
    // Others may have other pipelines, but approvers need none.
    if denied == Denied::Approvers {
        let pass = deny("MakePipelines", &["iam:PassRole"], any());
        let service = ["codepipeline.amazonaws.com".to_owned()];
        let pass = when(pass, "StringEquals", "iam:PassedToService", service);
        statements.push(unless(pass, break_glass.clone()));
    }
    let buckets = guardrails.artifact_buckets.iter();
    let partition = spec.targets.partition();
    let buckets: Vec<String> =
        buckets.map(|bucket| format!("arn:{partition}:s3:::{bucket}")).collect();
    if !buckets.is_empty() {
        let objects = buckets.iter().map(|bucket| format!("{bucket}/*")).collect();
        let open = deny("OpenArtifacts", &["s3:PutBucketPolicy"], buckets);
        statements.push(unless(open, break_glass.clone()));
        // The builds of a pipeline write artifacts, with roles that are not known here.
        if denied == Denied::Approvers {
            let replace = deny("ReplaceArtifacts", &["s3:PutObject"], objects);
            statements.push(unless(replace, break_glass));
        }
    }
    statements
}
