output "load_balancer_arn" {
  description = "The load balancer, for load_balancer.arn of the module desk"
  value       = aws_lb.desk.arn
}

output "dns_name" {
  description = "The host that the name in the rule's desk.origin has to be an alias of"
  value       = aws_lb.desk.dns_name
}

output "zone_id" {
  description = "The hosted zone of that host, for an alias in Route 53"
  value       = aws_lb.desk.zone_id
}
