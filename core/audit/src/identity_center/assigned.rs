//! Who is assigned to which role of the account, and what the lists leave open.

use std::collections::{BTreeMap, BTreeSet, HashMap, HashSet};

use iam::account::{Account, RoleIx};

use super::lists::{Assignment, Group, IdentityCenter, PrincipalType, User};
use super::permission_set_of;

/// The people of IAM Identity Center who have roles of the account, and what is not known.
#[derive(Debug, Default)]
pub(crate) struct Assigned<'a> {
    /// By the person's id, what the person has.
    people: BTreeMap<&'a str, Vec<Held<'a>>>,
    users: HashMap<&'a str, &'a User>,
    groups: HashMap<&'a str, &'a Group>,
    /// The roles for which everybody is known.
    known: HashSet<RoleIx>,
    /// What is not known.
    pub(crate) gaps: BTreeSet<Gap<'a>>,
}

/// A permission set that a person has, with its role.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct Held<'a> {
    /// The role.
    pub(crate) role: RoleIx,
    /// The name of the permission set.
    pub(crate) set: &'a str,
    /// The ARN of the permission set.
    pub(crate) arn: &'a str,
    /// The id of the group that it is assigned to. `None` if it is assigned to the person.
    pub(crate) group: Option<&'a str>,
}

