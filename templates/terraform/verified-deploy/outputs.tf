output "project_name" {
  description = "For the ProjectName of the pipeline's action"
  value       = aws_codebuild_project.this.name
}

output "role_arn" {
  description = "The role that may deploy"
  value       = aws_iam_role.this.arn
}
