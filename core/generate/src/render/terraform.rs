//! Writes a Terraform configuration in either of its two syntaxes.
//!
//! Resources and arguments: the documentation of the `hashicorp/aws` provider.

use std::collections::BTreeMap;

use findings::pretty;
use indexmap::IndexMap;

use super::hcl;
use super::label::Labels;
use crate::node::Node;
use crate::plan::{Group, PermissionSet, Plan, Policy, Role, Scp};

/// `resource "KIND" "LABEL" { … }`.
struct Resource {
    kind: &'static str,
    label: String,
    arguments: Vec<(&'static str, Argument)>,
}

/// The value of an argument.
enum Argument {
    Text(String),
    Texts(Vec<String>),
    /// An attribute of another resource.
    Reference(String),
    /// A policy document.
    Document(Node),
}

impl Argument {
    fn text(text: &str) -> Self {
        Self::Text(text.to_owned())
    }

    fn document(document: &iam::Document) -> Result<Self, serde_json::Error> {
        Ok(Self::Document(Node::from_value(document)?))
    }

    /// The value in HCL's native syntax.
    fn native(&self) -> String {
        match self {
            Self::Text(text) => hcl::quoted(text),
            Self::Texts(texts) => hcl::expression(&list(texts), 2),
            Self::Reference(reference) => reference.clone(),
            Self::Document(document) => format!("jsonencode({})", hcl::expression(document, 2)),
        }
    }

    /// The value in the JSON syntax.
    fn json(&self) -> Result<Node, serde_json::Error> {
        let literal = |text: &str| Node::text(&hcl::escaped_template(text));
        Ok(match self {
            Self::Text(text) => literal(text),
            Self::Texts(texts) => Node::List(texts.iter().map(|text| literal(text)).collect()),
            Self::Reference(reference) => Node::text(&format!("${{{reference}}}")),
            Self::Document(document) => literal(&serde_json::to_string(document)?),
        })
    }
}

fn list(texts: &[String]) -> Node {
    Node::List(texts.iter().map(|text| Node::text(text)).collect())
}

/// The native syntax, in the layout of `terraform fmt`.
pub(super) fn native(plan: &Plan) -> Result<String, serde_json::Error> {
    let provider = Node::object([("source", Node::text("hashicorp/aws"))]);
    let mut text = String::from(
        "# The IAM side of the two-person rule. Written by policygen.\n\n\
         terraform {\n  required_providers {\n",
    );
    hcl::attribute_block(&mut text, 4, &[("aws", hcl::expression(&provider, 4))]);
    text.push_str("  }\n}\n");
    for resource in resources(plan)? {
        text.push_str(&format!("\nresource \"{}\" \"{}\" {{\n", resource.kind, resource.label));
        let arguments = resource.arguments.iter();
        let arguments: Vec<_> = arguments.map(|(name, value)| (*name, value.native())).collect();
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
            arguments.insert(name.to_owned(), argument.json()?);
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
    let mut resources = Resources::default();
    for policy in &plan.policies {
        resources.add_policy(policy)?;
    }
    for group in &plan.groups {
        resources.add_group(group);
    }
    for role in &plan.roles {
        resources.add_role(role)?;
    }
    for set in &plan.permission_sets {
        resources.add_permission_set(set)?;
    }
    for scp in &plan.scps {
        resources.add_scp(scp)?;
    }
    Ok(resources.found)
}

/// The resources of a plan, in the order of the plan.
#[derive(Default)]
struct Resources<'a> {
    found: Vec<Resource>,
    labels: Labels,
    /// The label of each policy, by its name.
    policies: BTreeMap<&'a str, String>,
}

impl<'a> Resources<'a> {
    fn add(&mut self, kind: &'static str, label: String, arguments: Vec<(&'static str, Argument)>) {
        self.found.push(Resource { kind, label, arguments });
    }

