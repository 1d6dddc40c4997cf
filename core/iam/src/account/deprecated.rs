//! AWS managed policies that AWS has deprecated. `GetAccountAuthorizationDetails` leaves them out,
//! although they may be attached and in force.
//!
//! The texts are those of AWS, in their last version, without the actions that only read. AWS no
//! longer publishes them, so they are from the history of
//! <https://github.com/SummitRoute/aws_managed_policies>.

use crate::policy::Policy;

/// The end of an ARN, after `policy/`, and the text.
const TEXTS: [(&str, &str); 4] = [
    // Version 8, of 2019-11-05.
    (
        "AWSCodePipelineFullAccess",
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Resource": "*", "Action": [
                "codepipeline:*", "cloudtrail:CreateTrail", "cloudtrail:PutEventSelectors",
                "cloudtrail:StartLogging", "codebuild:CreateProject",
                "codecommit:PutRepositoryTriggers"]},
            {"Effect": "Allow", "Resource": "arn:aws:s3::*:codepipeline-*", "Action": [
                "s3:GetObject", "s3:CreateBucket", "s3:PutBucketPolicy"]},
            {"Effect": "Allow", "Resource": "arn:aws:iam::*:role/service-role/cwe-role-*",
                "Action": "iam:PassRole",
                "Condition": {"StringEquals": {"iam:PassedToService": "events.amazonaws.com"}}},
            {"Effect": "Allow", "Resource": "*", "Action": "iam:PassRole", "Condition":
                {"StringEquals": {"iam:PassedToService": "codepipeline.amazonaws.com"}}},
            {"Effect": "Allow", "Resource": "arn:aws:events:*:*:rule/codepipeline-*", "Action": [
                "events:PutRule", "events:PutTargets", "events:DeleteRule", "events:DisableRule",
                "events:RemoveTargets"]},
            {"Effect": "Allow", "Resource": "*", "Action": [
                "codestar-notifications:CreateNotificationRule",
                "codestar-notifications:UpdateNotificationRule",
                "codestar-notifications:DeleteNotificationRule",
                "codestar-notifications:Subscribe", "codestar-notifications:Unsubscribe"],
                "Condition": {"StringLike": {
                    "codestar-notifications:NotificationsForResource": "arn:aws:codepipeline:*"}}},
            {"Effect": "Allow", "Resource": "arn:aws:sns:*:*:codestar-notifications*", "Action": [
                "sns:CreateTopic", "sns:SetTopicAttributes"]}]}"#,
    ),
    // Version 8, of 2019-11-05: it only reads.
    ("AWSCodePipelineReadOnlyAccess", r#"{"Version": "2012-10-17", "Statement": []}"#),
    // Version 8, of 2017-11-27.
    (
        "AWSLambdaFullAccess",
        r#"{"Version": "2012-10-17", "Statement": [
            {"Effect": "Allow", "Resource": "*", "Action": [
                "cloudwatch:*", "cognito-sync:SetCognitoEvents", "dynamodb:*", "events:*",
                "iam:PassRole", "iot:AttachPrincipalPolicy", "iot:AttachThingPrincipal",
                "iot:CreateKeysAndCertificate", "iot:CreatePolicy", "iot:CreateThing",
                "iot:CreateTopicRule", "iot:ReplaceTopicRule", "kinesis:PutRecord", "lambda:*",
                "logs:*", "s3:*", "sns:Publish", "sns:Subscribe", "sns:Unsubscribe",
                "sqs:SendMessage", "xray:PutTelemetryRecords", "xray:PutTraceSegments"]}]}"#,
    ),
    // Version 8, of 2018-09-06: it only reads.
    ("AWSLambdaReadOnlyAccess", r#"{"Version": "2012-10-17", "Statement": []}"#),
];

/// The deprecated policy with this ARN, if its text is known.
pub(super) fn policy(arn: &str) -> Option<Policy> {
    let (_, named) = arn.split_once(":iam::aws:policy/")?;
    let (_, text) = TEXTS.iter().find(|(name, _)| *name == named)?;
    Policy::identity(text).ok()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn every_text_is_read() {
        for (name, _) in TEXTS {
            assert!(policy(&format!("arn:aws:iam::aws:policy/{name}")).is_some(), "{name}");
        }
        for other in
            ["arn:aws:iam::aws:policy/x", "arn:aws:iam::111122223333:policy/AWSLambdaFullAccess"]
        {
            assert!(policy(other).is_none(), "{other}");
        }
    }
}
