//! Writes a CloudFormation template in YAML.

use std::collections::BTreeMap;

use iam::Document;
use indexmap::IndexMap;
use serde::Serialize;

use super::file::RenderError;
use super::label::Labels;
use crate::plan::Plan;

#[derive(Serialize)]
#[serde(rename_all = "PascalCase")]
struct Template<'a> {
    #[serde(rename = "AWSTemplateFormatVersion")]
    version: &'static str,
    description: &'static str,
    resources: IndexMap<String, Resource<'a>>,
}

/// A resource. Types and properties: CloudFormation User Guide, "AWS resource and property types
/// reference".
#[derive(Serialize)]
#[serde(tag = "Type", content = "Properties")]
enum Resource<'a> {
    #[serde(rename = "AWS::IAM::ManagedPolicy", rename_all = "PascalCase")]
    ManagedPolicy {
        managed_policy_name: &'a str,
        description: &'a str,
        policy_document: &'a Document,
        #[serde(skip_serializing_if = "<[String]>::is_empty")]
        roles: &'a [String],
    },
    #[serde(rename = "AWS::IAM::Group", rename_all = "PascalCase")]
    Group { group_name: &'a str, managed_policy_arns: Vec<Ref> },
    #[serde(rename = "AWS::IAM::UserToGroupAddition", rename_all = "PascalCase")]
    UserToGroupAddition { group_name: Ref, users: &'a [String] },
    #[serde(rename = "AWS::IAM::Role", rename_all = "PascalCase")]
    Role {
        role_name: &'a str,
        description: &'a str,
        assume_role_policy_document: &'a Document,
        managed_policy_arns: Vec<Ref>,
    },
    #[serde(rename = "AWS::SSO::PermissionSet", rename_all = "PascalCase")]
    PermissionSet {
        instance_arn: &'a str,
        name: &'a str,
        description: &'a str,
        inline_policy: &'a Document,
    },
    #[serde(rename = "AWS::Organizations::Policy", rename_all = "PascalCase")]
    OrganizationsPolicy {
        name: &'a str,
        description: &'a str,
        #[serde(rename = "Type")]
        kind: &'static str,
        content: &'a Document,
    },
}

/// The `Ref` of a managed policy, which is its ARN, or of a group, which is its name.
#[derive(Clone, Serialize)]
struct Ref {
    #[serde(rename = "Ref")]
    logical_id: String,
}

pub(super) fn render(plan: &Plan) -> Result<String, RenderError> {
    let mut labels = Labels::default();
    let mut resources = IndexMap::new();
    let mut policies: BTreeMap<&str, Ref> = BTreeMap::new();
    for policy in &plan.policies {
        let logical_id = labels.logical_id(&policy.name, "Policy");
        let logical = Ref { logical_id: logical_id.clone() };
        policies.insert(&policy.name, logical);
        let resource = Resource::ManagedPolicy {
            managed_policy_name: &policy.name,
            description: &policy.description,
            policy_document: &policy.document,
            roles: &policy.roles,
        };
        resources.insert(logical_id, resource);
    }
    let refs = |names: &[String]| {
        names.iter().filter_map(|name| policies.get(name.as_str()).cloned()).collect()
    };
    for group in &plan.groups {
        let resource =
            Resource::Group { group_name: &group.name, managed_policy_arns: refs(&group.policies) };
        let logical_id = labels.logical_id(&group.name, "Group");
        resources.insert(logical_id.clone(), resource);
        if !group.members.is_empty() {
            let group_name = Ref { logical_id };
            let members = Resource::UserToGroupAddition { group_name, users: &group.members };
            resources.insert(labels.logical_id(&group.name, "Members"), members);
        }
    }
    for role in &plan.roles {
        let resource = Resource::Role {
            role_name: &role.name,
            description: &role.description,
            assume_role_policy_document: &role.trust,
            managed_policy_arns: refs(&role.policies),
        };
        resources.insert(labels.logical_id(&role.name, "Role"), resource);
    }
    for set in &plan.permission_sets {
        let resource = Resource::PermissionSet {
            instance_arn: &set.instance,
            name: &set.name,
            description: &set.description,
            inline_policy: &set.document,
        };
        resources.insert(labels.logical_id(&set.name, "PermissionSet"), resource);
    }
    for scp in &plan.scps {
        let resource = Resource::OrganizationsPolicy {
            name: &scp.name,
            description: &scp.description,
            kind: "SERVICE_CONTROL_POLICY",
            content: &scp.document,
        };
        resources.insert(labels.logical_id(&scp.name, "Scp"), resource);
    }
    let template = Template {
        version: "2010-09-09",
        description: "The IAM side of the two-person rule, written by policygen",
        resources,
    };
    // Long texts stay on one line, so that an ARN can be searched.
    let options = serde_saphyr::ser_options! { prefer_block_scalars: false };
    Ok(serde_saphyr::to_string_with_options(&template, options)?)
}
