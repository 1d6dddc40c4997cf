//! A small account, and what its policies allow.

use std::collections::{BTreeMap, BTreeSet};
use std::rc::Rc;

use super::policy::{self, Document, Trust, Trusted};

/// AWS's own policy. Every account has it.
pub(crate) const ADMINISTRATOR: &str = "arn:aws:iam::aws:policy/AdministratorAccess";

/// The names that the worlds know. The last of each kind, and of the roles the last two, belong to
/// nobody at first: a pattern such as `role/a*` may be about a new role or not.
pub(crate) const USERS: [&str; 4] = [
    "arn:aws:iam::111122223333:user/ann",
    "arn:aws:iam::111122223333:user/bob",
    "arn:aws:iam::111122223333:user/cy",
    "arn:aws:iam::111122223333:user/new",
];
pub(crate) const GROUPS: [&str; 3] = [
    "arn:aws:iam::111122223333:group/devs",
    "arn:aws:iam::111122223333:group/ops",
    "arn:aws:iam::111122223333:group/new",
];
pub(crate) const ROLES: [&str; 5] = [
    "arn:aws:iam::111122223333:role/alpha",
    "arn:aws:iam::111122223333:role/apex",
    "arn:aws:iam::111122223333:role/beta",
    "arn:aws:iam::111122223333:role/another",
    "arn:aws:iam::111122223333:role/other",
];
pub(crate) const POLICIES: [&str; 4] = [
    "arn:aws:iam::111122223333:policy/one",
    "arn:aws:iam::111122223333:policy/two",
    "arn:aws:iam::111122223333:policy/three",
    "arn:aws:iam::111122223333:policy/new",
];

/// A user, a group or a role. Its key in the account is its ARN.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Identity {
    pub(crate) kind: Kind,
    pub(crate) inline: BTreeMap<&'static str, Document>,
    /// The ARNs of managed policies.
    pub(crate) attached: BTreeSet<&'static str>,
    pub(crate) boundary: Option<&'static str>,
    /// The groups of a user.
    pub(crate) groups: BTreeSet<&'static str>,
    /// The trust policy of a role.
    pub(crate) trust: Trust,
    /// Whether the human has created it: then a user has no password that could be changed.
    pub(crate) is_made: bool,
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) enum Kind {
    User,
    Group,
    Role,
}

/// A managed policy: its versions, and which of them is in force.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct Managed {
    pub(crate) versions: Vec<Document>,
    pub(crate) default: usize,
}

#[derive(Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub(crate) struct World {
    pub(crate) identities: BTreeMap<&'static str, Rc<Identity>>,
    pub(crate) policies: BTreeMap<&'static str, Rc<Managed>>,
    /// A service control policy. AWS's `FullAWSAccess` is there too.
    pub(crate) control: Option<Document>,
}

impl Identity {
    pub(crate) fn new(kind: Kind) -> Self {
        Self {
            kind,
            inline: BTreeMap::new(),
            attached: BTreeSet::new(),
            boundary: None,
            groups: BTreeSet::new(),
            trust: Rc::new(Vec::new()),
            is_made: false,
        }
    }
}

impl World {
    pub(crate) fn new() -> Self {
        let administrator = Managed { versions: vec![policy::everything()], default: 0 };
        Self {
            identities: BTreeMap::new(),
            policies: BTreeMap::from([(ADMINISTRATOR, Rc::new(administrator))]),
            control: None,
        }
    }

    /// The ARNs of all identities of a kind.
    pub(crate) fn all(&self, kind: Kind) -> impl Iterator<Item = &'static str> {
        let of_kind = self.identities.iter().filter(move |(_, identity)| identity.kind == kind);
        of_kind.map(|(arn, _)| *arn)
    }

    pub(crate) fn change(&mut self, arn: &str) -> &mut Identity {
        Rc::make_mut(self.identities.get_mut(arn).unwrap())
    }

    /// The same without any denial in policies.
    pub(crate) fn without_denials(&self) -> Self {
        let allowed = |document: &Document| -> Document {
            Rc::new(document.iter().filter(|statement| statement.allows).cloned().collect())
        };
        let mut world = Self { control: None, ..self.clone() };
        for identity in world.identities.values_mut() {
            let inline = identity.inline.iter().map(|(name, text)| (*name, allowed(text)));
            let inline = inline.collect();
            Rc::make_mut(identity).inline = inline;
        }
        for managed in world.policies.values_mut() {
            let versions = managed.versions.iter().map(allowed).collect();
            Rc::make_mut(managed).versions = versions;
        }
        world
    }

    fn in_force(&self, arn: &str) -> &Document {
        let managed = &self.policies[arn];
        &managed.versions[managed.default]
    }

    fn documents(&self, arn: &str) -> Vec<&Document> {
        let identity = &self.identities[arn];
        let attached = identity.attached.iter().map(|arn| self.in_force(arn));
        let of_groups = identity.groups.iter().flat_map(|group| self.documents(group));
        identity.inline.values().chain(attached).chain(of_groups).collect()
    }

    /// Whether something forbids an action to a principal, no matter what allows it.
    fn forbids(&self, who: &str, action: &str, resource: &str) -> bool {
        let mut documents = self.documents(who);
        documents.extend(self.boundary(who));
        documents.extend(&self.control);
        policy::any(&documents, false, action, resource)
    }

    fn boundary(&self, who: &str) -> Option<&Document> {
        self.identities[who].boundary.map(|arn| self.in_force(arn))
    }

    fn boundary_allows(&self, who: &str, action: &str, resource: &str) -> bool {
        let boundary = self.boundary(who);
        boundary.is_none_or(|boundary| policy::any(&[boundary], true, action, resource))
    }

    /// Whether the policies of a principal let it do something to a resource without a policy.
    pub(crate) fn allows(&self, who: &str, action: &str, resource: &str) -> bool {
        policy::any(&self.documents(who), true, action, resource)
            && self.boundary_allows(who, action, resource)
            && !self.forbids(who, action, resource)
    }

    /// Whether a principal may assume a role.
    ///
    /// A trust policy that names a user is enough. One that names a role is enough within the
    /// role's boundary (IAM User Guide, "Permissions boundaries for IAM entities"). One that names
    /// the account leaves it to the caller's policies. Everybody includes the human's own account
    /// elsewhere, and nothing here limits that.
    pub(crate) fn may_assume(&self, who: &str, role: &str) -> bool {
        let action = "sts:AssumeRole";
        let trust = &self.identities[role].trust;
        if trust.contains(&(true, Trusted::Everybody)) {
            return true;
        }
        let applies = |trusted: Trusted| match trusted {
            Trusted::Named(arn) => arn == who,
            Trusted::Account => true,
            Trusted::Everybody | Trusted::Lambda => false,
        };
        let is_user = self.identities[who].kind == Kind::User;
        let suffices = |trusted: Trusted| match trusted {
            Trusted::Named(_) => is_user || self.boundary_allows(who, action, role),
            Trusted::Account => self.allows(who, action, role),
            Trusted::Everybody | Trusted::Lambda => false,
        };
        trust.iter().any(|(allows, trusted)| *allows && applies(*trusted) && suffices(*trusted))
            && !trust.iter().any(|(allows, trusted)| !allows && applies(*trusted))
            && !self.forbids(who, action, role)
    }

    pub(crate) fn trusts_lambda(&self, role: &str) -> bool {
        let trust = &self.identities[role].trust;
        trust.contains(&(true, Trusted::Lambda)) && !trust.contains(&(false, Trusted::Lambda))
    }
}
