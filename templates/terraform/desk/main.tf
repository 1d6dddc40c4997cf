# The desk: desk.yaml as a module.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  pipelines = "arn:${data.aws_partition.current.partition}:codepipeline:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}"
  by_url    = var.load_balancer == null ? 1 : 0
}

resource "aws_lambda_function" "desk" {
  #checkov:skip=CKV_AWS_117:no VPC: it only talks to public AWS endpoints
  #checkov:skip=CKV_AWS_116:nothing invokes it asynchronously
  #checkov:skip=CKV_AWS_173:optional: kms_key_arn: the cookie key does not let anybody answer
  #checkov:skip=CKV_AWS_50:no tracing: a trace would show who looks at what
  #checkov:skip=CKV_AWS_272:code signing needs a signing profile of the account's own
  function_name    = var.function_name
  description      = "Two-person rule: where people answer approvals"
  filename         = var.package
  source_code_hash = filebase64sha256(var.package)
  handler          = "bootstrap"
  runtime          = "provided.al2023"
  architectures    = [var.architecture]
  memory_size      = 256
  # A little more than the desk gives itself for one reply.
  timeout                        = 105
  role                           = aws_iam_role.desk.arn
  reserved_concurrent_executions = var.reserved_concurrency
  kms_key_arn                    = var.kms_key_arn
  layers                         = compact([var.rule_layer_arn])
  tags                           = var.tags

  environment {
    variables = merge(
      {
        DESK_COOKIE_KEY = var.cookie_key
        DESK_PIPELINES  = var.pipelines
        DESK_ROLE       = aws_iam_role.answers.arn
      },
      var.load_balancer == null ? {} : {
        DESK_LOAD_BALANCER = var.load_balancer.arn
        DESK_OIDC_ISSUER   = var.load_balancer.issuer
        DESK_OIDC_CLIENT   = var.load_balancer.client_id
        DESK_OIDC_CLAIM    = var.load_balancer.claim
      },
      var.topic_arn == null ? {} : { DESK_TOPIC = var.topic_arn },
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
    log_group  = aws_cloudwatch_log_group.desk.name
  }

  depends_on = [aws_iam_role_policy.desk]
}

# Anybody may ask: people sign in with their passkeys, and browsers cannot sign requests to AWS.
resource "aws_lambda_function_url" "desk" {
  #checkov:skip=CKV_AWS_258:people sign in with passkeys; browsers cannot sign requests to AWS
  count              = local.by_url
  function_name      = aws_lambda_function.desk.function_name
  authorization_type = "NONE"
  invoke_mode        = "BUFFERED"
}

# A function URL needs both grants (AWS Lambda Developer Guide, "Control access to Lambda function
# URLs"). Neither lets anybody invoke the function in another way.
resource "aws_lambda_permission" "use_url" {
  #checkov:skip=CKV_AWS_301:only through the function URL, where people sign in with passkeys
  count                  = local.by_url
  function_name          = aws_lambda_function.desk.function_name
  action                 = "lambda:InvokeFunctionUrl"
  principal              = "*"
  function_url_auth_type = "NONE"
}

resource "aws_lambda_permission" "invoke_by_url" {
  #checkov:skip=CKV_AWS_301:only through the function URL, where people sign in with passkeys
  count                    = local.by_url
  function_name            = aws_lambda_function.desk.function_name
  action                   = "lambda:InvokeFunction"
  principal                = "*"
  invoked_via_function_url = true
}

resource "aws_iam_role" "desk" {
  name        = var.role_name
  description = "Two-person rule: the desk"
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

resource "aws_iam_role_policy" "desk" {
  name = var.role_name
  role = aws_iam_role.desk.name
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
            "codepipeline:ListPipelineExecutions",
          ]
          Resource = ["${local.pipelines}:${var.pipelines}"]
        },
        {
          # As the gate does for roles that the rule trusts by a pattern.
          Sid      = "SeeReservedRoles"
          Effect   = "Allow"
          Action   = ["iam:GetRole"]
          Resource = ["arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:role/aws-reserved/sso.amazonaws.com/*"]
        },
        {
          Sid      = "AnswerForPeople"
          Effect   = "Allow"
          Action   = ["sts:AssumeRole", "sts:SetSourceIdentity"]
          Resource = [aws_iam_role.answers.arn]
        },
        {
          Sid      = "KeepLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.desk.arn}:*"]
        },
      ],
      [
        for topic in compact([var.topic_arn]) : {
          Sid      = "SendMails"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = [topic]
        }
      ],
      [
        for key in var.topic_arn == null ? [] : compact([var.kms_key_arn]) : {
          Sid      = "EncryptMails"
          Effect   = "Allow"
          Action   = ["kms:GenerateDataKey"]
          Resource = [key]
        }
      ],
      [
        for key in compact([var.kms_key_arn]) : {
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = [key]
        }
      ],
    )
  })
}

# One session for each person: CodePipeline records it, and CloudTrail keeps its source identity.
resource "aws_iam_role" "answers" {
  name        = var.answering_role_name
  description = "Two-person rule: the answers that people sign at the desk"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "TheDeskForOnePerson"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.desk.arn }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "sts:RoleSessionName" = "$${sts:SourceIdentity}" } }
      },
      {
        Sid       = "NameThePerson"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.desk.arn }
        Action    = "sts:SetSourceIdentity"
        Condition = { StringLike = { "sts:SourceIdentity" = "??*" } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "answers" {
  name = var.answering_role_name
  role = aws_iam_role.answers.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Answer"
          Effect   = "Allow"
          Action   = ["codepipeline:PutApprovalResult"]
          Resource = [for approval in var.approvals : "${local.pipelines}:${var.pipelines}/${var.stage}/${approval}"]
        },
      ],
      [
        for pipelines in var.let_people_start ? [var.pipelines] : [] : {
          Sid      = "Start"
          Effect   = "Allow"
          Action   = ["codepipeline:StartPipelineExecution"]
          Resource = ["${local.pipelines}:${pipelines}"]
        }
      ],
    )
  })
}

resource "aws_cloudwatch_log_group" "desk" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted and holds no credentials
  name              = "/aws/lambda/${var.function_name}"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}
