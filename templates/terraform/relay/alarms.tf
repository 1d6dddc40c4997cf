locals {
  failures = {
    refused = {
      machine     = aws_sfn_state_machine.door.arn
      description = "The relay refused a release or could not judge it. The execution of the state machine says why"
    }
    failed = {
      machine     = aws_sfn_state_machine.release.arn
      description = "A release was started and failed. The execution of the state machine says why"
    }
  }
}

# A request was refused, or the function failed: either is worth a look.
resource "aws_cloudwatch_metric_alarm" "failures" {
  for_each            = local.failures
  alarm_name          = "${var.function_name}-${each.key}"
  alarm_description   = each.value.description
  namespace           = "AWS/States"
  metric_name         = "ExecutionsFailed"
  dimensions          = { StateMachineArn = each.value.machine }
  statistic           = "Sum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = compact([var.alarm_topic_arn])
  tags                = var.tags
}

resource "aws_cloudwatch_metric_alarm" "lost" {
  alarm_name          = "${var.function_name}-lost"
  alarm_description   = "A request or lines of a container did not get through the relay. The queue has them"
  namespace           = "AWS/SQS"
  metric_name         = "ApproximateNumberOfMessagesVisible"
  dimensions          = { QueueName = aws_sqs_queue.lost_events.name }
  statistic           = "Maximum"
  period              = 60
  evaluation_periods  = 1
  threshold           = 1
  comparison_operator = "GreaterThanOrEqualToThreshold"
  treat_missing_data  = "notBreaching"
  alarm_actions       = compact([var.alarm_topic_arn])
  tags                = var.tags
}
