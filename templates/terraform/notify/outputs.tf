output "topic_arn" {
  description = "The topic that people subscribe to; give it to the module desk too"
  value       = aws_sns_topic.desk.arn
}

output "function_name" {
  description = "The function"
  value       = aws_lambda_function.notify.function_name
}

output "log_group" {
  description = "Where the function's log is"
  value       = aws_cloudwatch_log_group.notify.name
}
