//! What IAM Identity Center says about who is assigned to what.
//!
//! Names and shapes: IAM Identity Center API Reference and Identity Store API Reference, the
//! answers of the operations that each list names. Members that are not needed are ignored.

use serde::Deserialize;

/// The lists of one organization's IAM Identity Center.
#[derive(Debug, Default)]
pub struct IdentityCenter {
    /// Who is assigned to which permission set in which account: `ListAccountAssignments`.
    pub assignments: Vec<Assignment>,
    /// The permission sets with their names: `DescribePermissionSet`.
    pub permission_sets: Vec<PermissionSet>,
    /// The people: `ListUsers`.
    pub users: Vec<User>,
    /// The groups: `ListGroups`.
    pub groups: Vec<Group>,
    /// Who is in which group: `ListGroupMemberships`.
    pub memberships: Vec<Membership>,
    /// Whether everything about the account was asked for, so that what is not here does not
    /// exist. Files cannot show that: an empty list does not say what it is empty of.
    pub is_whole: bool,
}

/// An assignment of a permission set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Assignment {
    /// The number of the account.
    pub account_id: String,
    /// The ARN of the permission set.
    pub permission_set_arn: String,
    /// Whether a person or a group has it.
    pub principal_type: PrincipalType,
    /// The id of the person or the group.
    pub principal_id: String,
}

/// What has an assignment.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "UPPERCASE")]
pub enum PrincipalType {
    /// A person.
    User,
    /// A group.
    Group,
}

/// A permission set.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct PermissionSet {
    /// Its name, which the names of its roles contain.
    pub name: String,
    /// Its ARN.
    pub permission_set_arn: String,
}

/// A person.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct User {
    /// The identity store.
    pub identity_store_id: String,
    /// The id.
    pub user_id: String,
    /// The name with which the person signs in, and that of the person's sessions.
    pub user_name: Option<String>,
    /// `ENABLED`, `DISABLED`, or not given.
    pub user_status: Option<String>,
}

/// A group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Group {
    /// The identity store.
    pub identity_store_id: String,
    /// The id.
    pub group_id: String,
    /// The name.
    pub display_name: Option<String>,
}

/// That a person is in a group.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct Membership {
    /// The identity store.
    pub identity_store_id: String,
    /// The id of the group.
    pub group_id: String,
    /// Who is in it.
    pub member_id: MemberId,
}

/// Who is in a group. Only people can be.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "PascalCase")]
pub struct MemberId {
    /// The id of the person.
    pub user_id: String,
}
