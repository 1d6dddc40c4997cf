data "aws_region" "current" {}
data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  region = data.aws_region.current.region
  rule   = "arn:${data.aws_partition.current.partition}:events:${local.region}:${data.aws_caller_identity.current.account_id}:rule/${var.name}"
}

# The gate writes the metrics. It does not run while an approval waits, so the open ones are read
# from the events of CodePipeline.
resource "aws_cloudwatch_dashboard" "this" {
  dashboard_name = var.name
  dashboard_body = <<-JSON
    {
      "start": "-P7D",
      "widgets": [
        {
          "type": "metric", "x": 0, "y": 0, "width": 12, "height": 6,
          "properties": {
            "title": "Time until an approval is given, in seconds",
            "region": "${local.region}", "view": "timeSeries", "period": 86400,
            "metrics": [
              [{"expression": "SEARCH('{TwoPersonRule,Pipeline} MetricName=\"TimeToApprove\"', 'p50', 86400)", "label": "median"}],
              [{"expression": "SEARCH('{TwoPersonRule,Pipeline} MetricName=\"TimeToApprove\"', 'Maximum', 86400)", "label": "longest"}]
            ]
          }
        },
        {
          "type": "metric", "x": 12, "y": 0, "width": 12, "height": 6,
          "properties": {
            "title": "Refusals by reason",
            "region": "${local.region}", "view": "timeSeries", "stacked": true, "period": 86400,
            "metrics": [
              [{"expression": "SEARCH('{TwoPersonRule,Verdict,Reason} MetricName=\"Decisions\" Verdict=\"unsatisfied\"', 'Sum', 86400)", "label": ""}]
            ]
          }
        },
        {
          "type": "log", "x": 0, "y": 6, "width": 24, "height": 6,
          "properties": {
            "title": "Open approvals, the oldest first",
            "region": "${local.region}", "view": "table",
            "query": "SOURCE '${aws_cloudwatch_log_group.approvals.name}' | fields detail.pipeline as Pipeline, detail.stage as Stage, detail.action as Action, detail.`execution-id` as Execution, detail.`start-time` as Opened, detail.state as State | stats latest(State) as Now by Pipeline, Stage, Action, Execution, Opened | filter Now = 'STARTED' | sort Opened asc"
          }
        },
        {
          "type": "metric", "x": 0, "y": 12, "width": 12, "height": 6,
          "properties": {
            "title": "Releases: passed, refused, not judged",
            "region": "${local.region}", "view": "timeSeries", "stacked": true, "period": 86400, "stat": "Sum",
            "metrics": [
              ["TwoPersonRule", "Decisions", "Verdict", "satisfied", {"label": "passed"}],
              ["TwoPersonRule", "Decisions", "Verdict", "unsatisfied", {"label": "refused"}],
              ["TwoPersonRule", "Decisions", "Verdict", "none", {"label": "not judged"}]
            ]
          }
        },
        {
          "type": "log", "x": 12, "y": 12, "width": 12, "height": 6,
          "properties": {
            "title": "The last refusals",
            "region": "${local.region}", "view": "table",
            "query": "SOURCE '${var.gate_log_group}' | filter verdict = 'unsatisfied' and schemaVersion = 1 | fields decidedAt, pipeline, executionId, reasons.0.code, reasons.0.message | sort decidedAt desc | limit 20"
          }
        }
      ]
    }
  JSON
}

resource "aws_cloudwatch_event_rule" "approvals" {
  name        = var.name
  description = "Two-person rule: a manual approval opens or ends"
  event_pattern = jsonencode({
    source      = ["aws.codepipeline"]
    detail-type = ["CodePipeline Action Execution State Change"]
    detail = {
      type = { category = ["Approval"], owner = ["AWS"], provider = ["Manual"] }
    }
  })
  tags = var.tags
}

resource "aws_cloudwatch_event_target" "log" {
  rule       = aws_cloudwatch_event_rule.approvals.name
  target_id  = "log"
  arn        = aws_cloudwatch_log_group.approvals.arn
  depends_on = [aws_cloudwatch_log_resource_policy.events]
}

resource "aws_cloudwatch_log_group" "approvals" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted and holds no credentials
  #checkov:skip=CKV_AWS_338:log_retention_days: what is open today, not a record
  name              = var.log_group_name
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# Lets this rule write to this log group (EventBridge User Guide, "Using resource-based policies").
data "aws_iam_policy_document" "events" {
  statement {
    sid       = "OpenStreams"
    actions   = ["logs:CreateLogStream"]
    resources = ["${aws_cloudwatch_log_group.approvals.arn}:*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "delivery.logs.amazonaws.com"]
    }
  }
  statement {
    sid       = "WriteEvents"
    actions   = ["logs:PutLogEvents"]
    resources = ["${aws_cloudwatch_log_group.approvals.arn}:*"]
    principals {
      type        = "Service"
      identifiers = ["events.amazonaws.com", "delivery.logs.amazonaws.com"]
    }
    condition {
      test     = "ArnEquals"
      variable = "aws:SourceArn"
      values   = [local.rule]
    }
  }
}

resource "aws_cloudwatch_log_resource_policy" "events" {
  policy_name     = var.name
  policy_document = data.aws_iam_policy_document.events.json
}
