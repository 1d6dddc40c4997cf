//! Noise: users, groups, roles and policies without a connection to approvals. They are most of an
//! account.

mod permissions;

use permissions::{document, self_service, statement, statements};
use serde_json::json;

use super::build::Account;
use super::holder::{Group, Holder, Policy, User};
use super::name::{person, team};
use super::plot::{service, whole_account};
use super::policy::{let_assume, let_do, policy};
use super::size::Size;
use super::{ACCOUNT, id};

/// The number of groups that are left for noise.
pub(super) const LEAST_GROUPS: usize = 6;

/// Fills an account up to its size.
pub(super) fn surround(account: &mut Account, size: Size) {
    let planted_users = account.details.user_detail_list.len();
    let policies: Vec<Policy> =
        (account.customer_policies()..size.policies).map(|_| managed(account)).collect();
    let groups = groups(account, size, &policies);
    roles(account, size, &policies);
    for _ in planted_users..size.users {
        let user = user(account, &policies);
        for _ in 0..account.rng.u8(0..5) {
            let group = *account.rng.choice(&groups).unwrap();
            account.join(user, group);
        }
    }
}

/// A customer managed policy with several versions.
fn managed(account: &mut Account) -> Policy {
    let wish = format!(
        "{}-{}",
        team(&mut account.rng),
        account.rng.choice(["access", "deploy", "operate", "read"]).unwrap()
    );
    let mut statements = statements(&mut account.rng, 3..7);
    let mut versions = vec![policy(statements.clone())];
    for _ in 0..account.rng.usize(0..3) {
        // A new version is the old one with a change.
        if let Some(first) = statements.first_mut() {
            *first = statement(&mut account.rng, "platform");
        }
        versions.push(policy(statements.clone()));
    }
    let default = if account.rng.u8(0..10) == 0 { 1 } else { versions.len() };
    account.policy(&wish, &versions, default)
}

fn groups(account: &mut Account, size: Size, policies: &[Policy]) -> Vec<Group> {
    let everybody = account.group("/", "everybody");
    account.inline(everybody.into(), self_service());
    let mut groups = vec![everybody];
    while account.details.group_detail_list.len() < size.groups {
        let path = account.rng.choice(["/", "/", "/teams/"]).unwrap();
        let wish = format!(
            "{}-{}",
            team(&mut account.rng),
            account.rng.choice(["developers", "operators", "analysts"]).unwrap()
        );
        let group = account.group(path, &wish);
        attach_some(account, group.into(), policies, 1..4);
        if account.rng.u8(0..4) == 0 {
            let document = document(&mut account.rng, 1..3);
            account.inline(group.into(), document);
        }
        groups.push(group);
    }
    groups
}

fn roles(account: &mut Account, size: Size, policies: &[Policy]) {
    while account.details.role_detail_list.len() < size.roles {
        let team = team(&mut account.rng);
        let (path, wish, trust) = match account.rng.u8(0..10) {
            0 => {
                let provider = format!(
                    "arn:aws:iam::{ACCOUNT}:saml-provider/AWSSSO_{}_DO_NOT_DELETE",
                    team.to_uppercase()
                );
                let trust = let_do("sts:AssumeRoleWithSAML", json!({"Federated": provider})).when(
                    "StringEquals",
                    "SAML:aud",
                    "https://signin.aws.amazon.com/saml",
                );
                let hash = id::unique(&mut account.rng, "").to_lowercase();
                ("/aws-reserved/sso.amazonaws.com/", format!("AWSReservedSSO_{team}_{hash}"), trust)
            }
            1 => {
                let host = "token.actions.githubusercontent.com";
                let trust = let_assume(
                    json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")}),
                );
                (
                    "/",
                    format!("svc-{team}-ci"),
                    trust.when(
                        "StringLike",
                        &format!("{host}:sub"),
                        format!("repo:example/{team}:*"),
                    ),
                )
            }
            2 => {
                let trust = let_assume(json!({"AWS": "arn:aws:iam::999988887777:root"})).when(
                    "StringEquals",
                    "sts:ExternalId",
                    id::unique(&mut account.rng, "X"),
                );
                ("/", format!("svc-{team}-vendor"), trust)
            }
            3 => ("/", format!("svc-{team}-support"), let_assume(whole_account())),
            4 | 5 => {
                ("/service-role/", format!("svc-{team}-function"), let_assume(service("lambda")))
            }
            6 | 7 => ("/", format!("svc-{team}-task"), let_assume(service("ecs-tasks"))),
            _ => ("/", format!("svc-{team}-instance"), let_assume(service("ec2"))),
        };
        let instance = wish.ends_with("-instance");
        let role = account.role(path, &wish, policy([trust]));
        if instance {
            account.instance_profile(role);
        }
        tag(account, role.into(), team);
        attach_some(account, role.into(), policies, 1..4);
        let document = document(&mut account.rng, 1..4);
        account.inline(role.into(), document);
    }
}

fn user(account: &mut Account, policies: &[Policy]) -> User {
    let path = account.rng.choice(["/", "/", "/", "/people/", "/people/contractors/"]).unwrap();
    let wish = person(&mut account.rng);
    let user = account.user(path, &wish);
    let team = team(&mut account.rng);
    tag(account, user.into(), team);
    let attached = account.rng.usize(0..2);
    attach_some(account, user.into(), policies, attached..attached + 1);
    match account.rng.u8(0..40) {
        0..6 => {
            let document = document(&mut account.rng, 1..2);
            account.inline(user.into(), document);
        }
        6 => {
            let reading = account.aws_managed("ReadOnlyAccess");
            account.attach(user.into(), reading);
        }
        7 => {
            let boundary = *account.rng.choice(policies).unwrap();
            account.bound(user.into(), boundary);
        }
        _ => {}
    }
    user
}

fn attach_some(
    account: &mut Account,
    holder: Holder,
    policies: &[Policy],
    count: std::ops::Range<usize>,
) {
    for _ in 0..account.rng.usize(count) {
        let policy = *account.rng.choice(policies).unwrap();
        account.attach(holder, policy);
    }
}

fn tag(account: &mut Account, holder: Holder, team: &str) {
    let centre = account.rng.u16(1000..9999).to_string();
    account.tag(holder, "Team", team);
    account.tag(holder, "CostCentre", &centre);
}
