//! Trust policies: the principals that they trust, and their conditions.

use serde_json::{Value, json};

use super::chain::{may_assume, shared_role_of_both};
use super::scenarios;
use crate::ACCOUNT;
use crate::code::Code;
use crate::holder::{Role, User};
use crate::plot::{Plot, whole_account};
use crate::policy::{Statement, keep_from_assuming, let_assume, let_do, policy};

scenarios![
    "trust": account_by_number, tag_that_the_user_has, tag_that_the_user_does_not_have, user_name, name_of_somebody_else, with_mfa, with_an_external_id, user_under_a_path,
    path_of_the_user_left_out, role_under_a_path, path_of_the_role_left_out, denied_by_name, another_action, somebody_of_the_same_name_elsewhere, one_of_several,
];

/// A role that approves both slots, with these statements in its trust policy. The user's own
/// policies allow to assume it.
fn role_trusting(plot: &mut Plot<'_>, user: User, statements: Vec<Statement>) -> Role {
    let role = role_asking(plot, user, statements);
    plot.expect(Code::CanApproveBoth, role);
    role
}

/// The same, if the statements may let in nobody: then it is not a human either.
fn role_asking(plot: &mut Plot<'_>, user: User, statements: Vec<Statement>) -> Role {
    let role = plot.role_with_trust("release-manager", policy(statements));
    plot.approves_both(role);
    let arn = plot.arn(role);
    plot.inline(user, policy([may_assume(&arn)]));
    role
}

fn let_in(plot: &mut Plot<'_>, user: User, statement: Statement) {
    role_trusting(plot, user, vec![statement]);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn keep_out(plot: &mut Plot<'_>, user: User, statement: Statement) {
    role_trusting(plot, user, vec![statement]);
}

/// The id of an account means the same as its root ARN.
fn account_by_number(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = role_trusting(plot, user, vec![let_assume(json!({"AWS": ACCOUNT}))]);
    plot.expect(Code::SharedApproverRole, role);
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn tag_that_the_user_has(plot: &mut Plot<'_>) {
    let user = plot.user();
    let badge = badge(plot);
    plot.tag(user, "Badge", &badge);
    let_in(
        plot,
        user,
        let_assume(whole_account()).when("StringEquals", "aws:PrincipalTag/Badge", badge),
    );
}

fn tag_that_the_user_does_not_have(plot: &mut Plot<'_>) {
    let user = plot.user();
    let (worn, asked_for) = (badge(plot), badge(plot));
    plot.tag(user, "Badge", &worn);
    keep_out(
        plot,
        user,
        let_assume(whole_account()).when("StringEquals", "aws:PrincipalTag/Badge", asked_for),
    );
}

/// A unique value for a tag.
fn badge(plot: &mut Plot<'_>) -> String {
    crate::id::unique(&mut plot.account.rng, "badge-")
}

fn user_name(plot: &mut Plot<'_>) {
    let user = plot.user();
    let name = plot.account.user_name(user).to_owned();
    let_in(plot, user, let_assume(whole_account()).when("StringEquals", "aws:username", name));
}

fn name_of_somebody_else(plot: &mut Plot<'_>) {
    let user = plot.user();
    let name = format!("{}-admin", plot.account.user_name(user));
    keep_out(plot, user, let_assume(whole_account()).when("StringEquals", "aws:username", name));
}

/// The user may have a second factor.
fn with_mfa(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = plot.names(user);
    let_in(plot, user, let_assume(principal).when("Bool", "aws:MultiFactorAuthPresent", "true"));
}

/// The caller chooses the external id.
fn with_an_external_id(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = plot.names(user);
    let_in(plot, user, let_assume(principal).when("StringEquals", "sts:ExternalId", "7f3c9a"));
}

fn user_under_a_path(plot: &mut Plot<'_>) {
    let user = plot.user_at("/engineering/release/");
    let principal = plot.names(user);
    let_in(plot, user, let_assume(principal));
}

/// Without the path, the ARN is that of another user, who does not exist.
fn path_of_the_user_left_out(plot: &mut Plot<'_>) {
    let user = plot.user_at("/engineering/release/");
    let principal = without_path(&plot.arn(user));
    role_asking(plot, user, vec![let_assume(json!({"AWS": principal}))]);
}

fn without_path(arn: &str) -> String {
    let (beginning, _) = arn.split_once('/').unwrap();
    let (_, name) = arn.rsplit_once('/').unwrap();
    format!("{beginning}/{name}")
}

fn role_at(plot: &mut Plot<'_>, path: &str, trust: Value) -> Role {
    let role = plot.account.role(path, "release-manager", trust);
    plot.cast.insert(plot.account.arn(role.into()).to_owned(), plot.scenario);
    plot.approves_both(role);
    plot.expect(Code::CanApproveBoth, role);
    plot.expect(Code::SharedApproverRole, role);
    role
}

fn role_under_a_path(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = role_at(plot, "/release/", policy([let_assume(whole_account())]));
    let arn = plot.arn(role);
    plot.inline(user, policy([may_assume(&arn)]));
    plot.expect(Code::CanApproveBothThroughRole, user);
}

fn path_of_the_role_left_out(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = role_at(plot, "/release/", policy([let_assume(whole_account())]));
    // No other role has this ARN: it would have the same name, and names are unique.
    let arn = without_path(&plot.arn(role));
    plot.inline(user, policy([may_assume(&arn)]));
}

fn denied_by_name(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = plot.names(user);
    role_trusting(plot, user, vec![let_assume(principal.clone()), keep_from_assuming(principal)]);
}

/// A permission to tag a session does not allow to start one.
fn another_action(plot: &mut Plot<'_>) {
    let user = plot.user();
    let principal = plot.names(user);
    keep_out(plot, user, let_do("sts:TagSession", principal));
}

fn somebody_of_the_same_name_elsewhere(plot: &mut Plot<'_>) {
    let user = plot.user();
    let role = shared_role_of_both(plot, "releaser");
    let elsewhere = plot.arn(role).replace(ACCOUNT, "999988887777");
    plot.inline(user, policy([may_assume(&elsewhere)]));
}

fn one_of_several(plot: &mut Plot<'_>) {
    let user = plot.user();
    let arn = plot.arn(user);
    let gone = crate::id::unique(&mut plot.account.rng, "AIDA");
    let_in(plot, user, let_assume(json!({"AWS": [gone, arn]})));
}
