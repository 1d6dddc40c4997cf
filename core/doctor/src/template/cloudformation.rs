//! Pipelines of CloudFormation templates: also of SAM, and of what the CDK synthesises.

use std::collections::BTreeMap;

use super::declare::{self, Form};
use super::document::{Content, Node, Scalar};
use super::error::ReadError;
use super::intrinsic::Resolver;
use super::values::Values;
use super::{Declared, Variant};
use crate::pipeline::{Pipeline, Undecided, as_pattern, is_open};

/// The greatest number of variants of one pipeline.
const MOST_VARIANTS: usize = 32;

const PIPELINE: &str = "AWS::CodePipeline::Pipeline";

/// Whether a document is a template.
pub(super) fn is_template(document: &Node) -> bool {
    document.get("AWSTemplateFormatVersion").is_some()
        || document.get("Transform").is_some()
        || document.get("Resources").is_some_and(|resources| {
            resources.entries().iter().any(|(_, resource)| resource.get("Type").is_some())
        })
}

/// Every pipeline of a template. A condition of the resource itself is taken as true: the template
/// is there to make the pipeline.
pub(super) fn read(template: &Node, values: &Values) -> Result<Vec<Declared>, ReadError> {
    let resources = template.get("Resources").map(Node::entries).unwrap_or_default();
    // A loop of the transform `AWS::LanguageExtensions`.
    let is_loop = |key: &str| key.starts_with("Fn::ForEach");
    if let Some((key, _)) = resources.iter().find(|(key, it)| is_loop(key) && says(it, PIPELINE)) {
        return Err(ReadError::Loop(key.clone()));
    }
    let pipelines = resources
        .iter()
        .filter(|(_, resource)| resource.get("Type").and_then(Node::as_str) == Some(PIPELINE));
    pipelines
        .map(|(id, resource)| {
            Ok(Declared {
                id: Some(id.clone()),
                variants: variants(template, id, resource, values)?,
            })
        })
        .collect()
}

/// The projects whose build specification in the template runs `aws codepipeline update-pipeline`,
/// as actions name them.
fn updating_projects(resolver: &mut Resolver<'_>) -> Vec<String> {
    let template = resolver.template;
    let resources = template.get("Resources").map(Node::entries).unwrap_or_default();
    let mut projects = Vec::new();
    for (id, resource) in resources {
        let specification = resource.at(&["Properties", "Source", "BuildSpec"]);
        if resource.get("Type").and_then(Node::as_str) == Some("AWS::CodeBuild::Project")
            && specification.is_some_and(|it| says(it, "codepipeline update-pipeline"))
        {
            projects.extend(resolver.named(id));
        }
    }
    projects
}

/// Whether any text in it has these words.
fn says(node: &Node, words: &str) -> bool {
    match &node.content {
        Content::Scalar(scalar) => scalar.text.contains(words),
        Content::List(items) => items.iter().any(|item| says(item, words)),
        Content::Map(entries) => entries.iter().any(|(_, value)| says(value, words)),
    }
}

/// What a pipeline can become: each comparison that the template does not decide is tried both
/// ways.
fn variants(
    template: &Node,
    id: &str,
    resource: &Node,
    values: &Values,
) -> Result<Vec<Variant>, ReadError> {
    let mut variants = Vec::new();
    let mut waiting = vec![BTreeMap::new()];
    while let Some(assumed) = waiting.pop() {
        let mut resolver = Resolver::new(template, values, &assumed);
        let empty = Node::new(Content::Map(Vec::new()), resource.line);
        let properties = resource.get("Properties").unwrap_or(&empty);
        let resolved = resolver.resolve(properties).unwrap_or_else(|| empty.clone());
        let open = std::mem::take(&mut resolver.open);
        if let Some(first) = open.first()
            && variants.len() + waiting.len() + 2 <= MOST_VARIANTS
        {
            for holds in [false, true] {
                let mut further = assumed.clone();
                further.insert(first.clone(), holds);
                waiting.push(further);
            }
            continue;
        }
        let mut pipeline = pipeline(id, resource.line, &resolved)?;
        let updating = updating_projects(&mut resolver);
        pipeline.set_updates_pipelines(|project| updating.iter().any(|it| it == project));
        for comparison in open {
            pipeline.undecided.push(Undecided::new("stages", comparison, resource.line));
        }
        variants.push(Variant { pipeline, assumed: assumed.into_iter().collect() });
    }
    Ok(variants)
}

fn pipeline(id: &str, line: usize, properties: &Node) -> Result<Pipeline, ReadError> {
    let mut api = in_api_names(properties, false);
    api.line = line;
    let name = api.get("name").and_then(Node::scalar).cloned();
    if name.is_none()
        && let Content::Map(entries) = &mut api.content
    {
        entries.push(("name".to_owned(), Node::text(id, line)));
    }
    let unnamed = declare::pipeline(&api, Form::Template)?;
    match name {
        Some(Scalar { is_decided: true, .. }) => Ok(unnamed.named(None)?),
        Some(Scalar { text, .. }) => Ok(unnamed.called(&as_pattern(&text))),
        // "CloudFormation generates a unique physical ID": of the stack's name, the logical ID and
        // random characters (CloudFormation Template Reference, "Name type").
        None => Ok(unnamed.called(&format!("*-{id}-*"))),
    }
}

/// `Stages` becomes `stages`, and so on down. The settings of an action keep their names.
fn in_api_names(node: &Node, are_settings: bool) -> Node {
    let content = match &node.content {
        Content::Scalar(scalar) => Content::Scalar(scalar.clone()),
        Content::List(items) => {
            Content::List(items.iter().map(|item| in_api_names(item, are_settings)).collect())
        }
        Content::Map(entries) => Content::Map(
            entries
                .iter()
                .map(|(key, value)| match are_settings {
                    true => (key.clone(), setting(key, value)),
                    false => (uncapitalised(key), in_api_names(value, key == "Configuration")),
                })
                .collect(),
        ),
    };
    Node::new(content, node.line)
}

/// A setting of an action. A function by the ARN of the stack's own account and region is known by
/// its name.
fn setting(key: &str, value: &Node) -> Node {
    match value.scalar() {
        Some(scalar) if key == "FunctionName" && !scalar.is_decided => own_function(&scalar.text)
            .map_or_else(|| value.clone(), |it| Node::text(it, value.line)),
        Some(_) | None => value.clone(),
    }
}

/// `NAME[:QUALIFIER]` of `arn:…:lambda:${AWS::Region}:${AWS::AccountId}:function:NAME`.
fn own_function(text: &str) -> Option<&str> {
    let (before, name) = text.split_once(":function:")?;
    let own = ["${AWS::Partition}", "${AWS::Region}", "${AWS::AccountId}"];
    let before = own.iter().fold(before.to_owned(), |text, name| text.replace(name, ""));
    let fields: Vec<&str> = before.split(':').collect();
    let is_own = matches!(fields.as_slice(), ["arn", _, "lambda", _, ""]);
    (is_own && !is_open(&before) && !is_open(name)).then_some(name)
}

fn uncapitalised(key: &str) -> String {
    let mut letters = key.chars();
    match letters.next() {
        Some(first) => first.to_ascii_lowercase().to_string() + letters.as_str(),
        None => String::new(),
    }
}
