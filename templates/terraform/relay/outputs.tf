output "door_arn" {
  description = "The state machine that CI may start, for desk release --relay"
  value       = aws_sfn_state_machine.door.arn
}

output "topic_arn" {
  description = "The topic that CI may publish to, for desk release --relay; null without one"
  value       = one(aws_sns_topic.requests[*].arn)
}

output "feedback_queue" {
  description = "The queue that CI reads, for desk release --feedback"
  value       = aws_sqs_queue.feedback.url
}

output "asking_role_arn" {
  description = "The role that CI assumes"
  value       = aws_iam_role.asking.arn
}

output "task_role_arn" {
  description = "The role of the container, the only one that may deploy"
  value       = aws_iam_role.task.arn
}

output "release_machine_arn" {
  description = "The state machine that runs a release"
  value       = aws_sfn_state_machine.release.arn
}

output "log_group" {
  description = "Where the function's log is"
  value       = aws_cloudwatch_log_group.relay.name
}
