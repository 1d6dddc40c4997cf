output "name" {
  description = "The pipeline"
  value       = aws_codepipeline.this.name
}

output "service_role" {
  description = "The pipeline's role, for policygen generate --service-role"
  value       = aws_iam_role.pipeline.name
}
