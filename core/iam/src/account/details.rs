//! An account as `aws iam get-account-authorization-details` prints it.
//!
//! Names and shapes: IAM API Reference, GetAccountAuthorizationDetails. Unneeded members are
//! ignored; a missing member that is needed is an error.

use std::borrow::Cow;
use std::collections::HashMap;
use std::sync::Arc;

use percent_encoding::percent_decode_str;
use rayon::prelude::*;
use serde::de::{Error as _, IgnoredAny};
use serde::{Deserialize, Deserializer};
use serde_json::value::RawValue;
use serde_with::{As, DefaultOnNull};

use crate::policy::{OneOrMany, Policy, PolicyError};

/// The whole answer.
#[derive(Debug, Default, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct Details<'a> {
    /// The users.
    pub user_detail_list: Option<Vec<UserDetail<'a>>>,
    /// The groups.
    pub group_detail_list: Option<Vec<GroupDetail<'a>>>,
    /// The roles.
    pub role_detail_list: Option<Vec<RoleDetail<'a>>>,
    /// The customer managed policies, and the AWS managed policies that are attached.
    pub policies: Option<Vec<PolicyDetail<'a>>>,
    /// Whether more pages follow.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub is_truncated: bool,
    /// The start of the next page. With `--max-items` the AWS CLI prints this without
    /// `IsTruncated`.
    pub next_token: Option<IgnoredAny>,
}

/// A user.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct UserDetail<'a> {
    /// Its name.
    pub user_name: String,
    /// Its unique id.
    pub user_id: String,
    /// Its ARN.
    pub arn: String,
    /// The names of its groups.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub group_list: Vec<String>,
    /// Its inline policies.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub user_policy_list: Vec<InlinePolicy<'a>>,
    /// Its managed policies.
    #[serde(default, deserialize_with = "one_or_many")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// Its permissions boundary.
    pub permissions_boundary: Option<Boundary>,
    /// Its tags.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub tags: Vec<Tag>,
}

/// A group.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct GroupDetail<'a> {
    /// Its name.
    pub group_name: String,
    /// Its ARN.
    pub arn: String,
    /// Its inline policies.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub group_policy_list: Vec<InlinePolicy<'a>>,
    /// Its managed policies.
    #[serde(default, deserialize_with = "one_or_many")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
}

/// A role.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct RoleDetail<'a> {
    /// Its name.
    pub role_name: String,
    /// Its unique id.
    pub role_id: String,
    /// Its ARN.
    pub arn: String,
    /// Its trust policy.
    pub assume_role_policy_document: Document<'a>,
    /// Its inline policies.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub role_policy_list: Vec<InlinePolicy<'a>>,
    /// Its managed policies.
    #[serde(default, deserialize_with = "one_or_many")]
    pub attached_managed_policies: Vec<AttachedPolicy>,
    /// Its permissions boundary.
    pub permissions_boundary: Option<Boundary>,
    /// Its tags.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    pub tags: Vec<Tag>,
}

/// A managed policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct PolicyDetail<'a> {
    /// Its name.
    pub policy_name: String,
    /// Its ARN.
    pub arn: String,
    /// Its versions. One of them is in force.
    pub policy_version_list: Vec<PolicyVersion<'a>>,
}

/// A version of a managed policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct PolicyVersion<'a> {
    /// `v1`, `v2`, …
    pub version_id: String,
    /// Whether this version is in force.
    pub is_default_version: bool,
    /// The policy.
    pub document: Document<'a>,
}

/// An inline policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object", bound(deserialize = "'de: 'a"))]
pub struct InlinePolicy<'a> {
    /// Its name.
    pub policy_name: String,
    /// The policy.
    pub policy_document: Document<'a>,
}

/// Reads a list, or one element without brackets: an example of the AWS CLI has such a member.
fn one_or_many<'de, D: Deserializer<'de>, T: Deserialize<'de>>(
    deserializer: D,
) -> Result<Vec<T>, D::Error> {
    let list: Option<OneOrMany<T>> = Option::deserialize(deserializer)?;
    Ok(list.map(|list| list.0).unwrap_or_default())
}

/// Treats `null` as absent. Programs that use other SDKs than the AWS CLI print every member.
type OrDefault = As<DefaultOnNull>;

/// A reference to an attached managed policy.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub struct AttachedPolicy {
    /// Its ARN.
    pub policy_arn: String,
}

