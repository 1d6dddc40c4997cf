variable "name" {
  description = "The name of the load balancer and its target group"
  type        = string
  default     = "two-person-rule-desk"
}

variable "vpc_id" {
  description = "The network that the load balancer stands in"
  type        = string
}

variable "subnet_ids" {
  description = "At least two subnets in different zones. From there it has to reach the identity provider."
  type        = list(string)
}

variable "internal" {
  description = "Whether only the network reaches the load balancer, and not the internet"
  type        = bool
  default     = false
}

variable "allowed_cidrs" {
  description = "The addresses that may open the desk"
  type        = list(string)
  default     = ["0.0.0.0/0"]
}

variable "certificate_arn" {
  description = "The certificate, in AWS Certificate Manager, for the host in the rule's desk.origin"
  type        = string
}

variable "function_name" {
  description = "The function: function_name of the module desk"
  type        = string
}

variable "function_arn" {
  description = "The function's ARN: function_arn of the module desk"
  type        = string
}

variable "issuer" {
  description = "`issuer` in the identity provider's /.well-known/openid-configuration"
  type        = string
}

variable "authorization_endpoint" {
  description = "`authorization_endpoint` there"
  type        = string
}

variable "token_endpoint" {
  description = "`token_endpoint` there"
  type        = string
}

variable "user_info_endpoint" {
  description = "`userinfo_endpoint` there"
  type        = string
}

variable "client_id" {
  description = "The desk's client id at the identity provider"
  type        = string
}

variable "client_secret" {
  description = "The client's secret. Terraform keeps it in its state."
  type        = string
  sensitive   = true
}

variable "scope" {
  description = "What is asked of the identity provider. It has to tell the claim that the desk uses."
  type        = string
  default     = "openid email"
}

variable "session_seconds" {
  description = "After how long people have to sign in at the identity provider again"
  type        = number
  default     = 28800
}

variable "web_acl_arn" {
  description = "The ARN of a web ACL of AWS WAF for the load balancer; null for none"
  type        = string
  default     = null
}

variable "access_log_bucket" {
  description = "The name of a bucket for the load balancer's access log, whose policy lets Elastic Load Balancing write; null for no log"
  type        = string
  default     = null
}

variable "deletion_protection" {
  description = "Whether the load balancer refuses to be deleted"
  type        = bool
  default     = true
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
