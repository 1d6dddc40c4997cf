//! Reads the lists that the AWS CLI printed. Their content shows which they are.

use std::collections::{BTreeMap, BTreeSet};

use serde::Deserialize;
use serde_json::{Map, Value};

use super::lists::{Assignment, Group, IdentityCenter, Membership, PermissionSet, User};

/// Collects the lists, file by file.
#[derive(Debug, Default)]
pub struct Reader {
    read: IdentityCenter,
    /// For each list that was read: the pages.
    pages: BTreeMap<(Kind, String), Pages>,
    /// The first file that names each identity store, and each instance of IAM Identity Center.
    centers: [Option<(String, String)>; 2],
}

/// The pages of one list.
#[derive(Debug, Default)]
struct Pages {
    /// The first file with a page that another one follows.
    followed: Option<String>,
    has_last: bool,
}

/// Why the files cannot be used.
#[derive(Debug, thiserror::Error)]
pub enum ListError {
    /// Not JSON, or a list that lacks what the audit needs.
    #[error(
        "`{file}` is not what the AWS CLI prints about IAM Identity Center: {problem}; save it \
         again with --output json"
    )]
    Malformed {
        /// The name of the file.
        file: String,
        /// What is wrong with it.
        problem: serde_json::Error,
    },
    /// Another command's output.
    #[error(
        "`{file}` has {found}, and none of the lists of IAM Identity Center; give what `aws \
         sso-admin list-account-assignments`, `list-permission-sets`, `describe-permission-set` \
         and `aws identitystore list-users`, `list-groups`, `list-group-memberships` print"
    )]
    Unknown {
        /// The name of the file.
        file: String,
        /// What it has instead.
        found: String,
    },
    /// The last page of a list is missing.
    #[error(
        "`{file}` is a page of a list whose last page is missing; run `{command}` again without \
         --max-items and --no-paginate, or give all of its pages"
    )]
    Unfinished {
        /// The name of the file.
        file: String,
        /// The command that prints the list.
        command: &'static str,
    },
    /// Lists of two organizations.
    #[error(
        "`{file}` is of `{id}`, but `{other_file}` is of `{other}`; give the files of one IAM \
         Identity Center"
    )]
    TwoCenters {
        /// The name of the file.
        file: String,
        /// Its identity store or instance.
        id: String,
        /// The name of another file.
        other_file: String,
        /// Its identity store or instance.
        other: String,
    },
    /// A permission set with two names.
    #[error(
        "the permission set `{arn}` is called `{one}` in one file and `{other}` in another; save \
         both again with `aws sso-admin describe-permission-set`"
    )]
    TwoNames {
        /// The ARN of the set.
        arn: String,
        /// A name.
        one: String,
        /// Another name.
        other: String,
    },
}

#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
enum Kind {
    Assignments,
    PermissionSets,
    PermissionSet,
    Users,
    Groups,
    Memberships,
}

impl Kind {
    /// Each kind, the member of the output that shows it, and the command that prints it.
    const ALL: [(Self, &'static str, &'static str); 6] = [
        (Self::Assignments, "AccountAssignments", "aws sso-admin list-account-assignments"),
        (Self::PermissionSets, "PermissionSets", "aws sso-admin list-permission-sets"),
        (Self::PermissionSet, "PermissionSet", "aws sso-admin describe-permission-set"),
        (Self::Users, "Users", "aws identitystore list-users"),
        (Self::Groups, "Groups", "aws identitystore list-groups"),
        (Self::Memberships, "GroupMemberships", "aws identitystore list-group-memberships"),
    ];
}

impl Reader {
    /// Adds what a file has: one or more JSON documents, one after the other.
    ///
    /// # Errors
    /// [`ListError`] if it is none of the known lists, or one of another organization.
    pub fn add(&mut self, file: &str, text: &str) -> Result<(), ListError> {
        let malformed = |problem| ListError::Malformed { file: file.to_owned(), problem };
        let unknown =
            |found: &str| ListError::Unknown { file: file.to_owned(), found: found.to_owned() };
        let mut is_empty = true;
        for document in serde_json::Deserializer::from_str(text).into_iter::<Value>() {
            is_empty = false;
            let Value::Object(printed) = document.map_err(malformed)? else {
                return Err(unknown("something else than an object"));
            };
            self.document(file, printed)?;
        }
        if is_empty { Err(unknown("nothing")) } else { Ok(()) }
    }

