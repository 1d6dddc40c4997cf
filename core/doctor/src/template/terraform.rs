//! Pipelines of Terraform: what `terraform show -json` prints of a plan or a state (Terraform
//! documentation, "JSON Output Format").

use super::Declared;
use super::declare::{self, Form};
use super::document::{Content, Node, Scalar};
use super::error::ReadError;

/// What stands in place of a value that only an apply decides.
const AFTER_APPLY: &str = "known after apply";

/// The members that can be unknown. The providers compute the others, such as `run_order`, where a
/// configuration leaves them out, and CodePipeline's default is in force then.
const MATTERS: [&str; 10] = [
    "name",
    "stage",
    "stages",
    "action",
    "actions",
    "action_type_id",
    "category",
    "owner",
    "provider",
    "configuration",
];

/// Whether a text is a Terraform configuration, in HCL.
pub(super) fn is_configuration(text: &str) -> bool {
    let marks = ["resource \"", "module \"", "provider \"", "terraform {"];
    text.lines().any(|line| marks.iter().any(|mark| line.trim_start().starts_with(mark)))
}

/// Whether a document is a plan or a state.
pub(super) fn is_plan_or_state(document: &Node) -> bool {
    document.get("terraform_version").is_some()
        && (document.get("planned_values").is_some() || document.get("values").is_some())
}

/// Every pipeline of a plan or a state.
pub(super) fn read(document: &Node) -> Result<Vec<Declared>, ReadError> {
    let mut declared = Vec::new();
    let root = document.at(&["planned_values", "root_module"]);
    let mut modules: Vec<&Node> =
        root.or_else(|| document.at(&["values", "root_module"])).into_iter().collect();
    while let Some(module) = modules.pop() {
        modules.extend(module.get("child_modules").map(Node::items).unwrap_or_default());
        for resource in module.get("resources").map(Node::items).unwrap_or_default() {
            if resource.get("mode").and_then(Node::as_str) == Some("data") {
                continue;
            }
            let read = match resource.get("type").and_then(Node::as_str) {
                Some("aws_codepipeline") => aws,
                Some("awscc_codepipeline_pipeline") => awscc,
                Some(_) | None => continue,
            };
            declared.push(pipeline(document, resource, read)?);
        }
    }
    declared.sort_by(|a, b| a.id.cmp(&b.id));
    Ok(declared)
}

fn pipeline(
    document: &Node,
    resource: &Node,
    read: fn(&Node) -> Node,
) -> Result<Declared, ReadError> {
    let address = resource.get("address").and_then(Node::as_str).unwrap_or_default();
    let empty = Node::new(Content::Map(Vec::new()), resource.line);
    let values = resource.get("values").unwrap_or(&empty);
    let changes = document.get("resource_changes").map(Node::items).unwrap_or_default();
    let change =
        changes.iter().find(|change| change.get("address").and_then(Node::as_str) == Some(address));
    let values = match change.and_then(|change| change.at(&["change", "after_unknown"])) {
        Some(unknown) => with_unknown(values, unknown, false),
        None => values.clone(),
    };
    let mut api = read(&values);
    api.line = resource.line;
    let name = api.get("name").and_then(Node::scalar).cloned();
    let arn = values.get("arn").and_then(Node::as_str).map(str::to_owned);
    if name.is_none()
        && let Content::Map(entries) = &mut api.content
    {
        entries.push(("name".to_owned(), Node::text(address, resource.line)));
    }
    let unnamed = declare::pipeline(&api, Form::Template)?;
    let pipeline = match name {
        Some(Scalar { is_decided: true, .. }) => unnamed.named(arn)?,
        Some(_) | None => unnamed.called("*"),
    };
    Ok(Declared { id: Some(address.to_owned()), ..Declared::certain(pipeline) })
}

/// The values of a plan, with a mark in place of each one that only an apply decides. `unknown` has
/// their form, with `true` for such a value.
fn with_unknown(values: &Node, unknown: &Node, are_settings: bool) -> Node {
    match (&values.content, &unknown.content) {
        (_, Content::Scalar(scalar)) if scalar.text == "true" && !scalar.is_quoted => {
            Node::undecided(AFTER_APPLY, values.line)
        }
        (Content::List(items), Content::List(marks)) => {
            let marked = items.iter().enumerate().map(|(index, item)| match marks.get(index) {
                Some(mark) => with_unknown(item, mark, are_settings),
                None => item.clone(),
            });
            Node::new(Content::List(marked.collect()), values.line)
        }
        (Content::Map(entries), Content::Map(marks)) => {
            let mut marked = entries.clone();
            for (key, mark) in marks {
                let is_unknown = mark.scalar().is_some_and(|scalar| scalar.text == "true");
                if is_unknown && !(are_settings || MATTERS.contains(&key.as_str())) {
                    continue;
                }
                let are_settings = key == "configuration";
                match marked.iter_mut().find(|(name, _)| name == key) {
                    Some((_, value)) => *value = with_unknown(value, mark, are_settings),
                    None if is_unknown => {
                        marked.push((key.clone(), Node::undecided(AFTER_APPLY, values.line)));
                    }
                    None => {}
                }
            }
            Node::new(Content::Map(marked), values.line)
        }
        _ => values.clone(),
    }
}

