//! What is missing to know who is assigned to what, in words.

use iam::account::{Account, Actor};

use super::{Assigned, Gap};

/// What is missing.
pub(crate) struct Missing {
    /// The ARN of what it is about.
    pub(crate) subject: String,
    /// What is not known.
    pub(crate) message: String,
    /// How to find out.
    pub(crate) help: String,
}

/// How to give what an operation prints.
const GIVE: &str = "and give its output with `--identity-center-file`";

impl Gap<'_> {
    /// What is missing, in words.
    pub(crate) fn describe(self, account: &Account, assigned: &Assigned<'_>) -> Missing {
        let partition = &account.partition;
        let of_store = |kind, id| format!("arn:{partition}:identitystore:::{kind}/{id}");
        match self {
            Gap::NameOfSet(arn) => Missing {
                subject: arn.to_owned(),
                message: format!(
                    "The permission set `{arn}` is assigned in this account, but its name is not \
                     given, so nobody knows which role its people have."
                ),
                help: format!(
                    "Run `aws sso-admin describe-permission-set --instance-arn {} \
                     --permission-set-arn {arn}` {GIVE}.",
                    instance(arn)
                ),
            },
            Gap::RoleOfSet(arn, name) => Missing {
                subject: arn.to_owned(),
                message: format!(
                    "The permission set `{name}` is assigned in this account, but the account has \
                     no role `AWSReservedSSO_{name}_…`, so what its people may do is not known."
                ),
                help: "Save the account and the assignments again, both at one time. If the role \
                       is still missing, provision the permission set."
                    .to_owned(),
            },
            Gap::AssignmentsOf(role, set) => Missing {
                subject: account.arn(Actor::Role(role)).to_owned(),
                message: format!(
                    "The role of the permission set `{set}` leads to a slot, but no assignment of \
                     the set in this account is given, so nobody knows who has it."
                ),
                help: format!(
                    "Run `aws sso-admin list-account-assignments --account-id {}` for this \
                     permission set and `aws sso-admin describe-permission-set`, and give their \
                     output with `--identity-center-file`. If nobody is assigned, delete the role \
                     or accept this with a reason.",
                    account.id
                ),
            },
            Gap::Group(id) => Missing {
                subject: of_store("group", id),
                message: format!(
                    "The group `{id}` of IAM Identity Center has a permission set that leads to a \
                     slot, but it is in no list of groups."
                ),
                help: format!("Run `aws identitystore list-groups` {GIVE}."),
            },
            Gap::MembersOf(id) => Missing {
                subject: of_store("group", id),
                message: format!(
                    "The group `{}` of IAM Identity Center has a permission set that leads to a \
                     slot, but no members of it are given.",
                    assigned.group(id)
                ),
                help: format!(
                    "Run `aws identitystore list-group-memberships --group-id {id}` {GIVE}. If \
                     the group is empty, remove its assignment or accept this with a reason."
                ),
            },
            Gap::User(id) => Missing {
                subject: of_store("user", id),
                message: format!(
                    "The user `{id}` of IAM Identity Center has a permission set that leads to a \
                     slot, but it is in no list of users with its name, so nobody knows which \
                     human it is."
                ),
                help: format!("Run `aws identitystore list-users` {GIVE}."),
            },
        }
    }
}

/// The ARN of the instance that has a permission set: `arn:aws:sso:::instance/INSTANCE` for
/// `arn:aws:sso:::permissionSet/INSTANCE/SET`.
fn instance(set: &str) -> String {
    let (before, resource) = set.rsplit_once(':').unwrap_or(("arn:aws:sso::", set));
    format!("{before}:instance/{}", resource.split('/').nth(1).unwrap_or("INSTANCE"))
}
