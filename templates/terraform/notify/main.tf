# Tells people what awaits them at the desk: desk-notify.yaml as a module.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  pipelines = "arn:${data.aws_partition.current.partition}:codepipeline:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:${var.pipelines}"
}

resource "aws_lambda_function" "notify" {
  #checkov:skip=CKV_AWS_117:no VPC: it only talks to public endpoints
  #checkov:skip=CKV_AWS_116:what nobody is told about is still on the desk
  #checkov:skip=CKV_AWS_115:EventBridge starts it a few times for each release
  #checkov:skip=CKV_AWS_173:optional: kms_key_arn: the environment holds no secret
  #checkov:skip=CKV_AWS_50:no tracing: a trace would show who is told what
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name    = var.function_name
  description      = "Two-person rule: tells people what awaits them"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = 256
  # CodePipeline's history may lag for two minutes, and deliveries are tried again.
  timeout     = 300
  role        = aws_iam_role.notify.arn
  kms_key_arn = var.kms_key_arn
  layers      = compact([var.rule_layer_arn])
  tags        = var.tags

  environment {
    variables = merge(
      {
        DESK_TASK      = "notify"
        DESK_PIPELINES = var.pipelines
        DESK_ROLE      = var.answering_role_arn
        DESK_TOPIC     = aws_sns_topic.desk.arn
      },
      var.webhooks_secret_arn == null ? {} : { DESK_WEBHOOKS = var.webhooks_secret_arn },
      var.rule == null ? {} : { TWO_PERSON_RULE = jsonencode(var.rule) },
      var.rule_layer_arn == null ? {} : { TWO_PERSON_RULE_FILE = "/opt/two-person-rule/rule.json" },
    )
  }

  lifecycle {
    precondition {
      condition     = var.rule_layer_arn == null || var.rule == null
      error_message = "rule and rule_layer_arn are two rules: give one of them."
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.notify.name
  }

  depends_on = [aws_iam_role_policy.notify]
}

# A manual approval is given, or a Lambda action fails: the function finds out whether another
# approval waits, and whether the action is the gate.
resource "aws_cloudwatch_event_rule" "action_ends" {
  name        = "${var.function_name}-action-ends"
  description = "Two-person rule: an approval is given, or the gate fails"
  tags        = var.tags
  event_pattern = jsonencode({
    source        = ["aws.codepipeline"]
    "detail-type" = ["CodePipeline Action Execution State Change"]
    detail = {
      "$or" = [
        { state = ["SUCCEEDED"], type = { category = ["Approval"], owner = ["AWS"], provider = ["Manual"] } },
        { state = ["FAILED"], type = { category = ["Invoke"], owner = ["AWS"], provider = ["Lambda"] } },
      ]
    }
  })
}

# Each approval times out a day after one of these hours, so people are told once.
resource "aws_cloudwatch_event_rule" "every_hour" {
  name                = "${var.function_name}-every-hour"
  description         = "Two-person rule: look for approvals that time out in a day"
  schedule_expression = "cron(0 * * * ? *)"
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "action_ends" {
  rule = aws_cloudwatch_event_rule.action_ends.name
  arn  = aws_lambda_function.notify.arn
}

resource "aws_cloudwatch_event_target" "every_hour" {
  rule = aws_cloudwatch_event_rule.every_hour.name
  arn  = aws_lambda_function.notify.arn
}

resource "aws_lambda_permission" "start_at_ends" {
  function_name = aws_lambda_function.notify.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.action_ends.arn
}

resource "aws_lambda_permission" "start_every_hour" {
  function_name = aws_lambda_function.notify.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_hour.arn
}

# People subscribe to it, each with a filter for their own name. It is not a FIFO topic, because
# these send no mails.
resource "aws_sns_topic" "desk" {
  name              = var.topic_name
  kms_master_key_id = var.kms_key_arn == null ? "alias/aws/sns" : var.kms_key_arn
  tags              = var.tags
}

resource "aws_iam_role" "notify" {
  name        = var.role_name
  description = "Two-person rule: tells people what awaits them"
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

resource "aws_iam_role_policy" "notify" {
  name = var.role_name
  role = aws_iam_role.notify.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # It does not support resource-level permissions (Service Authorization Reference,
          # CodePipeline).
          Sid      = "ListPipelines"
          Effect   = "Allow"
          Action   = ["codepipeline:ListPipelines"]
          Resource = ["*"]
        },
        {
          Sid    = "SeePipelines"
          Effect = "Allow"
          Action = [
            "codepipeline:GetPipeline",
            "codepipeline:GetPipelineState",
            "codepipeline:GetPipelineExecution",
            "codepipeline:ListActionExecutions",
          ]
          Resource = [local.pipelines]
        },
        {
          # As the gate does for roles that the rule trusts by a pattern.
          Sid      = "SeeReservedRoles"
          Effect   = "Allow"
          Action   = ["iam:GetRole"]
          Resource = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-reserved/sso.amazonaws.com/*"]
        },
        {
          Sid      = "SendMails"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = [aws_sns_topic.desk.arn]
        },
        {
          Sid      = "KeepLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.notify.arn}:*"]
        },
      ],
      [
        for secret in compact([var.webhooks_secret_arn]) : {
          Sid      = "ReadWebhooks"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = [secret]
        }
      ],
      [
        # Publishing to an encrypted topic needs both (SNS Developer Guide, "Key management").
        for key in compact([var.kms_key_arn]) : {
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [key]
        }
      ],
    )
  })
}

resource "aws_cloudwatch_log_group" "notify" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
