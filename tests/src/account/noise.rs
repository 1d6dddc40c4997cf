//! Innocents: users, groups, roles and policies that have nothing to do with approvals, and that are what most of an account is.

use fastrand::Rng;
use serde_json::{Value, json};

use super::build::Account;
use super::generate::Size;
use super::holder::{Group, Holder, Policy, User};
use super::name::{person, team};
use super::plot::{service, whole_account};
use super::policy::{ANY, Statement, allow, deny, let_assume, let_do, policy};
use super::{ACCOUNT, id};

/// So many groups are left to innocents.
pub(super) const LEAST_GROUPS: usize = 6;

/// Fills an account up to its size.
pub(super) fn surround(account: &mut Account, size: Size) {
    let planted_users = account.details.user_detail_list.len();
    let policies: Vec<Policy> = (account.customer_policies()..size.policies)
        .map(|_| managed(account))
        .collect();
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

/// A customer managed policy with some history.
fn managed(account: &mut Account) -> Policy {
    let wish = format!(
        "{}-{}",
        team(&mut account.rng),
        account.rng.choice(["access", "deploy", "operate", "read"]).unwrap()
    );
    let mut versions = vec![document(&mut account.rng, 3..7)];
    for _ in 0..account.rng.usize(0..3) {
        // A new version is the old one with something changed.
        let mut next = versions.last().unwrap().clone();
        let statement = document(&mut account.rng, 1..2)["Statement"][0].take();
        next["Statement"][0] = statement;
        versions.push(next);
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
                (
                    "/aws-reserved/sso.amazonaws.com/",
                    format!("AWSReservedSSO_{team}_{hash}"),
                    trust,
                )
            }
            1 => {
                let host = "token.actions.githubusercontent.com";
                let trust = let_assume(json!({"Federated": format!("arn:aws:iam::{ACCOUNT}:oidc-provider/{host}")}));
                (
                    "/",
                    format!("svc-{team}-ci"),
                    trust.when("StringLike", &format!("{host}:sub"), format!("repo:example/{team}:*")),
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
            4 | 5 => (
                "/service-role/",
                format!("svc-{team}-function"),
                let_assume(service("lambda")),
            ),
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
    let path = account
        .rng
        .choice(["/", "/", "/", "/people/", "/people/contractors/"])
        .unwrap();
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

fn attach_some(account: &mut Account, holder: Holder, policies: &[Policy], count: std::ops::Range<usize>) {
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

/// What AWS's guide suggests for everybody: one's own password and keys. It lets nobody have another's.
fn self_service() -> Value {
    let own = ["arn:aws:iam::*:user/${aws:username}"];
    policy([
        allow(&[
            "iam:GetAccountPasswordPolicy",
            "iam:ListUsers",
            "iam:ListVirtualMFADevices",
        ])
        .on(&[ANY]),
        allow(&[
            "iam:ChangePassword",
            "iam:UpdateLoginProfile",
            "iam:CreateAccessKey",
            "iam:DeleteAccessKey",
            "iam:ListAccessKeys",
        ])
        .on(&own),
        allow(&["iam:EnableMFADevice", "iam:ResyncMFADevice", "iam:ListMFADevices"]).on(&own),
    ])
}

/// A policy of some statements about a team's things.
fn document(rng: &mut Rng, statements: std::ops::Range<usize>) -> Value {
    let count = rng.usize(statements);
    let team = team(rng);
    policy((0..count).map(|_| statement(rng, team)))
}

fn statement(rng: &mut Rng, team: &str) -> Statement {
    let number = rng.u16(1..400);
    let region = rng.choice(["eu-west-1", "eu-central-1", "us-east-1"]).unwrap();
    let here = |service: &str, rest: &str| format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}");
    match rng.u8(0..16) {
        0 => allow(&[
            "s3:GetObject",
            "s3:PutObject",
            "s3:DeleteObject",
            "s3:AbortMultipartUpload",
        ])
        .on(&[
            format!("arn:aws:s3:::{team}-data-{number}/*"),
            format!("arn:aws:s3:::{team}-exports-{number}/*"),
        ]),
        1 => allow(&["s3:ListBucket", "s3:GetBucketLocation"])
            .on(&[format!("arn:aws:s3:::{team}-data-{number}")])
            .when("StringLike", "s3:prefix", json!(["", "home/${aws:username}/*"])),
        2 => deny(&["s3:PutObject"])
            .on(&[format!("arn:aws:s3:::{team}-data-{number}/*")])
            .when("StringNotEquals", "s3:x-amz-server-side-encryption", "aws:kms"),
        3 => allow(&[
            "dynamodb:GetItem",
            "dynamodb:PutItem",
            "dynamodb:UpdateItem",
            "dynamodb:Query",
            "dynamodb:BatchGetItem",
        ])
        .on(&[
            here("dynamodb", &format!("table/{team}-{number}")),
            here("dynamodb", &format!("table/{team}-{number}/index/*")),
        ]),
        4 => allow(&[
            "ec2:Describe*",
            "elasticloadbalancing:Describe*",
            "autoscaling:Describe*",
        ])
        .on(&[ANY])
        .when("StringEquals", "aws:RequestedRegion", region),
        5 => allow(&["ec2:StartInstances", "ec2:StopInstances", "ec2:RebootInstances"])
            .on(&[here("ec2", "instance/*")])
            .when("StringEquals", "aws:ResourceTag/Team", "${aws:PrincipalTag/Team}"),
        6 => allow(&[
            "sqs:SendMessage",
            "sqs:ReceiveMessage",
            "sqs:DeleteMessage",
            "sqs:GetQueueAttributes",
        ])
        .on(&[here("sqs", &format!("{team}-*"))]),
        7 => allow(&["sns:Publish", "sns:Subscribe"]).on(&[here("sns", &format!("{team}-events-{number}"))]),
        8 => allow(&["kms:Decrypt", "kms:GenerateDataKey"])
            .on(&[here("kms", &format!("key/{number:08x}-1b2c-4d3e-8f90-a1b2c3d4e5f6"))])
            .when("StringEquals", "kms:ViaService", format!("s3.{region}.amazonaws.com")),
        9 => allow(&[
            "logs:CreateLogStream",
            "logs:PutLogEvents",
            "logs:FilterLogEvents",
            "logs:GetLogEvents",
        ])
        .on(&[here("logs", &format!("log-group:/aws/lambda/{team}-*:*"))]),
        10 => allow(&[
            "cloudwatch:GetMetricData",
            "cloudwatch:ListMetrics",
            "cloudwatch:PutMetricData",
            "xray:PutTraceSegments",
        ])
        .on(&[ANY]),
        11 => allow(&[
            "lambda:InvokeFunction",
            "lambda:UpdateFunctionCode",
            "lambda:PublishVersion",
        ])
        .on(&[
            here("lambda", &format!("function:{team}-{number}")),
            here("lambda", &format!("function:{team}-worker-*")),
        ]),
        12 => allow(&[
            "ecr:GetDownloadUrlForLayer",
            "ecr:BatchGetImage",
            "ecr:PutImage",
            "ecr:CompleteLayerUpload",
        ])
        .on(&[here("ecr", &format!("repository/{team}/*"))]),
        13 => allow(&[
            "codepipeline:StartPipelineExecution",
            "codepipeline:Get*",
            "codepipeline:List*",
            "codebuild:BatchGetBuilds",
            "codebuild:StartBuild",
        ])
        .on(&[
            here("codepipeline", &format!("{team}-{number}")),
            here("codebuild", &format!("project/{team}-*")),
        ]),
        14 => allow(&["iam:PassRole"])
            .on(&[format!("arn:aws:iam::{ACCOUNT}:role/svc-{team}-*")])
            .when("StringEquals", "iam:PassedToService", "ecs-tasks.amazonaws.com"),
        _ => allow(&["sts:AssumeRole"])
            .on(&[format!("arn:aws:iam::{ACCOUNT}:role/svc-{team}-support")])
            .when("Bool", "aws:MultiFactorAuthPresent", "true"),
    }
}
