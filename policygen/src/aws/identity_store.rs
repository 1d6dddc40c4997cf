//! Reads the people and the groups of IAM Identity Center.

use audit::identity_center::{Group, IdentityCenter, MemberId, Membership, User};
use aws_sdk_identitystore::Client;
use aws_sdk_identitystore::types;
use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use super::sso_admin::{PAGE, REQUESTS, refused};
use super::{Aws, CallError, incomplete};

impl Aws {
    /// Reads all people, all groups, and the members of these groups.
    ///
    /// # Errors
    /// [`CallError`] if a call fails, or an answer is incomplete.
    pub(super) async fn identity_store(
        &self,
        store: &str,
        with_members: &[&str],
    ) -> Result<IdentityCenter, CallError> {
        let client = Client::new(&self.0);
        let members = stream::iter(with_members).map(|group| members(&client, store, group));
        let members: Vec<Vec<Membership>> = members.buffered(REQUESTS).try_collect().await?;
        Ok(IdentityCenter {
            users: users(&client, store).await?,
            groups: groups(&client, store).await?,
            memberships: members.into_iter().flatten().collect(),
            ..IdentityCenter::default()
        })
    }
}

async fn users(client: &Client, store: &str) -> Result<Vec<User>, CallError> {
    const ACTION: &str = "identitystore:ListUsers";
    let call = client.list_users().identity_store_id(store).max_results(PAGE);
    let mut pages = call.into_paginator().items().send();
    let mut users = Vec::new();
    while let Some(user) = pages.next().await {
        let user = user.map_err(|error| refused(CallError::new(ACTION, &error)))?;
        users.push(User {
            identity_store_id: user.identity_store_id,
            user_id: user.user_id,
            user_name: user.user_name,
            user_status: user.user_status.map(|status| status.as_str().to_owned()),
        });
    }
    Ok(users)
}

async fn groups(client: &Client, store: &str) -> Result<Vec<Group>, CallError> {
    const ACTION: &str = "identitystore:ListGroups";
    let call = client.list_groups().identity_store_id(store).max_results(PAGE);
    let mut pages = call.into_paginator().items().send();
    let mut groups = Vec::new();
    while let Some(group) = pages.next().await {
        let group = group.map_err(|error| refused(CallError::new(ACTION, &error)))?;
        groups.push(Group {
            identity_store_id: group.identity_store_id,
            group_id: group.group_id,
            display_name: group.display_name,
        });
    }
    Ok(groups)
}

async fn members(client: &Client, store: &str, group: &str) -> Result<Vec<Membership>, CallError> {
    const ACTION: &str = "identitystore:ListGroupMemberships";
    let call = client.list_group_memberships().identity_store_id(store).group_id(group);
    let mut pages = call.max_results(PAGE).into_paginator().items().send();
    let mut members = Vec::new();
    while let Some(member) = pages.next().await {
        let member = member.map_err(|error| refused(CallError::new(ACTION, &error)))?;
        let Some(types::MemberId::UserId(user_id)) = member.member_id else {
            return Err(incomplete(ACTION, "`UserId` of a member"));
        };
        members.push(Membership {
            identity_store_id: member.identity_store_id,
            group_id: group.to_owned(),
            member_id: MemberId { user_id },
        });
    }
    Ok(members)
}