/// Something that is needed to know who has a role, and that the lists do not say.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) enum Gap<'a> {
    /// A permission set is assigned here, but its name is not given: its ARN.
    NameOfSet(&'a str),
    /// A permission set is assigned here, but has no role here: its ARN and its name.
    RoleOfSet(&'a str, &'a str),
    /// A role, and no assignment of its permission set: the set's name.
    AssignmentsOf(RoleIx, &'a str),
    /// A group has a role, but it is not in the list of groups: its id.
    Group(&'a str),
    /// A group has a role, but its members are not given: its id.
    MembersOf(&'a str),
    /// A person has a role, but is not in the list of users, or without a name: the person's id.
    User(&'a str),
}

impl<'a> Assigned<'a> {
    /// Joins the lists with the roles for which `matters`.
    pub(crate) fn new(
        center: &'a IdentityCenter,
        account: &'a Account,
        matters: impl Fn(RoleIx) -> bool,
    ) -> Self {
        let mut assigned = Self {
            users: center.users.iter().map(|user| (user.user_id.as_str(), user)).collect(),
            groups: center.groups.iter().map(|it| (it.group_id.as_str(), it)).collect(),
            ..Self::default()
        };
        let mut members: HashMap<&str, Vec<&str>> = HashMap::new();
        for it in &center.memberships {
            members.entry(&it.group_id).or_default().push(&it.member_id.user_id);
        }
        let assignments = assigned.by_set(center, account);
        for (at, role) in account.roles_by_ix().filter(|(at, _)| matters(*at)) {
            let Some(set) = permission_set_of(&role.identity) else { continue };
            let Some(of_set) = assignments.get(set) else {
                match center.is_whole {
                    true => _ = assigned.known.insert(at),
                    false => _ = assigned.gaps.insert(Gap::AssignmentsOf(at, set)),
                }
                continue;
            };
            let is_known = of_set
                .iter()
                .map(|assignment| assigned.assign(at, set, assignment, &members, center.is_whole));
            // All of them are looked at, also after one that is not known.
            if is_known.fold(true, |all, one| all & one) {
                assigned.known.insert(at);
            }
        }
        for held in assigned.people.values_mut() {
            held.sort_unstable();
            held.dedup();
        }
        assigned
    }

    /// The assignments in this account, by the name of the permission set.
    fn by_set(
        &mut self,
        center: &'a IdentityCenter,
        account: &'a Account,
    ) -> HashMap<&'a str, Vec<&'a Assignment>> {
        let names = center.permission_sets.iter();
        let names: HashMap<&str, &str> =
            names.map(|set| (set.permission_set_arn.as_str(), set.name.as_str())).collect();
        let roles = account.roles.iter();
        let sets: HashSet<&str> =
            roles.filter_map(|role| permission_set_of(&role.identity)).collect();
        let mut by_set: HashMap<&str, Vec<&Assignment>> = HashMap::new();
        for assignment in center.assignments.iter().filter(|it| it.account_id == account.id) {
            let arn = assignment.permission_set_arn.as_str();
            match names.get(arn) {
                None => _ = self.gaps.insert(Gap::NameOfSet(arn)),
                Some(name) if !sets.contains(name) => {
                    self.gaps.insert(Gap::RoleOfSet(arn, name));
                }
                Some(name) => by_set.entry(name).or_default().push(assignment),
            }
        }
        by_set
    }

    /// Notes who has a role by an assignment. Returns whether everybody is known.
    fn assign(
        &mut self,
        role: RoleIx,
        set: &'a str,
        assignment: &'a Assignment,
        members: &HashMap<&'a str, Vec<&'a str>>,
        is_whole: bool,
    ) -> bool {
        let (id, arn) = (assignment.principal_id.as_str(), assignment.permission_set_arn.as_str());
        match assignment.principal_type {
            PrincipalType::User => self.hold(id, Held { role, set, arn, group: None }),
            PrincipalType::Group => {
                if !self.groups.contains_key(id) {
                    self.gaps.insert(Gap::Group(id));
                }
                let members = members.get(id).map_or(&[][..], Vec::as_slice);
                if members.is_empty() && !is_whole {
                    self.gaps.insert(Gap::MembersOf(id));
                    return false;
                }
                let held = Held { role, set, arn, group: Some(id) };
                members.iter().map(|user| self.hold(user, held)).fold(true, |all, one| all & one)
            }
        }
    }

    /// Notes what a person has. Returns whether the person's name is known.
    fn hold(&mut self, user: &'a str, held: Held<'a>) -> bool {
        self.people.entry(user).or_default().push(held);
        let is_known = self.user_name(user).is_some();
        if !is_known {
            self.gaps.insert(Gap::User(user));
        }
        is_known
    }

    /// The people, by their ids, with what each has.
    pub(crate) fn people(&self) -> impl Iterator<Item = (&'a str, &[Held<'a>])> {
        self.people.iter().map(|(id, held)| (*id, held.as_slice()))
    }

    /// Whether everybody who has a role is known.
    pub(crate) fn knows(&self, role: RoleIx) -> bool {
        self.known.contains(&role)
    }

    /// The names of the sessions of those who have a role and can sign in.
    pub(crate) fn sessions(&self, role: RoleIx) -> impl Iterator<Item = &'a str> {
        let holders = self.people.iter();
        let holders = holders.filter(move |(_, held)| held.iter().any(|held| held.role == role));
        let users = holders.filter_map(|(id, _)| self.users.get(id));
        let enabled = users.filter(|user| user.user_status.as_deref() != Some("DISABLED"));
        enabled.filter_map(|user| user.user_name.as_deref())
    }

    /// What a person is called: by name, if it is known.
    pub(crate) fn user(&self, id: &'a str) -> &'a str {
        self.user_name(id).unwrap_or(id)
    }

    /// What a group is called: by name, if it is known.
    pub(crate) fn group(&self, id: &'a str) -> &'a str {
        self.groups.get(id).and_then(|group| group.display_name.as_deref()).unwrap_or(id)
    }

    /// The names of all people, each with the id.
    pub(crate) fn named_users(&self) -> impl Iterator<Item = (&'a str, &'a str)> {
        let users = self.users.values();
        users.filter_map(|user| Some((user.user_name.as_deref()?, user.user_id.as_str())))
    }

    fn user_name(&self, id: &str) -> Option<&'a str> {
        self.users.get(id)?.user_name.as_deref()
    }
}