    fn add_policy(&mut self, policy: &'a Policy) -> Result<(), serde_json::Error> {
        let label = self.labels.terraform(&policy.name);
        let arguments = vec![
            ("name", Argument::text(&policy.name)),
            ("description", Argument::text(&policy.description)),
            ("policy", Argument::document(&policy.document)?),
        ];
        self.add("aws_iam_policy", label.clone(), arguments);
        self.policies.insert(&policy.name, label);
        for role in &policy.roles {
            self.attach_to_role(role, Argument::text(role), &policy.name);
        }
        Ok(())
    }

    fn add_group(&mut self, group: &Group) {
        let label = self.labels.terraform(&format!("{}_group", group.name));
        self.add("aws_iam_group", label.clone(), vec![("name", Argument::text(&group.name))]);
        for policy in &group.policies {
            let attachment = self.labels.terraform(&format!("{}_{policy}", group.name));
            let arguments = vec![
                ("group", Argument::Reference(format!("aws_iam_group.{label}.name"))),
                ("policy_arn", self.arn_of(policy)),
            ];
            self.add("aws_iam_group_policy_attachment", attachment, arguments);
        }
        if !group.members.is_empty() {
            // This resource removes everybody else from the group.
            let arguments = vec![
                ("name", Argument::text(&group.name)),
                ("group", Argument::Reference(format!("aws_iam_group.{label}.name"))),
                ("users", Argument::Texts(group.members.clone())),
            ];
            self.add("aws_iam_group_membership", label, arguments);
        }
    }

    fn add_role(&mut self, role: &Role) -> Result<(), serde_json::Error> {
        let label = self.labels.terraform(&format!("{}_role", role.name));
        let arguments = vec![
            ("name", Argument::text(&role.name)),
            ("description", Argument::text(&role.description)),
            ("assume_role_policy", Argument::document(&role.trust)?),
        ];
        self.add("aws_iam_role", label.clone(), arguments);
        for policy in &role.policies {
            let reference = Argument::Reference(format!("aws_iam_role.{label}.name"));
            self.attach_to_role(&role.name, reference, policy);
        }
        Ok(())
    }

    fn add_permission_set(&mut self, set: &PermissionSet) -> Result<(), serde_json::Error> {
        let label = self.labels.terraform(&set.name);
        let arguments = vec![
            ("name", Argument::text(&set.name)),
            ("description", Argument::text(&set.description)),
            ("instance_arn", Argument::text(&set.instance)),
        ];
        self.add("aws_ssoadmin_permission_set", label.clone(), arguments);
        let arn = format!("aws_ssoadmin_permission_set.{label}.arn");
        let arguments = vec![
            ("instance_arn", Argument::text(&set.instance)),
            ("permission_set_arn", Argument::Reference(arn)),
            ("inline_policy", Argument::document(&set.document)?),
        ];
        self.add("aws_ssoadmin_permission_set_inline_policy", label, arguments);
        Ok(())
    }

    fn add_scp(&mut self, scp: &Scp) -> Result<(), serde_json::Error> {
        let label = self.labels.terraform(&format!("{}_scp", scp.name));
        let arguments = vec![
            ("name", Argument::text(&scp.name)),
            ("description", Argument::text(&scp.description)),
            ("type", Argument::text("SERVICE_CONTROL_POLICY")),
            ("content", Argument::document(&scp.document)?),
        ];
        self.add("aws_organizations_policy", label, arguments);
        Ok(())
    }

    /// Attaches a policy to a role, which `role` names in the configuration.
    fn attach_to_role(&mut self, name: &str, role: Argument, policy: &str) {
        let label = self.labels.terraform(&format!("{name}_{policy}"));
        let arguments = vec![("role", role), ("policy_arn", self.arn_of(policy))];
        self.add("aws_iam_role_policy_attachment", label, arguments);
    }

    fn arn_of(&self, policy: &str) -> Argument {
        let label = self.policies.get(policy).map(String::as_str).unwrap_or_default();
        Argument::Reference(format!("aws_iam_policy.{label}.arn"))
    }
}
