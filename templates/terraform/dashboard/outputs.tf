output "dashboard_name" {
  description = "The dashboard"
  value       = aws_cloudwatch_dashboard.this.dashboard_name
}

output "log_group" {
  description = "Where the events of approvals are"
  value       = aws_cloudwatch_log_group.approvals.name
}
