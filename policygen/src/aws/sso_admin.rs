//! Reads from IAM Identity Center who is assigned to the permission sets of an account.

use audit::identity_center::{Assignment, IdentityCenter, PermissionSet, PrincipalType};
use aws_sdk_ssoadmin::Client;
use aws_sdk_ssoadmin::types;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::{Aws, CallError, incomplete};

/// The maximum number of requests at the same time. IAM Identity Center allows 20 a second (IAM
/// Identity Center User Guide, "Quotas"); the SDK slows down when it is throttled.
pub(super) const REQUESTS: usize = 4;

/// The maximum number of entries of a page (IAM Identity Center API Reference and Identity Store
/// API Reference, `MaxResults`).
pub(super) const PAGE: i32 = 100;

impl Aws {
    /// Reads everything about an account: its permission sets, their assignments, all people, all
    /// groups, and the members of the groups that are assigned.
    ///
    /// # Errors
    /// [`CallError`] if a call fails, or an answer is incomplete.
    pub(crate) async fn identity_center(&self, account: &str) -> Result<IdentityCenter, CallError> {
        let client = Client::new(&self.0);
        let (instance, store) = self.instance(&client).await?;
        let sets = sets(&client, &instance, account).await?;
        let read = stream::iter(&sets).map(|arn| async {
            let set = describe(&client, &instance, arn).await?;
            Ok::<_, CallError>((set, assignments(&client, &instance, account, arn).await?))
        });
        let read: Vec<_> = read.buffered(REQUESTS).try_collect().await?;
        let (permission_sets, assignments): (Vec<_>, Vec<_>) = read.into_iter().unzip();
        let assignments: Vec<Assignment> = assignments.into_iter().flatten().collect();
        let mut groups: Vec<&str> = assignments
            .iter()
            .filter(|it| it.principal_type == PrincipalType::Group)
            .map(|it| it.principal_id.as_str())
            .collect();
        groups.sort_unstable();
        groups.dedup();
        let people = self.identity_store(&store, &groups).await?;
        Ok(IdentityCenter { permission_sets, assignments, is_whole: true, ..people })
    }

    /// The ARN of the organization's instance, and the id of its identity store. An account may
    /// also have its own instance, which has no permission sets.
    async fn instance(&self, client: &Client) -> Result<(String, String), CallError> {
        const ACTION: &str = "sso:ListInstances";
        let mut pages = client.list_instances().into_paginator().items().send();
        let mut found = Vec::new();
        while let Some(instance) = pages.next().await {
            let instance = instance.map_err(|error| refused(CallError::new(ACTION, &error)))?;
            found.push(instance);
        }
        // `ins-…` is an instance of an account, `ssoins-…` one of an organization (IAM Identity
        // Center API Reference, `InstanceArn`).
        let is_of_organization = |it: &types::InstanceMetadata| {
            it.instance_arn().is_some_and(|arn| arn.contains("/ssoins-"))
        };
        let instance = found.into_iter().find(is_of_organization);
        let region = || self.region().unwrap_or("the configured region").to_owned();
        let instance = instance.ok_or_else(|| CallError::NoIdentityCenter { region: region() })?;
        let missing = |what| incomplete(ACTION, what);
        let arn = instance.instance_arn.ok_or_else(|| missing("`InstanceArn`"))?;
        let store = instance.identity_store_id.ok_or_else(|| missing("`IdentityStoreId`"))?;
        Ok((arn, store))
    }
}

async fn sets(client: &Client, instance: &str, account: &str) -> Result<Vec<String>, CallError> {
    const ACTION: &str = "sso:ListPermissionSetsProvisionedToAccount";
    let call = client.list_permission_sets_provisioned_to_account();
    let call = call.instance_arn(instance).account_id(account).max_results(PAGE);
    let mut pages = call.into_paginator().items().send();
    let mut sets = Vec::new();
    while let Some(set) = pages.next().await {
        sets.push(set.map_err(|error| refused(CallError::new(ACTION, &error)))?);
    }
    Ok(sets)
}

async fn describe(client: &Client, instance: &str, arn: &str) -> Result<PermissionSet, CallError> {
    const ACTION: &str = "sso:DescribePermissionSet";
    let call = client.describe_permission_set().instance_arn(instance).permission_set_arn(arn);
    let reply = call.send().await.map_err(|error| refused(CallError::new(ACTION, &error)))?;
    let name = reply.permission_set.and_then(|set| set.name);
    let name = name.ok_or_else(|| incomplete(ACTION, "`Name`"))?;
    Ok(PermissionSet { name, permission_set_arn: arn.to_owned() })
}

async fn assignments(
    client: &Client,
    instance: &str,
    account: &str,
    set: &str,
) -> Result<Vec<Assignment>, CallError> {
    const ACTION: &str = "sso:ListAccountAssignments";
    let call = client.list_account_assignments();
    let call = call.instance_arn(instance).account_id(account).permission_set_arn(set);
    let mut pages = call.max_results(PAGE).into_paginator().items().send();
    let mut assignments = Vec::new();
    while let Some(one) = pages.next().await {
        let one = one.map_err(|error| refused(CallError::new(ACTION, &error)))?;
        let missing = |what| incomplete(ACTION, what);
        let principal_type = match one.principal_type {
            Some(types::PrincipalType::User) => PrincipalType::User,
            Some(types::PrincipalType::Group) => PrincipalType::Group,
            Some(_) | None => return Err(missing("`PrincipalType` that is known")),
        };
        assignments.push(Assignment {
            account_id: one.account_id.ok_or_else(|| missing("`AccountId`"))?,
            permission_set_arn: one.permission_set_arn.ok_or_else(|| missing("set's ARN"))?,
            principal_type,
            principal_id: one.principal_id.ok_or_else(|| missing("`PrincipalId`"))?,
        });
    }
    Ok(assignments)
}

/// Adds the usual reason to a refusal.
pub(super) fn refused(error: CallError) -> CallError {
    if let CallError::AccessDenied { action, message } = error {
        return CallError::NotTheAdministrator { action, message };
    }
    error
}
