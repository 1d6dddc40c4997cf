# The relay, with which the production account releases for itself: relay.yaml as a module. CI may
# start the state machine `door`, or publish to the topic, and read what comes back.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  partition = data.aws_partition.current.partition
  region    = data.aws_region.current.region
  account   = data.aws_caller_identity.current.account_id
  release   = "arn:${local.partition}:states:${local.region}:${local.account}:stateMachine:${var.function_name}-release"
}

resource "aws_lambda_function" "relay" {
  #checkov:skip=CKV_AWS_117:no VPC: it only talks to public AWS endpoints
  #checkov:skip=CKV_AWS_116:the event invoke config keeps lost events in a queue
  #checkov:skip=CKV_AWS_115:Step Functions starts a release once, however often it is asked
  #checkov:skip=CKV_AWS_173:optional: kms_key_arn: the environment holds the rule and names, not secrets
  #checkov:skip=CKV_AWS_50:no tracing: what it decides is one line in the log, and the role stays smaller
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name    = var.function_name
  description      = "Two-person rule: production judges a release, and starts it once"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = 256
  timeout          = 120
  role             = aws_iam_role.relay.arn
  kms_key_arn      = var.kms_key_arn
  layers           = compact([var.rule_layer_arn])
  tags             = var.tags

  environment {
    variables = merge(
      {
        RELAY = jsonencode(merge(
          {
            pipelines     = var.pipelines
            maxAgeMinutes = var.max_age_minutes
            stateMachine  = local.release
            feedbackQueue = aws_sqs_queue.feedback.url
          },
          var.gate_key == null ? {} : { key = "-----BEGIN PUBLIC KEY-----\n${var.gate_key}\n-----END PUBLIC KEY-----\n" },
        ))
      },
      var.rule == null ? {} : { TWO_PERSON_RULE = jsonencode(var.rule) },
      var.rule_layer_arn == null ? {} : { TWO_PERSON_RULE_FILE = "/opt/two-person-rule/rule.json" },
    )
  }

  lifecycle {
    precondition {
      condition     = (var.rule_layer_arn == null) != (var.rule == null)
      error_message = "Give production's own rule as rule or rule_layer_arn, and not as both."
    }
  }

  logging_config {
    # Text, because the function writes its own JSON lines.
    log_format = "Text"
    log_group  = aws_cloudwatch_log_group.relay.name
  }

  depends_on = [aws_iam_role_policy.relay]
}

resource "aws_lambda_function_event_invoke_config" "relay" {
  function_name = aws_lambda_function.relay.function_name
  # Requests from the topic, and what the containers write.
  maximum_event_age_in_seconds = 3600
  maximum_retry_attempts       = 2
  destination_config {
    on_failure {
      destination = aws_sqs_queue.lost_events.arn
    }
  }
}

resource "aws_iam_role" "relay" {
  name        = var.role_name
  description = "Two-person rule: the relay's function"
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

resource "aws_iam_role_policy" "relay" {
  name = var.role_name
  role = aws_iam_role.relay.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "StartRelease"
          Effect   = "Allow"
          Action   = ["states:StartExecution"]
          Resource = [local.release]
        },
        {
          Sid      = "SayWhatHappens"
          Effect   = "Allow"
          Action   = ["sqs:SendMessage"]
          Resource = [aws_sqs_queue.feedback.arn, aws_sqs_queue.lost_events.arn]
        },
        {
          Sid      = "KeepLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.relay.arn}:*"]
        },
      ],
      length(var.read_role_arns) == 0 ? [] : [
        {
          Sid      = "ReadReleases"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole"]
          Resource = var.read_role_arns
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

# Why a release was started or refused is evidence. To keep it when you destroy the function, first
# remove the log group from the state: `terraform state rm`.
resource "aws_cloudwatch_log_group" "relay" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

resource "aws_sqs_queue" "lost_events" {
  name                      = "${var.function_name}-lost"
  message_retention_seconds = 1209600
  sqs_managed_sse_enabled   = true
  tags                      = var.tags
}

# What CI may start.
resource "aws_sfn_state_machine" "door" {
  #checkov:skip=CKV_AWS_284:no tracing: an execution is one invocation, and the role stays smaller
  #checkov:skip=CKV_AWS_285:no log: it needs permissions on every log delivery; Step Functions keeps the history for 90 days
  name     = var.function_name
  type     = "STANDARD"
  role_arn = aws_iam_role.door.arn
  tags     = var.tags
  definition = templatefile("${path.module}/../../relay/door.asl.json", {
    Partition   = local.partition
    FunctionArn = aws_lambda_function.relay.arn
  })

  depends_on = [aws_iam_role_policy.door]
}

resource "aws_iam_role" "door" {
  name        = "${var.role_name}-Door"
  description = "Two-person rule: the state machine that CI may start"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunAsStateMachine"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "door" {
  name = "Judge"
  role = aws_iam_role.door.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "Judge"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [aws_lambda_function.relay.arn]
      },
    ]
  })
}

# No dead letters: a caller that follows another release gives messages back, and none of them may
# get lost by that.
resource "aws_sqs_queue" "feedback" {
  name                       = "${var.function_name}-feedback.fifo"
  fifo_queue                 = true
  message_retention_seconds  = 345600
  visibility_timeout_seconds = 30
  sqs_managed_sse_enabled    = true
  tags                       = var.tags
}
