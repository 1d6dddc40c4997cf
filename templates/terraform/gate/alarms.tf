locals {
  alarm_actions = compact([var.alarm_topic_arn])
}

# An invocation ended without reporting to CodePipeline. Lambda retries it twice.
resource "aws_cloudwatch_metric_alarm" "errors" {
  alarm_name          = "${var.function_name}-errors"
  alarm_description   = "The gate ended without a result for its job. Lambda retries; the job fails within 20 minutes"
  namespace           = "AWS/Lambda"
  metric_name         = "Errors"
  dimensions          = { FunctionName = aws_lambda_function.gate.function_name }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = var.tags
}

# The rule was not met: too few people tried to release.
resource "aws_cloudwatch_metric_alarm" "refusals" {
  alarm_name          = "${var.function_name}-refusals"
  alarm_description   = "A release was refused; the decision record in the log says who approved what, and why"
  namespace           = "TwoPersonRule"
  metric_name         = "Decisions"
  dimensions          = { Verdict = "unsatisfied" }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = var.tags
}

# The gate reached no verdict for a job. Either the gate said so (a bad rule, a missing permission
# or an outage: `Verdict` is `none`), or Lambda dropped the event after all its retries.
resource "aws_cloudwatch_metric_alarm" "no_decision" {
  alarm_name          = "${var.function_name}-no-decision"
  alarm_description   = "The gate could not judge a job, so the release did not pass; the log says why"
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = local.alarm_actions
  tags                = var.tags

  metric_query {
    id          = "undecided"
    label       = "Jobs without a verdict"
    expression  = "FILL(none, 0) + FILL(dropped, 0)"
    return_data = true
  }

  metric_query {
    id = "none"
    metric {
      namespace   = "TwoPersonRule"
      metric_name = "Decisions"
      dimensions  = { Verdict = "none" }
      period      = 60
      stat        = "Sum"
    }
  }

  metric_query {
    id = "dropped"
    metric {
      namespace   = "AWS/Lambda"
      metric_name = "AsyncEventsDropped"
      dimensions  = { FunctionName = aws_lambda_function.gate.function_name }
      period      = 60
      stat        = "Sum"
    }
  }
}