    /// All lists together.
    ///
    /// # Errors
    /// [`ListError`] if a list is not complete, or the files contradict each other.
    pub fn finish(self) -> Result<IdentityCenter, ListError> {
        for ((kind, _), pages) in &self.pages {
            // An empty last page does not show which list it ends.
            let unnamed = self.pages.get(&(*kind, String::new()));
            let has_last = pages.has_last || unnamed.is_some_and(|unnamed| unnamed.has_last);
            if let Some(file) = pages.followed.clone().filter(|_| !has_last) {
                let command = Kind::ALL.iter().find(|(of, ..)| of == kind);
                let command = command.map_or("aws", |(.., command)| *command);
                return Err(ListError::Unfinished { file, command });
            }
        }
        let mut names: BTreeMap<&str, &str> = BTreeMap::new();
        for set in &self.read.permission_sets {
            let known = names.insert(&set.permission_set_arn, &set.name);
            if let Some(other) = known.filter(|known| *known != set.name) {
                return Err(ListError::TwoNames {
                    arn: set.permission_set_arn.clone(),
                    one: other.to_owned(),
                    other: set.name.clone(),
                });
            }
        }
        Ok(self.read)
    }

    fn document(&mut self, file: &str, mut printed: Map<String, Value>) -> Result<(), ListError> {
        let present: Vec<_> =
            Kind::ALL.iter().filter(|(_, member, _)| printed.contains_key(*member)).collect();
        let [(kind, member, _)] = present.as_slice() else {
            let members: Vec<String> = printed.keys().map(|key| format!("`{key}`")).collect();
            let found = if members.is_empty() { "nothing".to_owned() } else { members.join(", ") };
            return Err(ListError::Unknown { file: file.to_owned(), found });
        };
        let is_followed = printed.get("NextToken").is_some_and(|token| !token.is_null());
        let list = printed.remove(*member).unwrap_or_default();
        let of = self.keep(file, *kind, list)?;
        let pages = self.pages.entry((*kind, of)).or_default();
        match is_followed {
            true => pages.followed = pages.followed.take().or(Some(file.to_owned())),
            false => pages.has_last = true,
        }
        Ok(())
    }

    /// Keeps a list. Returns what it is a list of, if that is one thing.
    fn keep(&mut self, file: &str, kind: Kind, list: Value) -> Result<String, ListError> {
        let mut of = BTreeSet::new();
        match kind {
            Kind::Assignments => {
                let more: Vec<Assignment> = read(file, list)?;
                for one in &more {
                    self.is_of_instance(file, &one.permission_set_arn)?;
                    of.insert(format!("{} {}", one.account_id, one.permission_set_arn));
                }
                self.read.assignments.extend(more);
            }
            // The assignments name the sets of the account, and each is described.
            Kind::PermissionSets => {
                for arn in read::<Vec<String>>(file, list)? {
                    self.is_of_instance(file, &arn)?;
                }
            }
            Kind::PermissionSet => {
                let set: PermissionSet = read(file, list)?;
                self.is_of_instance(file, &set.permission_set_arn)?;
                self.read.permission_sets.push(set);
            }
            Kind::Users => {
                let more: Vec<User> = read(file, list)?;
                for one in &more {
                    self.is_of_store(file, &one.identity_store_id)?;
                }
                self.read.users.extend(more);
            }
            Kind::Groups => {
                let more: Vec<Group> = read(file, list)?;
                for one in &more {
                    self.is_of_store(file, &one.identity_store_id)?;
                }
                self.read.groups.extend(more);
            }
            Kind::Memberships => {
                let more: Vec<Membership> = read(file, list)?;
                for one in &more {
                    self.is_of_store(file, &one.identity_store_id)?;
                    of.insert(one.group_id.clone());
                }
                self.read.memberships.extend(more);
            }
        }
        let only = of.pop_first().filter(|_| of.is_empty());
        Ok(only.unwrap_or_default())
    }

    fn is_of_store(&mut self, file: &str, store: &str) -> Result<(), ListError> {
        let [known, _] = &mut self.centers;
        is_of(known, file, store)
    }

    /// `arn:aws:sso:::permissionSet/INSTANCE/SET`.
    fn is_of_instance(&mut self, file: &str, set: &str) -> Result<(), ListError> {
        let [_, known] = &mut self.centers;
        match set.split('/').nth(1) {
            Some(instance) => is_of(known, file, instance),
            None => Ok(()),
        }
    }
}

fn is_of(known: &mut Option<(String, String)>, file: &str, id: &str) -> Result<(), ListError> {
    let (other_file, other) = known.get_or_insert_with(|| (file.to_owned(), id.to_owned()));
    if other == id {
        return Ok(());
    }
    Err(ListError::TwoCenters {
        file: file.to_owned(),
        id: id.to_owned(),
        other_file: other_file.clone(),
        other: other.clone(),
    })
}

fn read<T: for<'de> Deserialize<'de>>(file: &str, list: Value) -> Result<T, ListError> {
    let malformed = |problem| ListError::Malformed { file: file.to_owned(), problem };
    T::deserialize(list).map_err(malformed)
}
