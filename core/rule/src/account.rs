//! The pipeline's account: only its principals count, and IAM may show that some of its roles
//! belong to IAM Identity Center.

use std::collections::BTreeSet;

use names::Arn;
use serde::{Deserialize, Serialize};

/// What a decision needs to know about the account of the pipeline.
#[derive(Clone, Debug, PartialEq, Eq, Serialize, Deserialize)]
#[serde(rename_all = "camelCase", deny_unknown_fields)]
pub struct Account {
    /// 12 digits. Principals of other accounts are unattributable.
    id: String,
    /// Lower-cased names of the roles that IAM shows under [`RESERVED_PATH`].
    #[serde(default)]
    reserved_roles: BTreeSet<String>,
}

/// The path of the roles that IAM Identity Center creates (IAM Identity Center User Guide,
/// "Referencing permission sets in resource policies"). No page of AWS says that IAM refuses to
/// create other roles there: see `docs/facts.md#reserved-path-is-closed`.
pub const RESERVED_PATH: &str = "/aws-reserved/sso.amazonaws.com/";

impl Account {
    /// The account with this 12-digit id. No role is known to have the reserved path.
    #[must_use]
    pub fn new(id: impl Into<String>) -> Self {
        Self { id: id.into(), reserved_roles: BTreeSet::new() }
    }

    /// Adds a role by its ARN as `iam:GetRole` gives it, path included. If it is a role of this
    /// account under [`RESERVED_PATH`], its sessions may be believed. Any other ARN changes
    /// nothing.
    #[must_use]
    pub fn with_role(mut self, role_arn: &str) -> Self {
        if let Some(Arn { service: "iam", region: "", account, resource, .. }) =
            Arn::parse(role_arn)
            && account == self.id
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

    /// Whether IAM showed a role of this name under [`RESERVED_PATH`].
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
