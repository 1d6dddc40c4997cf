variable "gate_log_group" {
  description = "The gate's log group, with the decision records"
  type        = string
  default     = "/aws/lambda/two-person-rule-gate"
}

variable "name" {
  description = "The name of the dashboard and of its event rule"
  type        = string
  default     = "two-person-rule"
}

variable "log_group_name" {
  description = "Where the events of approvals are kept; it begins with /aws/events/"
  type        = string
  default     = "/aws/events/two-person-rule-approvals"
}

variable "log_retention_days" {
  description = "How long the events are kept. An approval that is open for longer is not shown"
  type        = number
  default     = 90
}

variable "kms_key_arn" {
  description = "A KMS key for the log group; null for a key that AWS owns"
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags of everything that this creates"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
