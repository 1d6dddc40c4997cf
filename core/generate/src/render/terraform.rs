//! A Terraform configuration, in either of its two syntaxes.
//!
//! Resources and arguments: the documentation of the `hashicorp/aws` provider.

use std::collections::BTreeMap;

use indexmap::IndexMap;

use super::super::node::Node;
use super::super::plan::Plan;
use super::hcl;
use super::label::Labels;
use findings::pretty;

/// `resource "KIND" "LABEL" { … }`.
struct Resource {
    kind: &'static str,
    label: String,
    arguments: Vec<(&'static str, Argument)>,
}

/// The value of an argument.
enum Argument {
    Text(String),
    /// An attribute of another resource.
    Reference(String),
    /// A policy document.
    Document(Node),
}

/// The native syntax, formatted as `terraform fmt` formats it.
pub(super) fn native(plan: &Plan) -> Result<String, serde_json::Error> {
    let provider = Node::object([("source", Node::text("hashicorp/aws"))]);
    let mut text = String::from(
        "# The IAM side of the two-person rule. Written by policygen.\n\nterraform {\n  required_providers {\n",
    );
    hcl::attribute_block(&mut text, 4, &[("aws", hcl::expression(&provider, 4))]);
    text.push_str("  }\n}\n");
    for resource in resources(plan)? {
        text.push_str(&format!("\nresource \"{}\" \"{}\" {{\n", resource.kind, resource.label));
        let arguments: Vec<(&str, String)> = resource
            .arguments
            .iter()
            .map(|(name, argument)| {
                let value = match argument {
                    Argument::Text(text) => hcl::quoted(text),
                    Argument::Reference(reference) => reference.clone(),
                    Argument::Document(document) => {
                        format!("jsonencode({})", hcl::expression(document, 2))
                    }
                };
                (*name, value)
            })
            .collect();
        hcl::attribute_block(&mut text, 2, &arguments);
        text.push_str("}\n");
    }
    Ok(text)
}

/// The JSON syntax.
pub(super) fn json(plan: &Plan) -> Result<String, serde_json::Error> {
    let mut kinds: IndexMap<String, Node> = IndexMap::new();
    for resource in resources(plan)? {
        let mut arguments = IndexMap::new();
        for (name, argument) in resource.arguments {
            let value = match argument {
                Argument::Text(text) => hcl::escaped_template(&text),
                Argument::Reference(reference) => format!("${{{reference}}}"),
                Argument::Document(document) => {
                    hcl::escaped_template(&serde_json::to_string(&document)?)
                }
            };
            arguments.insert(name.to_owned(), Node::text(&value));
        }
        let kind = kinds.entry(resource.kind.to_owned()).or_insert_with(|| Node::object([]));
        if let Node::Object(labels) = kind {
            labels.insert(resource.label, Node::Object(arguments));
        }
    }
    let aws = Node::object([("source", Node::text("hashicorp/aws"))]);
    let providers = Node::object([("required_providers", Node::object([("aws", aws)]))]);
    pretty(&Node::object([("terraform", providers), ("resource", Node::Object(kinds))]))
}

fn resources(plan: &Plan) -> Result<Vec<Resource>, serde_json::Error> {
    use Argument::{Document, Reference, Text};

    let text = |text: &str| Text(text.to_owned());
    let mut labels = Labels::default();
    let mut resources = Vec::new();
    // The label of each policy, and of each of its attachments.
    let mut policies: BTreeMap<&str, String> = BTreeMap::new();
    for policy in &plan.policies {
        let label = labels.terraform(&policy.name);
        resources.push(Resource {
            kind: "aws_iam_policy",
            label: label.clone(),
            arguments: vec![
                ("name", text(&policy.name)),
                ("description", text(&policy.description)),
                ("policy", Document(Node::of(&policy.document)?)),
            ],
        });
        for role in &policy.roles {
            resources.push(Resource {
                kind: "aws_iam_role_policy_attachment",
                label: labels.terraform(&format!("{role}_{}", policy.name)),
                arguments: vec![
                    ("role", text(role)),
                    ("policy_arn", Reference(format!("aws_iam_policy.{label}.arn"))),
                ],
            });
        }
        policies.insert(&policy.name, label);
    }
    let arn = |name: &str| {
        let label = policies.get(name).map(String::as_str).unwrap_or_default();
        Reference(format!("aws_iam_policy.{label}.arn"))
    };
    for group in &plan.groups {
        let label = labels.terraform(&format!("{}_group", group.name));
        resources.push(Resource {
            kind: "aws_iam_group",
            label: label.clone(),
            arguments: vec![("name", text(&group.name))],
        });
        for policy in &group.policies {
            resources.push(Resource {
                kind: "aws_iam_group_policy_attachment",
                label: labels.terraform(&format!("{}_{policy}", group.name)),
                arguments: vec![
                    ("group", Reference(format!("aws_iam_group.{label}.name"))),
                    ("policy_arn", arn(policy)),
                ],
            });
        }
    }
    for role in &plan.roles {
        let label = labels.terraform(&format!("{}_role", role.name));
        resources.push(Resource {
            kind: "aws_iam_role",
            label: label.clone(),
            arguments: vec![
                ("name", text(&role.name)),
                ("description", text(&role.description)),
                ("assume_role_policy", Document(Node::of(&role.trust)?)),
            ],
        });
        for policy in &role.policies {
            resources.push(Resource {
                kind: "aws_iam_role_policy_attachment",
                label: labels.terraform(&format!("{}_{policy}", role.name)),
                arguments: vec![
                    ("role", Reference(format!("aws_iam_role.{label}.name"))),
                    ("policy_arn", arn(policy)),
                ],
            });
        }
    }
    for set in &plan.permission_sets {
        let label = labels.terraform(&set.name);
        resources.push(Resource {
            kind: "aws_ssoadmin_permission_set",
            label: label.clone(),
            arguments: vec![
                ("name", text(&set.name)),
                ("description", text(&set.description)),
                ("instance_arn", text(&set.instance)),
            ],
        });
        resources.push(Resource {
            kind: "aws_ssoadmin_permission_set_inline_policy",
            label: label.clone(),
            arguments: vec![
                ("instance_arn", text(&set.instance)),
                (
                    "permission_set_arn",
                    Reference(format!("aws_ssoadmin_permission_set.{label}.arn")),
                ),
                ("inline_policy", Document(Node::of(&set.document)?)),
            ],
        });
    }
    for scp in &plan.scps {
        resources.push(Resource {
            kind: "aws_organizations_policy",
            label: labels.terraform(&format!("{}_scp", scp.name)),
            arguments: vec![
                ("name", text(&scp.name)),
                ("description", text(&scp.description)),
                ("type", text("SERVICE_CONTROL_POLICY")),
                ("content", Document(Node::of(&scp.document)?)),
            ],
        });
    }
    Ok(resources)
}
