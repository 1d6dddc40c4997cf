//! What the actions behind a gate change or start, by their settings.
//!
//! The settings of each type of action are those of the CodePipeline User Guide, "Action structure
//! reference".

use audit::{Artifacts, Release, Target, TargetKind};
use doctor::AroundGate;
use doctor::pipeline::{Action, Pipeline};
use names::Arn;

use crate::output;

/// Whether a template or a variable leaves a part of a text open.
pub(super) fn is_open(text: &str) -> bool {
    ["${", "#{", "{{resolve:", "known after apply"].iter().any(|mark| text.contains(mark))
}

/// Adds what a pipeline releases, and warns about what its file leaves open. Returns whether the
/// role of the pipeline itself is known.
pub(super) fn add(release: &mut Release, pipeline: &Pipeline, around: &AroundGate<'_>) -> bool {
    let structure = &pipeline.structure;
    let name = pipeline.name();
    for bucket in structure.artifact_store.iter().chain(&structure.artifact_stores) {
        if is_open(bucket) {
            warn(name, "the bucket of its artifacts", bucket, "--artifact-bucket");
            continue;
        }
        let pipeline = Some(name.to_owned()).filter(|_| pipeline.has_name());
        let artifacts = Artifacts { bucket: bucket.clone(), pipeline };
        push(&mut release.artifacts, artifacts);
    }
    let own = structure.role_arn.iter();
    let of_actions = around.behind.iter().flat_map(|action| roles(action));
    for role in own.chain(of_actions) {
        match named_role(role) {
            Some(role) => push(&mut release.roles_of_files, role),
            None => warn(name, "a role", role, "--deploy-role"),
        }
    }
    let own_region = Arn::parse(&pipeline.arn).map(|arn| arn.region);
    let own_region = own_region.filter(|region| !region.is_empty() && *region != "*");
    for action in &around.behind {
        let region = action.region.as_deref().filter(|region| !is_open(region)).or(own_region);
        match kind(action, &around.before) {
            Kind::Known(kind) => {
                push(&mut release.targets, Target { kind, region: region.map(str::to_owned) });
            }
            Kind::Open(setting) => {
                warn(name, &format!("what `{}` deploys", action.name), &setting, "--parameter")
            }
            Kind::None => {}
        }
    }
    structure.role_arn.as_deref().and_then(named_role).is_some()
}

fn push<T: PartialEq>(list: &mut Vec<T>, item: T) {
    if !list.contains(&item) {
        list.push(item);
    }
}

fn warn(pipeline: &str, what: &str, text: &str, option: &str) {
    output::print_warning(&format!(
        "the file of the pipeline `{pipeline}` leaves {what} open (`{text}`), so ways past the \
         gate that lead there are not found; give it with `{option}`"
    ));
}

/// The roles of an action: the one that CodePipeline assumes, and the one that it passes on.
fn roles(action: &Action) -> impl Iterator<Item = &String> {
    action.role_arn.iter().chain(action.configuration.get("RoleArn"))
}

/// The ARN of a role, or its name if only that is decided.
fn named_role(arn: &str) -> Option<String> {
    if !is_open(arn) {
        return Some(arn.to_owned());
    }
    let (_, resource) = arn.split_once(":role/")?;
    let name = resource.rsplit('/').next()?;
    (!is_open(resource) && !name.is_empty()).then(|| name.to_owned())
}

/// The target of an action, if its type has one.
enum Kind {
    Known(TargetKind),
    /// A setting that names it and is not decided.
    Open(String),
    None,
}

fn kind(action: &Action, before: &[&Action]) -> Kind {
    let setting = |key: &str| action.configuration.get(key).map(String::as_str);
    let category = action.action_type_id.category.as_str();
    let keys: &[&str] = match (category, action.action_type_id.provider.as_str()) {
        (_, "CodeBuild") => &["ProjectName"],
        ("Deploy", "CloudFormation") => &["StackName"],
        ("Deploy", "CloudFormationStackSet" | "CloudFormationStackInstances") => &["StackSetName"],
        ("Deploy", "CodeDeploy" | "CodeDeployToECS") => &["ApplicationName", "DeploymentGroupName"],
        ("Deploy", "ECS") => &["ClusterName", "ServiceName"],
        ("Deploy", "S3") => &["BucketName"],
        ("Deploy", "Lambda") => &["FunctionName"],
        ("Deploy", "ElasticBeanstalk") => &["ApplicationName", "EnvironmentName"],
        ("Deploy", "EKS") => &["ClusterName"],
        ("Deploy", "AppConfig") => &["Application", "Environment"],
        ("Invoke", "StepFunctions") => &["StateMachineArn"],
        ("Invoke", "CodePipeline") => &["PipelineName"],
        _ => return Kind::None,
    };
    let values: Option<Vec<&str>> = keys.iter().map(|key| setting(key)).collect();
    let Some(values) = values else { return Kind::None };
    if let Some(open) = values.iter().find(|value| is_open(value)) {
        return Kind::Open((*open).to_owned());
    }
    let is_prepared = |name: &str| {
        before.iter().any(|it| {
            it.configuration.get("StackName").is_some_and(|stack| stack == name)
                && it
                    .configuration
                    .get("ActionMode")
                    .is_some_and(|mode| mode == "CHANGE_SET_REPLACE")
        })
    };
    let known = match (action.action_type_id.provider.as_str(), values.as_slice()) {
        ("CodeBuild", [name]) => TargetKind::Project((*name).to_owned()),
        ("CloudFormation", [name]) => {
            TargetKind::Stack { name: (*name).to_owned(), is_prepared: is_prepared(name) }
        }
        ("CodeDeploy" | "CodeDeployToECS", [application, group]) => TargetKind::DeploymentGroup {
            application: (*application).to_owned(),
            group: (*group).to_owned(),
        },
        ("ECS", [cluster, service]) => {
            TargetKind::Service { cluster: (*cluster).to_owned(), service: (*service).to_owned() }
        }
        ("S3", [bucket]) => TargetKind::Bucket((*bucket).to_owned()),
        ("Lambda", [function]) => {
            let alias = setting("FunctionAlias").map(|alias| format!(":{alias}"));
            match format!("{function}{}", alias.unwrap_or_default()).parse() {
                Ok(function) => TargetKind::Function(function),
                Err(_) => return Kind::Open((*function).to_owned()),
            }
        }
        ("ElasticBeanstalk", [application, environment]) => TargetKind::Environment {
            application: (*application).to_owned(),
            environment: (*environment).to_owned(),
        },
        ("EKS", [cluster]) => TargetKind::Cluster((*cluster).to_owned()),
        ("AppConfig", [application, environment]) => TargetKind::Configuration {
            application: (*application).to_owned(),
            environment: (*environment).to_owned(),
        },
        ("StepFunctions", [arn]) => TargetKind::StateMachine((*arn).to_owned()),
        ("CodePipeline", [name]) => TargetKind::Pipeline((*name).to_owned()),
        (_, [name]) => TargetKind::StackSet((*name).to_owned()),
        _ => return Kind::None,
    };
    Kind::Known(known)
}
