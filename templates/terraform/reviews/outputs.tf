output "function_name" {
  description = "For the FunctionName of the pipeline's Invoke action"
  value       = aws_lambda_function.reviews.function_name
}

output "function_arn" {
  description = "The function"
  value       = aws_lambda_function.reviews.arn
}

output "role_arn" {
  description = "The role of the function"
  value       = aws_iam_role.reviews.arn
}

output "log_group" {
  description = "Where the function's log is"
  value       = aws_cloudwatch_log_group.reviews.name
}
