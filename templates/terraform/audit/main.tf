# The audit as an AWS Config custom rule: audit.yaml as a module. AWS Config must be recording in
# every account that is audited.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

resource "aws_lambda_function" "audit" {
  #checkov:skip=CKV_AWS_115:AWS Config invokes it once per period and account
  #checkov:skip=CKV_AWS_116:the alarm shows a failed audit, and AWS Config retries
  #checkov:skip=CKV_AWS_117:no VPC: it only talks to public AWS endpoints
  #checkov:skip=CKV_AWS_173:the environment holds options and names, not secrets
  #checkov:skip=CKV_AWS_50:no tracing: the log says what was found
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name    = var.function_name
  description      = "Two-person rule: audits an account's IAM for AWS Config"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "handler.handler"
  runtime          = "python3.13"
  architectures    = [var.architecture]
  memory_size      = 512
  timeout          = 300
  role             = aws_iam_role.audit.arn
  tags             = var.tags

  environment {
    variables = {
      AUDIT_ARGUMENTS = var.arguments
      AUDIT_FAIL_ON   = var.fail_on
      AUDIT_ROLE      = var.organization ? "arn:${data.aws_partition.current.partition}:iam::{account}:role/${var.member_role_name}" : ""
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.audit.name
  }
}

resource "aws_iam_role" "audit" {
  name        = var.function_role_name
  description = "Two-person rule: the audit's function"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunAsFunction"
        Effect    = "Allow"
        Principal = { Service = "lambda.amazonaws.com" }
        Action    = "sts:AssumeRole"
      },
    ]
  })
}

locals {
  member = [
    {
      # Any account of the organisation and no other. The role in that account must also trust this
      # one.
      Sid       = "AuditMembers"
      Effect    = "Allow"
      Action    = ["sts:AssumeRole"]
      Resource  = ["arn:${data.aws_partition.current.partition}:iam::*:role/${var.member_role_name}"]
      Condition = { StringEquals = { "aws:ResourceOrgID" = "$${aws:PrincipalOrgID}" } }
    },
  ]
  own = [
    {
      # Does not support resource-level permissions (Service Authorization Reference, IAM).
      Sid      = "ReadAccount"
      Effect   = "Allow"
      Action   = ["iam:GetAccountAuthorizationDetails"]
      Resource = ["*"]
    },
    {
      # Does not support resource-level permissions (Service Authorization Reference, AWS Config).
      Sid      = "Report"
      Effect   = "Allow"
      Action   = ["config:PutEvaluations"]
      Resource = ["*"]
    },
    {
      # AWS Config chooses the ids of its rules.
      Sid      = "SeeFormerReports"
      Effect   = "Allow"
      Action   = ["config:GetComplianceDetailsByConfigRule"]
      Resource = ["arn:${data.aws_partition.current.partition}:config:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:config-rule/*"]
    },
  ]
  log = [
    {
      Sid      = "KeepLog"
      Effect   = "Allow"
      Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
      Resource = ["${aws_cloudwatch_log_group.audit.arn}:*"]
    },
  ]
}

resource "aws_iam_role_policy" "audit" {
  name = var.function_role_name
  role = aws_iam_role.audit.name
  # Encoded before the condition, because the two lists have different types.
  policy = var.organization ? jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.log, local.member)
    }) : jsonencode({
    Version   = "2012-10-17"
    Statement = concat(local.log, local.own)
  })
}

resource "aws_cloudwatch_log_group" "audit" {
  #checkov:skip=CKV_AWS_158:the log is encrypted by CloudWatch's own key, and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_lambda_permission" "config" {
  statement_id  = "AskedByConfig"
  function_name = aws_lambda_function.audit.function_name
  action        = "lambda:InvokeFunction"
  principal     = "config.amazonaws.com"
  # For an organisation, AWS Config invokes this on behalf of every member account. An outsider who
  # creates a rule that invokes this function learns nothing: the function must assume the role in
  # the account that it is asked about.
  source_account = var.organization ? null : data.aws_caller_identity.current.account_id
}

resource "aws_config_config_rule" "account" {
  count       = var.organization ? 0 : 1
  name        = var.rule_name
  description = "Nobody can give two approvals of one release or bypass the gate that counts them"
  tags        = var.tags

  source {
    owner             = "CUSTOM_LAMBDA"
    source_identifier = aws_lambda_function.audit.arn
    source_detail {
      event_source                = "aws.config"
      message_type                = "ScheduledNotification"
      maximum_execution_frequency = var.frequency
    }
  }

  depends_on = [aws_lambda_permission.config]
}

resource "aws_config_organization_custom_rule" "organization" {
  count                       = var.organization ? 1 : 0
  name                        = var.rule_name
  description                 = "Nobody can give two approvals of one release or bypass the gate that counts them"
  lambda_function_arn         = aws_lambda_function.audit.arn
  trigger_types               = ["ScheduledNotification"]
  maximum_execution_frequency = var.frequency
  excluded_accounts           = var.excluded_accounts

  depends_on = [aws_lambda_permission.config]
}

# Until the audit works again, the rule keeps reporting its last result.
resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.function_name}-failed"
  alarm_description   = "An account could not be audited, or it held nothing to audit; the log says why"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.audit.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = compact([var.alarm_topic_arn])
  tags                = var.tags
}
