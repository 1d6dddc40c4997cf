output "bucket_name" {
  description = "The archive; for the variable bucket of other modules"
  value       = local.bucket
}

output "function_name" {
  description = "The function; invoke it once without days, to keep what CodePipeline still knows"
  value       = aws_lambda_function.archive.function_name
}
