# Keeps the history of pipelines and reports about it: evidence-archive.yaml as a module.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  bucket    = var.bucket == null ? one(aws_s3_bucket.archive[*].id) : var.bucket
  # Its role has the region too, because roles are global and pipelines are not. The bucket's policy
  # knows the role by this name.
  role_name = "${var.function_name}-${local.region}"
}

resource "aws_lambda_function" "archive" {
  #checkov:skip=CKV_AWS_115:it runs once a day for each pipeline
  #checkov:skip=CKV_AWS_116:the alarm shows a failure, and the next run reads the same executions again
  #checkov:skip=CKV_AWS_117:no VPC: it only talks to public AWS endpoints
  #checkov:skip=CKV_AWS_173:the environment holds the rule and names, not secrets
  #checkov:skip=CKV_AWS_50:no tracing: the log says what was kept
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name    = var.function_name
  description      = "Two-person rule: keeps the history of pipelines"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "handler.handler"
  runtime          = "python3.13"
  architectures    = [var.architecture]
  # The whole history of a busy pipeline, and its report, fit into both.
  memory_size = 1769
  timeout     = 900
  role        = aws_iam_role.archive.arn
  layers      = compact([var.rule_layer_arn])
  tags        = var.tags

  environment {
    variables = merge(
      {
        ARCHIVE_BUCKET        = local.bucket
        ARCHIVE_BUCKET_OWNER  = var.bucket == null ? local.account : var.bucket_owner
        ARCHIVE_PIPELINES     = var.pipelines
        ARCHIVE_GATE_FUNCTION = var.gate_function_name
      },
      var.rule_layer_arn == null ? { TWO_PERSON_RULE = jsonencode(var.rule) } : { TWO_PERSON_RULE_FILE = "/opt/two-person-rule/rule.json" },
    )
  }

  lifecycle {
    precondition {
      condition     = (var.bucket == null) == (var.bucket_owner == null)
      error_message = "bucket and bucket_owner go together: give both or none of them."
    }
    precondition {
      condition     = var.bucket == null || var.organization_id == null
      error_message = "organization_id is for the module that creates the bucket: leave it out here."
    }
  }

  logging_config {
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.archive.name
  }

  depends_on = [aws_iam_role_policy.archive]
}

resource "aws_cloudwatch_event_rule" "every_day" {
  name                = "${var.function_name}-every-day"
  description         = "Two-person rule: keep the history of pipelines"
  schedule_expression = var.schedule
  tags                = var.tags
}

resource "aws_cloudwatch_event_target" "every_day" {
  rule  = aws_cloudwatch_event_rule.every_day.name
  arn   = aws_lambda_function.archive.arn
  input = jsonencode({ days = var.days })
}

resource "aws_lambda_permission" "start_every_day" {
  function_name = aws_lambda_function.archive.function_name
  action        = "lambda:InvokeFunction"
  principal     = "events.amazonaws.com"
  source_arn    = aws_cloudwatch_event_rule.every_day.arn
}

resource "aws_iam_role" "archive" {
  name        = local.role_name
  description = "Two-person rule: keeps the history of pipelines"
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

resource "aws_iam_role_policy" "archive" {
  name = local.role_name
  role = aws_iam_role.archive.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # It does not support resource-level permissions (Service Authorization Reference,
        # CodePipeline).
        Sid      = "ListPipelines"
        Effect   = "Allow"
        Action   = ["codepipeline:ListPipelines"]
        Resource = ["*"]
      },
      {
        Sid      = "ReadHistory"
        Effect   = "Allow"
        Action   = ["codepipeline:ListPipelineExecutions", "codepipeline:ListActionExecutions"]
        Resource = ["arn:${local.partition}:codepipeline:${local.region}:${local.account}:${var.pipelines}"]
      },
      {
        # Only what is not there yet, and only under its own account. It can read and delete
        # nothing.
        Sid    = "Keep"
        Effect = "Allow"
        Action = ["s3:PutObject"]
        Resource = [
          "arn:${local.partition}:s3:::${local.bucket}/lists/${local.account}/${local.region}/*",
          "arn:${local.partition}:s3:::${local.bucket}/reports/${local.account}/${local.region}/*",
          "arn:${local.partition}:s3:::${local.bucket}/rules/${local.account}/*",
        ]
        Condition = { Null = { "s3:if-none-match" = "false" } }
      },
      {
        # Once for each pipeline.
        Sid      = "InvokeItself"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = ["arn:${local.partition}:lambda:${local.region}:${local.account}:function:${var.function_name}"]
      },
      {
        Sid      = "KeepLog"
        Effect   = "Allow"
        Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
        Resource = ["${aws_cloudwatch_log_group.archive.arn}:*"]
      },
    ]
  })
}

resource "aws_cloudwatch_log_group" "archive" {
  #checkov:skip=CKV_AWS_158:the log is encrypted by CloudWatch's own key, and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_cloudwatch_metric_alarm" "failed" {
  alarm_name          = "${var.function_name}-failed"
  alarm_description   = "The history of a pipeline was not kept, or no report was made; the log says why"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.archive.function_name }
  statistic           = "Sum"
  period              = 300
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = compact([var.alarm_topic_arn])
  tags                = var.tags
}

# A function that is not started reports no error.
resource "aws_cloudwatch_metric_alarm" "silent" {
  alarm_name          = "${var.function_name}-silent"
  alarm_description   = "The function has not run for a day; check the schedule"
  namespace           = "AWS/Lambda"
  metric_name         = "Invocations"
  dimensions          = { FunctionName = aws_lambda_function.archive.function_name }
  statistic           = "Sum"
  period              = 86400
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "LessThanThreshold"
  treat_missing_data  = "breaching"
  alarm_actions       = compact([var.alarm_topic_arn])
  tags                = var.tags
}
