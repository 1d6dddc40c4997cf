output "function_name" {
  description = "For the FunctionName of the pipeline's Invoke action"
  value       = aws_lambda_function.gate.function_name
}

output "function_arn" {
  description = "The function"
  value       = aws_lambda_function.gate.arn
}

output "role_arn" {
  description = "The role of the function"
  value       = aws_iam_role.gate.arn
}

output "log_group" {
  description = "Where the decision records are"
  value       = aws_cloudwatch_log_group.gate.name
}

output "proof_key_arn" {
  description = "The key that signs proofs, if there are proofs; `aws kms get-public-key` shows its public half"
  value       = local.proof_key_arn
}
