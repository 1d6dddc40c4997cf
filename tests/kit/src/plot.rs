//! The vocabulary of scenarios: pieces of an account, and expected findings.

use std::collections::BTreeMap;

use serde_json::{Value, json};

use super::ACCOUNT;
use super::build::Account;
use super::code::Code;
use super::holder::{Group, Holder, Policy, Role, User};
use super::name;
use super::policy::{A, APPROVE, B, approve, let_assume, policy};

/// An expected finding.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Planted {
    /// The name of its scenario.
    pub scenario: &'static str,
    /// Its code.
    pub code: Code,
    /// The ARN of the principal.
    pub arn: String,
    /// A text that its witness must contain.
    pub witness: Option<String>,
}

/// The pieces that every account has and scenarios may use.
#[derive(Clone, Copy, Debug)]
pub(super) struct Commons {
    /// The group that approves slot A everywhere.
    pub(super) group_a: Group,
    /// The group that approves slot B everywhere.
    pub(super) group_b: Group,
}

/// A scenario under construction.
#[derive(Debug)]
pub(super) struct Plot<'a> {
    pub(super) account: &'a mut Account,
    pub(super) commons: Commons,
    pub(super) scenario: &'static str,
    /// The principals of the scenario, so that an unexpected finding can be attributed to it.
    pub(super) cast: &'a mut BTreeMap<String, &'static str>,
    pub(super) planted: &'a mut Vec<Planted>,
}

impl Plot<'_> {
    /// A user with any name.
    pub(super) fn user(&mut self) -> User {
        self.user_at("/")
    }

    /// A user with any name, under a path.
    pub(super) fn user_at(&mut self, path: &str) -> User {
        let name = name::person(&mut self.account.rng);
        let user = self.account.user(path, &name);
        self.enter(user)
    }

    /// A user. The name gets a number if it is taken.
    pub(super) fn user_named(&mut self, wish: &str) -> User {
        let user = self.account.user("/", wish);
        self.enter(user)
    }

    /// A user who approves slot A through a group. It is a finding, because the user has no second
    /// factor.
    pub(super) fn approver_of_a(&mut self) -> User {
        let user = self.user();
        self.account.join(user, self.commons.group_a);
        self.expect(Code::ApproverWithoutMfa, user);
        user
    }

    /// The same for slot B.
    pub(super) fn approver_of_b(&mut self) -> User {
        let user = self.user();
        self.account.join(user, self.commons.group_b);
        self.expect(Code::ApproverWithoutMfa, user);
        user
    }

    /// A group.
    pub(super) fn group(&mut self, wish: &str) -> Group {
        self.account.group("/", wish)
    }

    /// A group with these statements, and the user in it.
    pub(super) fn group_of(&mut self, user: User, wish: &str, document: Value) -> Group {
        let group = self.group(wish);
        self.inline(group, document);
        self.account.join(user, group);
        group
    }

    /// A role that the principals of the `Principal` element may assume. The name gets a number if
    /// it is taken.
    pub(super) fn role(&mut self, wish: &str, principal: Value) -> Role {
        self.role_with_trust(wish, policy([let_assume(principal)]))
    }

    /// A role with this trust policy.
    pub(super) fn role_with_trust(&mut self, wish: &str, trust: Value) -> Role {
        let role = self.account.role("/", wish, trust);
        self.enter(role)
    }

    /// A role that nobody can assume any more: the user that it trusts is deleted, and IAM shows
    /// only the id.
    pub(super) fn abandoned_role(&mut self, wish: &str) -> Role {
        let gone = super::id::unique(&mut self.account.rng, "AIDA");
        self.role(wish, json!({"AWS": gone}))
    }

    /// A role that only one user may assume, and that user.
    pub(super) fn role_of_a_user(&mut self, wish: &str) -> (Role, User) {
        let user = self.user();
        let arn = self.arn(user);
        (self.role(wish, json!({"AWS": arn})), user)
    }

    /// Allows it to approve both slots everywhere.
    pub(super) fn approves_both(&mut self, holder: impl Into<Holder>) {
        self.inline(holder, policy([approve(&[A, B])]));
    }

    /// Writes an inline policy.
    pub(super) fn inline(&mut self, holder: impl Into<Holder>, document: Value) {
        self.account.inline(holder.into(), document);
    }

    /// A customer managed policy with one version.
    pub(super) fn policy(&mut self, wish: &str, document: Value) -> Policy {
        self.account.policy(wish, &[document], 1)
    }

    /// Attaches an AWS managed policy.
    pub(super) fn attach_aws(&mut self, holder: impl Into<Holder>, name: &str) {
        let policy = self.account.aws_managed(name);
        self.account.attach(holder.into(), policy);
    }

    /// Sets a boundary with one version.
    pub(super) fn bound(&mut self, holder: impl Into<Holder>, document: Value) {
        let policy = self.policy("boundary", document);
        self.account.bound(holder.into(), policy);
    }

    /// Tags it.
    pub(super) fn tag(&mut self, holder: impl Into<Holder>, key: &str, value: &str) {
        self.account.tag(holder.into(), key, value);
    }

    /// Its ARN.
    pub(super) fn arn(&self, holder: impl Into<Holder>) -> String {
        self.account.arn(holder.into()).to_owned()
    }

    /// The `Principal` element that names only this one.
    pub(super) fn names(&self, holder: impl Into<Holder>) -> Value {
        json!({"AWS": self.arn(holder)})
    }

    /// Expects a finding.
    pub(super) fn expect(&mut self, code: Code, holder: impl Into<Holder>) {
        self.plant(code, holder.into(), None);
    }

    /// Expects a finding whose witness contains this text.
    pub(super) fn expect_witness(&mut self, code: Code, holder: impl Into<Holder>, witness: &str) {
        self.plant(code, holder.into(), Some(witness.to_owned()));
    }

    /// Expects that a user approves both slots without a second factor.
    pub(super) fn expect_both(&mut self, user: User) {
        self.expect(Code::CanApproveBoth, user);
        self.expect(Code::ApproverWithoutMfa, user);
    }

    fn plant(&mut self, code: Code, holder: Holder, witness: Option<String>) {
        self.planted.push(Planted {
            scenario: self.scenario,
            code,
            arn: self.account.arn(holder).to_owned(),
            witness,
        });
    }

    fn enter<H: Copy + Into<Holder>>(&mut self, holder: H) -> H {
        self.cast.insert(self.arn(holder), self.scenario);
        holder
    }
}

/// The `Principal` element of every principal that the account's own policies allow.
pub(super) fn whole_account() -> Value {
    json!({"AWS": format!("arn:aws:iam::{ACCOUNT}:root")})
}

/// The `Principal` element of a service.
pub(super) fn service(name: &str) -> Value {
    json!({"Service": format!("{name}.amazonaws.com")})
}

/// All permissions about approvals, for boundaries that let them through.
pub(super) const APPROVALS: &[&str] = &[APPROVE];
