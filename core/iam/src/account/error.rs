//! Why accounts are refused.

use crate::policy::PolicyError;

/// Why an account cannot be read.
#[derive(Debug, thiserror::Error)]
pub enum AccountError {
    /// The text is not JSON, or has another shape.
    #[error("not what `aws iam get-account-authorization-details` prints: {0}")]
    Json(serde_json::Error),
    /// The text is another JSON object.
    #[error(
        "not what `aws iam get-account-authorization-details` prints: it has none of \
         UserDetailList, GroupDetailList, RoleDetailList and Policies"
    )]
    Other,
    /// The file is one page of several.
    #[error(
        "only a part of the account: there are more pages; run the command again without \
         --no-paginate and --max-items to get all pages"
    )]
    Truncated,
    /// The account has no principals.
    #[error("the account has no user, no group and no role, so there is nothing to audit")]
    Empty,
    /// A list is missing, because the command ran with `--filter`.
    #[error(
        "only a part of the account: {0} is missing; run the command again without --filter to get \
         users, groups, roles and all policies"
    )]
    Filtered(&'static str),
    /// A policy is not valid.
    #[error("the policy `{policy}` of {of}: {problem}")]
    Policy {
        /// Its name or ARN.
        policy: String,
        /// The ARN of its owner.
        of: String,
        /// The fault.
        problem: PolicyError,
    },
    /// An attached policy is missing.
    #[error(
        "{of} has the policy `{policy}`, which is not in the snapshot; run the command again without \
         --filter to get all attached policies"
    )]
    MissingPolicy {
        /// Its ARN.
        policy: String,
        /// The ARN of an identity that has it.
        of: String,
    },
    /// A managed policy does not have exactly one version in force.
    #[error("the policy `{0}` has no default version, or several")]
    Version(String),
    /// A group of a user is missing.
    #[error(
        "the user `{user}` is in the group `{group}`, which is not in the snapshot; run the command \
         again without --filter"
    )]
    MissingGroup {
        /// The user's name.
        user: String,
        /// The group's name.
        group: String,
    },
    /// An ARN of something else than a principal.
    #[error("`{0}` is not the ARN of a user, a group or a role")]
    Arn(String),
    /// The principals are of several accounts.
    #[error(
        "the file has the principals of several accounts ({accounts}): `{stranger}` is not of the \
         account {first}; give each account its own file"
    )]
    Accounts {
        /// All accounts, in order.
        accounts: String,
        /// The account of the first principal.
        first: String,
        /// The ARN of the first principal that is of another account.
        stranger: String,
    },
}