/// A reference to the managed policy that is a permissions boundary.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub struct Boundary {
    /// Its ARN.
    pub permissions_boundary_arn: String,
}

/// A tag.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "PascalCase", expecting = "an object")]
pub struct Tag {
    /// Its key.
    pub key: String,
    /// Its value.
    pub value: String,
}

/// A policy document.
#[derive(Debug)]
pub struct Document<'a> {
    json: Cow<'a, str>,
    /// The policy, once [`Details::read_documents`] has read it.
    read: Option<Result<Arc<Policy>, PolicyError>>,
}

impl Document<'static> {
    /// Reads the form that the API sends: URL-encoded according to RFC 3986.
    ///
    /// # Errors
    /// If it does not decode to UTF-8.
    pub fn from_api(encoded: &str) -> Result<Self, std::str::Utf8Error> {
        let decoded = percent_decode_str(encoded).decode_utf8()?;
        Ok(Document::new(Cow::Owned(decoded.into_owned())))
    }
}

impl<'a> Document<'a> {
    fn new(json: Cow<'a, str>) -> Self {
        Self { json, read: None }
    }

    /// The policy of a user, a group or a role, or a managed policy. If it cannot be read, it is
    /// the worst that it may be, and the fault is returned too.
    pub(super) fn identity(self) -> (Arc<Policy>, Option<PolicyError>) {
        match self.read.unwrap_or_else(|| Policy::identity(&self.json).map(Arc::new)) {
            Ok(policy) => (policy, None),
            Err(problem) => (Arc::new(Policy::worst_of_identity(&self.json)), Some(problem)),
        }
    }

    /// The trust policy of a role. If it cannot be read, it is the worst that it may be, and the
    /// fault is returned too.
    pub(super) fn trust(self) -> (Arc<Policy>, Option<PolicyError>) {
        match self.read.unwrap_or_else(|| Policy::resource(&self.json).map(Arc::new)) {
            Ok(policy) => (policy, None),
            Err(problem) => (Arc::new(Policy::worst_of_resource(&self.json)), Some(problem)),
        }
    }
}

impl Details<'_> {
    /// Reads all documents in parallel, because that is most of the work.
    pub(super) fn read_documents(&mut self) {
        let groups = self.group_detail_list.iter_mut().flatten();
        let users = self.user_detail_list.iter_mut().flatten();
        let mut trust = Vec::new();
        let mut inline: Vec<&mut InlinePolicy<'_>> =
            groups.flat_map(|group| &mut group.group_policy_list).collect();
        inline.extend(users.flat_map(|user| &mut user.user_policy_list));
        for role in self.role_detail_list.iter_mut().flatten() {
            trust.push(&mut role.assume_role_policy_document);
            inline.extend(&mut role.role_policy_list);
        }
        let managed = self.policies.iter_mut().flatten();
        let versions = managed.flat_map(|policy| &mut policy.policy_version_list);
        let inline = inline.into_iter().map(|policy| &mut policy.policy_document);
        read_each(versions.map(|version| &mut version.document).chain(inline), Policy::identity);
        read_each(trust.into_iter(), Policy::resource);
    }
}

/// Reads each text once: the inline policies of many principals are the same.
fn read_each<'d, 'a: 'd>(
    documents: impl Iterator<Item = &'d mut Document<'a>>,
    read: fn(&str) -> Result<Policy, PolicyError>,
) {
    let mut alike: HashMap<Cow<'a, str>, Vec<&'d mut Document<'a>>> = HashMap::new();
    for document in documents {
        alike.entry(std::mem::take(&mut document.json)).or_default().push(document);
    }
    alike.into_par_iter().for_each(|(json, documents)| {
        let policy = read(&json).map(Arc::new);
        for document in documents {
            // An error cannot be shared, and its text is still needed.
            document.read = Some(match &policy {
                Ok(policy) => Ok(Arc::clone(policy)),
                Err(_) => read(&json).map(Arc::new),
            });
            if policy.is_err() {
                document.json = json.clone();
            }
        }
    });
}

/// Reads an object, as the AWS CLI prints it, or the text that the API sends.
impl<'de: 'a, 'a> Deserialize<'de> for Document<'a> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let raw = <&'de RawValue>::deserialize(deserializer)?.get();
        if !raw.starts_with('"') {
            return Ok(Self::new(Cow::Borrowed(raw)));
        }
        let encoded: String = serde_json::from_str(raw).map_err(D::Error::custom)?;
        Document::from_api(&encoded).map_err(D::Error::custom)
    }
}