/// `aws_codepipeline` of the provider hashicorp/aws (Terraform Registry): blocks are lists.
fn aws(values: &Node) -> Node {
    renamed(values, &|key| match key {
        "stage" => Some("stages"),
        "action" => Some("actions"),
        "condition" => Some("conditions"),
        "rule" => Some("rules"),
        _ => None,
    })
}

/// `awscc_codepipeline_pipeline` of the provider hashicorp/awscc, which follows CloudFormation. The
/// settings of an action are a text of JSON.
fn awscc(values: &Node) -> Node {
    renamed(values, &|_| None)
}

/// The names of the API in place of Terraform's, and its form.
fn renamed(node: &Node, plural: &dyn Fn(&str) -> Option<&'static str>) -> Node {
    let content = match &node.content {
        Content::Scalar(scalar) => Content::Scalar(scalar.clone()),
        Content::List(items) => {
            Content::List(items.iter().map(|item| renamed(item, plural)).collect())
        }
        Content::Map(entries) => {
            let entries = entries.iter().map(|(key, value)| {
                let name = plural(key).map_or_else(|| camel_case(key), str::to_owned);
                (name, member(key, value, plural))
            });
            Content::Map(with_type(entries.collect()))
        }
    };
    Node::new(content, node.line)
}

fn member(key: &str, value: &Node, plural: &dyn Fn(&str) -> Option<&'static str>) -> Node {
    match (key, &value.content) {
        ("configuration", Content::Scalar(scalar)) => match Node::parse(&scalar.text) {
            Ok(settings) if settings.is_map() => at_line(settings, value.line),
            Ok(_) | Err(_) => value.clone(),
        },
        ("configuration", _) => value.clone(),
        // Artifacts are texts in one provider and objects in the other.
        ("input_artifacts" | "output_artifacts", Content::List(items)) => {
            let named = items.iter().map(|item| match &item.content {
                Content::Scalar(_) => {
                    let name = vec![("name".to_owned(), item.clone())];
                    Node::new(Content::Map(name), item.line)
                }
                Content::Map(_) | Content::List(_) => item.clone(),
            });
            Node::new(Content::List(named.collect()), value.line)
        }
        // A block that is there at most once.
        (
            "before_entry"
            | "on_success"
            | "on_failure"
            | "retry_configuration"
            | "rule_type_id"
            | "action_type_id",
            Content::List(items),
        ) => match items.as_slice() {
            [] => Node::new(
                Content::Scalar(Scalar { text: String::new(), is_quoted: false, is_decided: true }),
                value.line,
            ),
            [first, ..] => renamed(first, plural),
        },
        _ => renamed(value, plural),
    }
}

/// An action of `aws_codepipeline` has the members of its type beside its own.
fn with_type(mut entries: Vec<(String, Node)>) -> Vec<(String, Node)> {
    let is_action = entries.iter().any(|(key, _)| key == "category")
        && entries.iter().any(|(key, _)| key == "name");
    if !is_action {
        return entries;
    }
    let of_type = |key: &str| matches!(key, "category" | "owner" | "provider" | "version");
    let line = entries.first().map(|(_, value)| value.line).unwrap_or_default();
    let parts: Vec<_> = entries.extract_if(.., |(key, _)| of_type(key)).collect();
    entries.push(("actionTypeId".to_owned(), Node::new(Content::Map(parts), line)));
    entries
}

fn at_line(mut node: Node, line: usize) -> Node {
    node.line = line;
    match &mut node.content {
        Content::Scalar(_) => {}
        Content::List(items) => {
            for item in items {
                *item = at_line(item.clone(), line);
            }
        }
        Content::Map(entries) => {
            for (_, value) in entries {
                *value = at_line(value.clone(), line);
            }
        }
    }
    node
}

fn camel_case(key: &str) -> String {
    let mut words = key.split('_');
    let first = words.next().unwrap_or_default().to_owned();
    words.fold(first, |name, word| {
        let mut letters = word.chars();
        match letters.next() {
            Some(letter) => name + &letter.to_ascii_uppercase().to_string() + letters.as_str(),
            None => name,
        }
    })
}
