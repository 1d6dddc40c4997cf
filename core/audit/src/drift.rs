//! The people in the places that code names: groups, permission sets and tags.

use std::collections::BTreeSet;

use findings::Evidence;
use iam::account::{Actor, GroupIx, Identity};

use crate::account_view::AccountView;
use crate::declared::{DeclaredMembers, MemberPlace};
use crate::identity_center::permission_set_of;

/// Somebody who is in a place.
pub(crate) struct Member {
    /// As code names it.
    pub(crate) name: String,
    pub(crate) arn: String,
    /// How it is in the place.
    pub(crate) evidence: Vec<Evidence>,
}

/// The declared names that are not among these members.
pub(crate) fn missing<'d>(declared: &'d DeclaredMembers, members: &[Member]) -> Vec<&'d str> {
    let there: BTreeSet<String> = members.iter().map(|member| member.name.to_lowercase()).collect();
    let names = declared.members.iter().map(String::as_str);
    names.filter(|name| !there.contains(&name.to_lowercase())).collect()
}

impl AccountView<'_> {
    /// The people and roles in a place. `None` if the account has no such group or permission set.
    pub(crate) fn members_of(&self, place: &MemberPlace) -> Option<Vec<Member>> {
        match place {
            MemberPlace::Group(name) => self.members_of_group(name),
            MemberPlace::PermissionSet(name) => self.holders_of_set(name),
            MemberPlace::Tag { key, value } => Some(self.tagged(key, value)),
        }
    }

    fn members_of_group(&self, name: &str) -> Option<Vec<Member>> {
        let account = self.account();
        let mut groups = account.groups_by_ix();
        let (at, group): (GroupIx, _) =
            groups.find(|(_, group)| group.name.eq_ignore_ascii_case(name))?;
        let members = account.users.iter().filter(|user| user.groups.contains(&at));
        let member = |identity: &Identity| Member {
            name: identity.name.clone(),
            arn: identity.arn.clone(),
            evidence: vec![Evidence::new("group", &group.arn, "has the user as a member")],
        };
        Some(members.map(|user| member(&user.identity)).collect())
    }

    fn tagged(&self, key: &str, value: &str) -> Vec<Member> {
        let account = self.account();
        let tagged = account.actors().filter_map(|actor| {
            let identity = account.identity(actor)?;
            let is_it = |(k, v): &(String, String)| k.eq_ignore_ascii_case(key) && v == value;
            identity.tags.iter().any(is_it).then(|| Member {
                name: match actor {
                    Actor::User(_) => identity.name.clone(),
                    Actor::Role(_) => format!("role/{}", identity.name),
                },
                arn: identity.arn.clone(),
                evidence: vec![Evidence::new("tag", format!("{key}={value}"), "is set")],
            })
        });
        tagged.collect()
    }

    fn holders_of_set(&self, name: &str) -> Option<Vec<Member>> {
        let account = self.account();
        let sets = account.roles.iter().filter_map(|role| permission_set_of(&role.identity));
        sets.into_iter().find(|set| *set == name)?;
        let assigned = self.assigned_people()?;
        let holders = assigned.people().filter_map(|(id, held)| {
            let held = held.iter().find(|held| held.set == name)?;
            let mut evidence = Vec::new();
            if let Some(group) = held.group {
                let group = assigned.group(group);
                evidence.push(Evidence::new("group", group, "has the user as a member"));
            }
            let detail = format!("`{name}` is assigned");
            evidence.push(Evidence::new("permission set", held.arn, detail));
            let arn = format!("arn:{}:identitystore:::user/{id}", account.partition);
            Some(Member { name: assigned.user(id).to_owned(), arn, evidence })
        });
        Some(holders.collect())
    }

    /// The ARN of a declared member, or the one it would have.
    pub(crate) fn arn_of_declared(&self, place: &MemberPlace, name: &str) -> String {
        let account = self.account();
        let (partition, id) = (&account.partition, &account.id);
        if matches!(place, MemberPlace::PermissionSet(_)) {
            let user = self.assigned_people().and_then(|assigned| assigned.id_of(name));
            return format!("arn:{partition}:identitystore:::user/{}", user.unwrap_or(name));
        }
        let (kind, name) = match name.strip_prefix("role/") {
            Some(role) => ("role", role),
            None => ("user", name),
        };
        let mut known = account.actors().filter_map(|actor| {
            let is_kind = matches!(actor, Actor::Role(_)) == (kind == "role");
            account.identity(actor).filter(|_| is_kind)
        });
        match known.find(|identity| identity.name.eq_ignore_ascii_case(name)) {
            Some(identity) => identity.arn.clone(),
            None => format!("arn:{partition}:iam::{id}:{kind}/{name}"),
        }
    }

    /// The ARN of a place, or the one it would have.
    pub(crate) fn arn_of_place(&self, place: &MemberPlace) -> String {
        let account = self.account();
        let (partition, id) = (&account.partition, &account.id);
        match place {
            MemberPlace::Group(name) => format!("arn:{partition}:iam::{id}:group/{name}"),
            MemberPlace::PermissionSet(name) => {
                format!("arn:{partition}:sso:::permissionSet/{name}")
            }
            MemberPlace::Tag { key, value } => format!("{key}={value}"),
        }
    }
}
