//! What innocents may do: nothing that brings anybody nearer to an approval.

use fastrand::Rng;
use serde_json::{Value, json};

use crate::ACCOUNT;
use crate::name::team;
use crate::policy::{ANY, Statement, allow, deny, policy};

/// What AWS's guide suggests for everybody: one's own password and keys. It lets nobody have
/// another's.
pub(super) fn self_service() -> Value {
    let own = ["arn:aws:iam::*:user/${aws:username}"];
    policy([
        allow(&["iam:GetAccountPasswordPolicy", "iam:ListUsers", "iam:ListVirtualMFADevices"])
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
pub(super) fn document(rng: &mut Rng, count: std::ops::Range<usize>) -> Value {
    policy(statements(rng, count))
}

pub(super) fn statements(rng: &mut Rng, count: std::ops::Range<usize>) -> Vec<Statement> {
    let count = rng.usize(count);
    let team = team(rng);
    (0..count).map(|_| statement(rng, team)).collect()
}

/// A statement about one of a team's things. None of them approves, assumes an approver's role or
/// writes to IAM.
pub(super) fn statement(rng: &mut Rng, team: &str) -> Statement {
    let number = rng.u16(1..400);
    let region = rng.choice(["eu-west-1", "eu-central-1", "us-east-1"]).unwrap();
    let here = |service: &str, rest: &str| format!("arn:aws:{service}:{region}:{ACCOUNT}:{rest}");
    match rng.u8(0..16) {
        0 => allow(&["s3:GetObject", "s3:PutObject", "s3:DeleteObject", "s3:AbortMultipartUpload"])
            .on(&[
                format!("arn:aws:s3:::{team}-data-{number}/*"),
                format!("arn:aws:s3:::{team}-exports-{number}/*"),
            ]),
        1 => allow(&["s3:ListBucket", "s3:GetBucketLocation"])
            .on(&[format!("arn:aws:s3:::{team}-data-{number}")])
            .when("StringLike", "s3:prefix", json!(["", "home/${aws:username}/*"])),
        2 => deny(&["s3:PutObject"]).on(&[format!("arn:aws:s3:::{team}-data-{number}/*")]).when(
            "StringNotEquals",
            "s3:x-amz-server-side-encryption",
            "aws:kms",
        ),
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
        4 => allow(&["ec2:Describe*", "elasticloadbalancing:Describe*", "autoscaling:Describe*"])
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
        7 => allow(&["sns:Publish", "sns:Subscribe"])
            .on(&[here("sns", &format!("{team}-events-{number}"))]),
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
        11 => {
            allow(&["lambda:InvokeFunction", "lambda:UpdateFunctionCode", "lambda:PublishVersion"])
                .on(&[
                    here("lambda", &format!("function:{team}-{number}")),
                    here("lambda", &format!("function:{team}-worker-*")),
                ])
        }
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
