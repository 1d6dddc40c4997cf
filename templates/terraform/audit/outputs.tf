output "function_role_arn" {
  description = "For the parameter FunctionRoleArn of audit-member.yaml"
  value       = aws_iam_role.audit.arn
}
