# The gate: gate.yaml as a module. One gate serves every pipeline of an account and region.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  pipelines = "arn:${data.aws_partition.current.partition}:codepipeline:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
}

resource "aws_lambda_function" "gate" {
  #checkov:skip=CKV_AWS_117:no VPC: it only talks to public AWS endpoints
  #checkov:skip=CKV_AWS_116:optional: keep_lost_events: events hold credentials, and a lost job fails closed
  #checkov:skip=CKV_AWS_173:optional: kms_key_arn: the environment holds the rule, not a secret
  #checkov:skip=CKV_AWS_50:no tracing: each decision is one line in the log, and the role stays smaller
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name                  = var.function_name
  description                    = "Two-person rule: lets a release pass if enough different people approved it"
  filename                       = var.package
  source_code_hash               = filebase64sha256(var.package)
  handler                        = "bootstrap"
  runtime                        = "provided.al2023"
  architectures                  = [var.architecture]
  memory_size                    = var.proof == null ? 128 : 512 # To hash artifacts takes more.
  timeout                        = var.proof == null ? 30 : 300
  role                           = aws_iam_role.gate.arn
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn
  layers                         = compact([var.rule_layer_arn])
  tags                           = var.tags

  environment {
    variables = var.rule_layer_arn != null ? tomap({
      TWO_PERSON_RULE_FILE = "/opt/two-person-rule/rule.json"
      }) : tomap({
      TWO_PERSON_RULE = jsonencode(merge({
        # A person who starts an execution by hand cannot approve it.
        excludeInitiator    = true
        trustedSessionRoles = var.trusted_session_roles
      }, local.proof_rule, var.rule))
    })
  }

  lifecycle {
    precondition {
      condition     = var.rule_layer_arn == null || (length(var.rule) == 0 && length(var.trusted_session_roles) == 0)
      error_message = "With rule_layer_arn, the layer holds the whole rule: leave out rule and trusted_session_roles."
    }
  }

  logging_config {
    # Text, because the gate writes its own JSON lines and its metrics are log lines.
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.gate.name
  }

  depends_on = [aws_iam_role_policy.gate]
}

resource "aws_lambda_function_event_invoke_config" "gate" {
  function_name = aws_lambda_function.gate.function_name
  # CodePipeline gives up on a job after 20 minutes without a result, so an older event cannot
  # change anything.
  maximum_event_age_in_seconds = 1200
  maximum_retry_attempts       = 2

  dynamic "destination_config" {
    for_each = aws_sqs_queue.lost_events
    content {
      on_failure {
        destination = destination_config.value.arn
      }
    }
  }
}

resource "aws_iam_role" "gate" {
  name        = var.role_name
  description = "Two-person rule: the gate"
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

resource "aws_iam_role_policy" "gate" {
  name = var.role_name
  role = aws_iam_role.gate.name
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
          Sid    = "SeeApprovals"
          Effect = "Allow"
          Action = [
            "codepipeline:ListActionExecutions",
            "codepipeline:GetPipelineState",
            "codepipeline:GetPipelineExecution",
          ]
          Resource = [for name in concat(var.pipelines, ["${var.function_name}-rule"]) : "${local.pipelines}:${name}"]
        },
        {
          # Lets the gate check whether IAM Identity Center created a role that the rule trusts by a
          # pattern. The gate can read no other role.
          Sid      = "SeeReservedRoles"
          Effect   = "Allow"
          Action   = ["iam:GetRole"]
          Resource = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-reserved/sso.amazonaws.com/*"]
        },
        {
          Sid      = "KeepJournal"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.gate.arn}:*"]
        },
      ],
      [
        for queue in aws_sqs_queue.lost_events : {
          Sid      = "KeepLostEvents"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [queue.arn]
        }
      ],
      [
        for key in compact([var.kms_key_arn]) : {
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt", "kms:GenerateDataKey"]
          Resource = [key]
        }
      ],
      [
        for proof in var.proof[*] : {
          Sid    = "HashArtifacts"
          Effect = "Allow"
          Action = ["s3:GetObject"]
          # Each execution has artifacts with new names.
          Resource = ["arn:${data.aws_partition.current.partition}:s3:::${proof.artifact_bucket}/*"]
        }
      ],
      [
        for key in compact([local.proof_key_arn]) : {
          Sid      = "SignProofs"
          Effect   = "Allow"
          Action   = ["kms:Sign"]
          Resource = [key]
        }
      ],
      [
        for proof in var.proof[*] : {
          Sid    = "StoreProofs"
          Effect = "Allow"
          Action = ["s3:PutObject"]
          # Each execution has its own proof.
          Resource = ["arn:${data.aws_partition.current.partition}:s3:::${trimprefix(proof.store, "s3://")}/*"]
        }
      ],
      [
        for key in compact(var.proof[*].artifact_key_arn) : {
          Sid      = "DecryptArtifacts"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = [key]
        }
      ],
    )
  })
}

# The decision records are evidence. To keep them when you destroy the gate, first remove the log
# group from the state: `terraform state rm`.
resource "aws_cloudwatch_log_group" "gate" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sqs_queue" "lost_events" {
  count                     = var.keep_lost_events ? 1 : 0
  name                      = "${var.function_name}-lost-events"
  message_retention_seconds = 86400
  sqs_managed_sse_enabled   = var.kms_key_arn == null ? true : null
  kms_master_key_id         = var.kms_key_arn
  tags                      = var.tags
}
