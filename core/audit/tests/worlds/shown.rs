//! A world as the audit reads it, and as people do.

use std::fmt;

use serde_json::{Value, json};

use super::account::{ADMINISTRATOR, Kind, Managed, World};
use super::policy;

const ROOT: &str = "arn:aws:iam::111122223333:root";

impl World {
    /// The account as `aws iam get-account-authorization-details` prints it.
    pub(crate) fn json(&self) -> Value {
        let list = |kind: Kind| -> Vec<Value> {
            self.all(kind).map(|arn| self.identity_json(arn)).collect()
        };
        let used = |arn: &str| {
            self.identities
                .values()
                .any(|identity| identity.attached.contains(arn) || identity.boundary == Some(arn))
        };
        let policies = self.policies.iter().filter(|(arn, _)| **arn != ADMINISTRATOR || used(arn));
        let policies: Vec<Value> =
            policies.map(|(arn, managed)| managed_json(arn, managed)).collect();
        json!({
            "UserDetailList": list(Kind::User),
            "GroupDetailList": list(Kind::Group),
            "RoleDetailList": list(Kind::Role),
            "Policies": policies,
        })
    }

    fn identity_json(&self, arn: &str) -> Value {
        let identity = &self.identities[arn];
        let inline = identity.inline.iter().map(|(name, document)| {
            json!({"PolicyName": name, "PolicyDocument": policy::document_json(document)})
        });
        let inline: Vec<Value> = inline.collect();
        let attached = identity.attached.iter();
        let attached: Vec<Value> =
            attached.map(|arn| json!({"PolicyName": name(arn), "PolicyArn": arn})).collect();
        let mut json = match identity.kind {
            Kind::User => json!({
                "UserName": name(arn),
                "UserId": format!("AIDA{}", name(arn)),
                "GroupList": identity.groups.iter().map(|arn| name(arn)).collect::<Vec<_>>(),
                "UserPolicyList": inline,
            }),
            Kind::Group => json!({
                "GroupName": name(arn),
                "GroupId": format!("AGPA{}", name(arn)),
                "GroupPolicyList": inline,
            }),
            Kind::Role => json!({
                "RoleName": name(arn),
                "RoleId": format!("AROA{}", name(arn)),
                "AssumeRolePolicyDocument": policy::trust_json(&identity.trust, ROOT),
                "RolePolicyList": inline,
                "InstanceProfileList": [],
            }),
        };
        json["Arn"] = json!(arn);
        json["Path"] = json!("/");
        json["AttachedManagedPolicies"] = json!(attached);
        if let Some(boundary) = identity.boundary {
            json["PermissionsBoundary"] = json!({
                "PermissionsBoundaryType": "Policy",
                "PermissionsBoundaryArn": boundary,
            });
        }
        json
    }
}

impl fmt::Debug for World {
    /// One line for each identity, with what it has.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (arn, identity) in &self.identities {
            write!(f, "\n{}", tail(arn))?;
            for group in &identity.groups {
                write!(f, ", in {}", tail(group))?;
            }
            for policy in &identity.attached {
                write!(f, ", has {}", tail(policy))?;
            }
            if let Some(policy) = identity.boundary {
                write!(f, ", within {}", tail(policy))?;
            }
            if !identity.trust.is_empty() {
                write!(f, ", trusts {:?}", identity.trust)?;
            }
            for (name, document) in &identity.inline {
                write!(f, "\n    {name}: {document:?}")?;
            }
        }
        for (arn, managed) in self.policies.iter().filter(|(arn, _)| **arn != ADMINISTRATOR) {
            write!(f, "\n{}, v{} in force", tail(arn), managed.default + 1)?;
            for document in &managed.versions {
                write!(f, "\n    {document:?}")?;
            }
        }
        match &self.control {
            Some(control) => write!(f, "\nservice control policy: {control:?}"),
            None => Ok(()),
        }
    }
}

fn tail(arn: &str) -> &str {
    arn.rsplit(':').next().unwrap()
}

fn managed_json(arn: &str, managed: &Managed) -> Value {
    let versions = managed.versions.iter().enumerate().map(|(at, document)| {
        json!({
            "VersionId": format!("v{}", at + 1),
            "IsDefaultVersion": at == managed.default,
            "Document": policy::document_json(document),
        })
    });
    json!({
        "PolicyName": name(arn),
        "Arn": arn,
        "Path": "/",
        "DefaultVersionId": format!("v{}", managed.default + 1),
        "PolicyVersionList": versions.collect::<Vec<_>>(),
    })
}

fn name(arn: &str) -> &str {
    arn.rsplit('/').next().unwrap()
}
