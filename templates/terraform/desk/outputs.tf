output "url" {
  description = "Where the desk is, and without the slash at its end the origin of the rule's desk. Null behind a load balancer."
  value       = one(aws_lambda_function_url.desk[*].function_url)
}

output "function_name" {
  description = "The function"
  value       = aws_lambda_function.desk.function_name
}

output "function_arn" {
  description = "The function's ARN, for the module desk-alb"
  value       = aws_lambda_function.desk.arn
}

output "role_arn" {
  description = "The role of the function"
  value       = aws_iam_role.desk.arn
}

output "answering_role_arn" {
  description = "The role that answers are given with"
  value       = aws_iam_role.answers.arn
}

output "log_group" {
  description = "Where the function's log is"
  value       = aws_cloudwatch_log_group.desk.name
}
