# What CI becomes: it may ask, and read what comes back.

locals {
  subjects = {
    for issuer, found in {
      "token.actions.githubusercontent.com" = { audience = "sts.amazonaws.com", subject = var.github_subject }
      "gitlab.com"                          = { audience = "https://gitlab.com", subject = var.gitlab_subject }
    } : issuer => found if found.subject != null
  }
}

resource "aws_iam_role" "asking" {
  name        = "${var.role_name}-Ask"
  description = "Two-person rule: CI, which may ask for a release"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        for principal in compact([var.ci_principal]) : {
          Sid       = "Ci"
          Effect    = "Allow"
          Principal = { AWS = principal }
          Action    = "sts:AssumeRole"
        }
      ],
      [
        for issuer, found in local.subjects : {
          Effect    = "Allow"
          Principal = { Federated = "arn:${local.partition}:iam::${local.account}:oidc-provider/${issuer}" }
          Action    = "sts:AssumeRoleWithWebIdentity"
          Condition = {
            StringEquals = {
              "${issuer}:aud" = found.audience
              "${issuer}:sub" = found.subject
            }
          }
        }
      ],
    )
  })

  lifecycle {
    precondition {
      condition     = length(compact([var.ci_principal, var.github_subject, var.gitlab_subject])) > 0
      error_message = "Give ci_principal, github_subject or gitlab_subject; without one, nobody may ask."
    }
  }
}

resource "aws_iam_role_policy" "asking" {
  name = "Ask"
  role = aws_iam_role.asking.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "Ask"
          Effect   = "Allow"
          Action   = ["states:StartExecution"]
          Resource = [aws_sfn_state_machine.door.arn]
        },
        {
          # The name of an execution is not known before it is started.
          Sid      = "ReadAnswer"
          Effect   = "Allow"
          Action   = ["states:DescribeExecution"]
          Resource = ["arn:${local.partition}:states:${local.region}:${local.account}:execution:${var.function_name}:*"]
        },
        {
          Sid      = "ReadFeedback"
          Effect   = "Allow"
          Action   = ["sqs:ReceiveMessage", "sqs:DeleteMessage", "sqs:ChangeMessageVisibility"]
          Resource = [aws_sqs_queue.feedback.arn]
        },
      ],
      [
        for topic in aws_sns_topic.requests : {
          Sid      = "Publish"
          Effect   = "Allow"
          Action   = ["sns:Publish"]
          Resource = [topic.arn]
        }
      ],
    )
  })
}

resource "aws_sns_topic" "requests" {
  count             = var.create_topic ? 1 : 0
  name              = var.function_name
  kms_master_key_id = "alias/aws/sns"
  tags              = var.tags
}

# Instead of the default policy, which lets everybody in the account publish.
resource "aws_sns_topic_policy" "requests" {
  count = var.create_topic ? 1 : 0
  arn   = aws_sns_topic.requests[0].arn
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "Ask"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.asking.arn }
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.requests[0].arn
      },
      {
        Sid       = "DenyOthers"
        Effect    = "Deny"
        Principal = "*"
        Action    = "sns:Publish"
        Resource  = aws_sns_topic.requests[0].arn
        Condition = { ArnNotEquals = { "aws:PrincipalArn" = aws_iam_role.asking.arn } }
      },
    ]
  })
}

resource "aws_sns_topic_subscription" "requests" {
  count          = var.create_topic ? 1 : 0
  topic_arn      = aws_sns_topic.requests[0].arn
  protocol       = "lambda"
  endpoint       = aws_lambda_function.relay.arn
  redrive_policy = jsonencode({ deadLetterTargetArn = aws_sqs_queue.lost_events.arn })
}

resource "aws_lambda_permission" "requests" {
  count         = var.create_topic ? 1 : 0
  function_name = aws_lambda_function.relay.function_name
  action        = "lambda:InvokeFunction"
  principal     = "sns.amazonaws.com"
  source_arn    = aws_sns_topic.requests[0].arn
}

# SNS itself puts there what it could not hand to the function.
resource "aws_sqs_queue_policy" "lost_requests" {
  count     = var.create_topic ? 1 : 0
  queue_url = aws_sqs_queue.lost_events.url
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "KeepLostRequests"
        Effect    = "Allow"
        Principal = { Service = "sns.amazonaws.com" }
        Action    = "sqs:SendMessage"
        Resource  = aws_sqs_queue.lost_events.arn
        Condition = { ArnEquals = { "aws:SourceArn" = aws_sns_topic.requests[0].arn } }
      },
    ]
  })
}
