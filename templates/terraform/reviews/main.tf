# Says who wrote and reviewed what is released: reviews.yaml as a module. One function serves every
# pipeline of an account and region.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  tokens       = compact([var.github_token_arn, var.gitlab_token_arn])
  repositories = "arn:${data.aws_partition.current.partition}:codecommit:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
  pipelines    = "arn:${data.aws_partition.current.partition}:codepipeline:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
}

resource "aws_lambda_function" "reviews" {
  #checkov:skip=CKV_AWS_117:no VPC: it talks to public endpoints; a server that is not public needs one
  #checkov:skip=CKV_AWS_116:events hold credentials, and a lost job fails closed
  #checkov:skip=CKV_AWS_115:CodePipeline starts it once for each execution
  #checkov:skip=CKV_AWS_173:optional: kms_key_arn: the environment names a secret and holds none
  #checkov:skip=CKV_AWS_50:no tracing: what it finds out is one line in the log, and the role stays smaller
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name    = var.function_name
  description      = "Two-person rule: says who wrote and reviewed what is released"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = 256
  # A forge may ask it to wait.
  timeout     = 300
  role        = aws_iam_role.reviews.arn
  kms_key_arn = var.kms_key_arn
  layers      = compact([var.rule_layer_arn])
  tags        = var.tags

  environment {
    variables = merge(
      {
        GATE_FUNCTION = var.gate_function_name
        FORGES = jsonencode(merge(
          var.github_token_arn == null ? {} : { github = { api = var.github_api, token = var.github_token_arn } },
          var.gitlab_token_arn == null ? {} : { gitlab = { api = var.gitlab_api, token = var.gitlab_token_arn } },
          length(var.codecommit_repositories) == 0 ? {} : { codecommit = {} },
        ))
      },
      var.rule == null ? {} : { TWO_PERSON_RULE = jsonencode(var.rule) },
      var.rule_layer_arn == null ? {} : { TWO_PERSON_RULE_FILE = "/opt/two-person-rule/rule.json" },
    )
  }

  lifecycle {
    precondition {
      condition     = (var.rule_layer_arn == null) != (var.rule == null)
      error_message = "Give the gate's rule as rule or rule_layer_arn, and not as both."
    }
    precondition {
      condition     = length(local.tokens) + length(var.codecommit_repositories) > 0
      error_message = "Give github_token_arn, gitlab_token_arn or codecommit_repositories; without a forge, nothing can be found out."
    }
  }

  logging_config {
    # Text, because the function writes its own JSON lines.
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.reviews.name
  }

  depends_on = [aws_iam_role_policy.reviews]
}

resource "aws_lambda_function_event_invoke_config" "reviews" {
  function_name = aws_lambda_function.reviews.function_name
  # CodePipeline gives up on a job after 20 minutes without a result, so an older event cannot
  # change anything.
  maximum_event_age_in_seconds = 1200
  maximum_retry_attempts       = 2
}

resource "aws_iam_role" "reviews" {
  name        = var.role_name
  description = "Two-person rule: the reviews function"
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

resource "aws_iam_role_policy" "reviews" {
  name = var.role_name
  role = aws_iam_role.reviews.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          # These actions do not support resource-level permissions (Service Authorization
          # Reference, CodePipeline).
          Sid    = "TakeJobsAndReport"
          Effect = "Allow"
          Action = [
            "codepipeline:GetJobDetails",
            "codepipeline:PutJobSuccessResult",
            "codepipeline:PutJobFailureResult",
          ]
          Resource = ["*"]
        },
        {
          Sid    = "SeeReleases"
          Effect = "Allow"
          Action = [
            "codepipeline:ListPipelineExecutions",
            "codepipeline:ListActionExecutions",
            "codepipeline:GetPipelineState",
            "codepipeline:GetPipelineExecution",
          ]
          Resource = [for name in var.pipelines : "${local.pipelines}:${name}"]
        },
        {
          Sid      = "KeepLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.reviews.arn}:*"]
        },
      ],
      length(local.tokens) == 0 ? [] : [
        {
          Sid      = "ReadTokens"
          Effect   = "Allow"
          Action   = ["secretsmanager:GetSecretValue"]
          Resource = local.tokens
        },
      ],
      length(var.codecommit_repositories) == 0 ? [] : [
        {
          Sid    = "ReadRepositories"
          Effect = "Allow"
          Action = [
            "codecommit:BatchGetCommits",
            "codecommit:DescribePullRequestEvents",
            "codecommit:GetMergeConflicts",
            "codecommit:GetPullRequest",
            "codecommit:GetPullRequestApprovalStates",
            "codecommit:GetPullRequestOverrideState",
            "codecommit:GetRepository",
          ]
          Resource = [for name in var.codecommit_repositories : "${local.repositories}:${name}"]
        },
      ],
      length(var.codecommit_repositories) == 0 ? [] : [
        {
          # Only CloudTrail knows who pushed. It does not support resource-level permissions
          # (Service Authorization Reference, CloudTrail).
          Sid      = "SeePushes"
          Effect   = "Allow"
          Action   = ["cloudtrail:LookupEvents"]
          Resource = ["*"]
        },
      ],
      [
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

# What was found out about releases is evidence. To keep it when you destroy the function, first
# remove the log group from the state: `terraform state rm`.
resource "aws_cloudwatch_log_group" "reviews" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# An invocation ended without reporting to CodePipeline. Lambda retries it twice.
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.function_name}-errors"
  alarm_description   = "The reviews function ended without a result for its job. Lambda retries; the job fails within 20 minutes"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.reviews.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = compact([var.alarm_topic_arn])
  tags                = var.tags
}
