//! Roles whose session names a rule trusts, although some of them let the caller choose.

use std::collections::BTreeMap;

use serde_json::json;

use super::ACCOUNT;
use super::build::Account;
use super::code::Code;
use super::generate::Generated;
use super::holder::User;
use super::plot::Planted;
use super::policy::{A, Statement, approve, let_assume, let_do, policy};

/// A rule that trusts them.
pub const RULE: &str = r#"{"trustedSessionRoles": ["AWSReservedSSO_*", "Release-pinned", "Release-open",
    "Release-any-name", "Release-not-root", "Release-with-mfa"]}"#;

const SESSION_NAME: &str = "sts:RoleSessionName";

/// An account in which only the roles with unpinned session names are planted.
#[must_use]
pub fn account() -> Generated {
    let mut account = Account::new(11);
    let mut cast = BTreeMap::new();
    let mut planted = Vec::new();
    let mut role = |name: &str, trust: &dyn Fn(Statement) -> Statement, pinned: bool| {
        let user = account.user("/", &format!("owner-of-{name}"));
        let trust = trust(let_assume(names(&account, user)));
        let role = account.role("/", name, policy([trust]));
        account.inline(role.into(), policy([approve(&[A])]));
        let arn = account.arn(role.into()).to_owned();
        cast.insert(arn.clone(), "trusted");
        if !pinned {
            planted.push(Planted {
                scenario: "trusted",
                code: Code::SessionNameNotPinned,
                arn,
                witness: None,
            });
        }
    };
    role(
        "Release-pinned",
        &|trust| trust.when("StringEquals", SESSION_NAME, "${aws:username}"),
        true,
    );
    role("Release-open", &|trust| trust, false);
    role("Release-any-name", &|trust| trust.when("StringLike", SESSION_NAME, "*"), false);
    role("Release-not-root", &|trust| trust.when("StringNotEquals", SESSION_NAME, "root"), false);
    role(
        "Release-with-mfa",
        &|trust| trust.when("Bool", "aws:MultiFactorAuthPresent", "true"),
        false,
    );
    // The rule does not trust it.
    role("Deployer", &|trust| trust, true);

    // The identity provider sets the names of these sessions.
    let provider = json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_example_DO_NOT_DELETE")});
    let trust = policy([let_do("sts:AssumeRoleWithSAML", provider)]);
    let sso = account.role(
        "/aws-reserved/sso.amazonaws.com/",
        "AWSReservedSSO_ApprovalA_0123456789abcdef",
        trust,
    );
    account.inline(sso.into(), policy([approve(&[A])]));
    Generated::new(account, cast, planted)
}

fn names(account: &Account, user: User) -> serde_json::Value {
    json!({"AWS": account.arn(user.into())})
}
