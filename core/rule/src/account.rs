//! The pipeline's own account: whose principals count, and which of its roles IAM Identity Center
//! made.

use std::collections::BTreeSet;

use serde::Deserialize;

/// The account of the pipeline, as far as a decision needs to know it.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// 12-digit account id. A principal of any other account is unattributable.
    id: String,
    /// Lower-cased names of roles that IAM shows under [`RESERVED_PATH`].
    #[serde(default)]
    reserved_roles: BTreeSet<String>,
}

/// The path under which IAM Identity Center makes its roles (IAM Identity Center User Guide,
/// "Referencing permission sets in resource policies"). No page says that IAM refuses a role that
/// somebody else makes there: `docs/facts.md#reserved-path-is-closed`.
pub const RESERVED_PATH: &str = "/aws-reserved/sso.amazonaws.com/";

impl Account {
    /// The account with this 12-digit id, with no role that is known to stand under the reserved
    /// path.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), reserved_roles: BTreeSet::new() }
    }

    /// Reads a role's ARN as `iam:GetRole` gives it, path included: if it is a role of this account
    /// under [`RESERVED_PATH`], its sessions may be believed. Any other ARN changes nothing.
    #[must_use]
    pub fn with_role(mut self, role_arn: &str) -> Self {
        let fields: Vec<&str> = role_arn.splitn(6, ':').collect();
        if let ["arn", _, "iam", "", account, resource] = fields.as_slice()
            && *account == self.id
            && let Some(path) = resource.strip_prefix("role")
            && path.starts_with(RESERVED_PATH)
            && let Some((_, name)) = path.rsplit_once('/')
        {
            self.reserved_roles.insert(name.to_lowercase());
        }
        self
    }

    /// [`Account::with_role`] for each of these ARNs.
    #[must_use]
    pub fn with_roles<'a>(self, role_arns: impl IntoIterator<Item = &'a str>) -> Self {
        role_arns.into_iter().fold(self, Self::with_role)
    }

    /// The 12-digit id.
    #[must_use]
    pub fn id(&self) -> &str {
        &self.id
    }

    /// Whether IAM showed the role of this name under [`RESERVED_PATH`].
    #[must_use]
    pub fn has_reserved_role(&self, name: &str) -> bool {
        self.reserved_roles.contains(&name.to_lowercase())
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_role_is_reserved_by_its_path_in_this_account_alone() {
        for (arn, reserved) in [
            (
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01",
                true,
            ),
            (
                "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/eu-west-1/AWSReservedSSO_A_01",
                true,
            ),
            (
                "arn:aws:iam::444455556666:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01",
                false,
            ),
            ("arn:aws:iam::111122223333:role/AWSReservedSSO_A_01", false),
            (
                "arn:aws:iam::111122223333:role/dev/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01",
                false,
            ),
            (
                "arn:aws:iam::111122223333:user/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01",
                false,
            ),
            ("AWSReservedSSO_A_01", false),
        ] {
            let account = Account::new("111122223333").with_role(arn);
            assert_eq!(account.has_reserved_role("awsreservedsso_a_01"), reserved, "{arn}");
        }
    }
}
