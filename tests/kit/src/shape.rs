//! The output of `aws iam get-account-authorization-details`: the members of botocore's model
//! `iam/2010-05-08`, in its order.

use serde::Serialize;
use serde_json::Value;

/// The whole output.
#[derive(Clone, Debug, Default, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Details {
    pub(super) user_detail_list: Vec<UserDetail>,
    pub(super) group_detail_list: Vec<GroupDetail>,
    pub(super) role_detail_list: Vec<RoleDetail>,
    pub(super) policies: Vec<ManagedPolicyDetail>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct UserDetail {
    pub(super) path: String,
    pub(super) user_name: String,
    pub(super) user_id: String,
    pub(super) arn: String,
    pub(super) create_date: String,
    #[serde(skip_serializing_if = "Vec::is_empty")]
    pub(super) user_policy_list: Vec<PolicyDetail>,
    pub(super) group_list: Vec<String>,
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) permissions_boundary: Option<AttachedPermissionsBoundary>,
    pub(super) tags: Vec<Tag>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct GroupDetail {
    pub(super) path: String,
    pub(super) group_name: String,
    pub(super) group_id: String,
    pub(super) arn: String,
    pub(super) create_date: String,
    pub(super) group_policy_list: Vec<PolicyDetail>,
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct RoleDetail {
    pub(super) path: String,
    pub(super) role_name: String,
    pub(super) role_id: String,
    pub(super) arn: String,
    pub(super) create_date: String,
    pub(super) assume_role_policy_document: Value,
    pub(super) instance_profile_list: Vec<Value>,
    pub(super) role_policy_list: Vec<PolicyDetail>,
    pub(super) attached_managed_policies: Vec<AttachedPolicy>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pub(super) permissions_boundary: Option<AttachedPermissionsBoundary>,
    pub(super) tags: Vec<Tag>,
    pub(super) role_last_used: Value,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct ManagedPolicyDetail {
    pub(super) policy_name: String,
    pub(super) policy_id: String,
    pub(super) arn: String,
    pub(super) path: String,
    pub(super) default_version_id: String,
    pub(super) attachment_count: usize,
    pub(super) permissions_boundary_usage_count: usize,
    pub(super) is_attachable: bool,
    pub(super) create_date: String,
    pub(super) update_date: String,
    pub(super) policy_version_list: Vec<PolicyVersion>,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyVersion {
    pub(super) document: Value,
    pub(super) version_id: String,
    pub(super) is_default_version: bool,
    pub(super) create_date: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct PolicyDetail {
    pub(super) policy_name: String,
    pub(super) policy_document: Value,
}

#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachedPolicy {
    pub(super) policy_name: String,
    pub(super) policy_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct AttachedPermissionsBoundary {
    pub(super) permissions_boundary_type: &'static str,
    pub(super) permissions_boundary_arn: String,
}

#[derive(Clone, Debug, Serialize)]
#[serde(rename_all = "PascalCase")]
pub(super) struct Tag {
    pub(super) key: String,
    pub(super) value: String,
}
