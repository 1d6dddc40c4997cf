//! The people in the places that code names: groups, permission sets and tags.

use std::collections::{BTreeSet, HashMap};

use findings::Evidence;
use iam::account::{Actor, GroupIx, Identity};

use crate::account_view::AccountView;
use crate::declared::{DeclaredMembers, MemberPlace};
use crate::identity_center::{Assigned, permission_set_of};

/// The beginning of the name of a role among members.
const ROLE: &str = "role/";

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
                    Actor::Role(_) => format!("{ROLE}{}", identity.name),
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
            let (name, arn) = (assigned.user(id).to_owned(), self.arn_in_center(id));
            Some(Member { name, arn, evidence })
        });
        Some(holders.collect())
    }

    /// The ARNs of everybody who could be in a place, by the names that code has for them, in lower
    /// case.
    pub(crate) fn arns_by_name(&self, place: &MemberPlace) -> HashMap<String, String> {
        let account = self.account();
        if let MemberPlace::PermissionSet(_) = place {
            let users = self.assigned_people().into_iter().flat_map(Assigned::named_users);
            let arn = |(name, id): (&str, &str)| (name.to_lowercase(), self.arn_in_center(id));
            return users.map(arn).collect();
        }
        let named = account.actors().filter_map(|actor| {
            let name = account.identity(actor)?.name.to_lowercase();
            let name = match actor {
                Actor::User(_) => name,
                Actor::Role(_) => format!("{ROLE}{name}"),
            };
            Some((name, account.arn(actor).to_owned()))
        });
        named.collect()
    }

    /// The ARN that a declared member would have.
    pub(crate) fn arn_if_there(&self, place: &MemberPlace, name: &str) -> String {
        let (partition, id) = (&self.account().partition, &self.account().id);
        match (place, name.strip_prefix(ROLE)) {
            (MemberPlace::PermissionSet(_), _) => self.arn_in_center(name),
            (_, Some(role)) => format!("arn:{partition}:iam::{id}:role/{role}"),
            (_, None) => format!("arn:{partition}:iam::{id}:user/{name}"),
        }
    }

    /// The ARN of a user of IAM Identity Center.
    fn arn_in_center(&self, id: &str) -> String {
        format!("arn:{}:identitystore:::user/{id}", self.account().partition)
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
