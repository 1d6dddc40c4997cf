variable "package" {
  description = "The path of the desk's zip: target/lambda/desk/bootstrap.zip of this repository"
  type        = string
}

variable "answering_role_arn" {
  description = "The role that answers are given with: the output answering_role_arn of the module desk. The function only needs its name, to know who would count."
  type        = string
}

variable "rule" {
  description = "The gate's own rule, with desk and signingKeys"
  type        = any
  default     = null
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule in two-person-rule/rule.json, instead of rule: the gate's own layer"
  type        = string
  default     = null
}

variable "pipelines" {
  description = "The pipeline to watch, or a pattern such as team-*"
  type        = string
  default     = "payments"
}

variable "webhooks_secret_arn" {
  description = "The ARN of a secret in Secrets Manager with the webhooks of chats, as JSON with slack, teams or both; null for mails alone. It is encrypted with aws/secretsmanager or kms_key_arn."
  type        = string
  default     = null
}

variable "topic_name" {
  description = "The name of the topic that people subscribe to"
  type        = string
  default     = "two-person-rule-desk"
}

variable "function_name" {
  description = "The function's name"
  type        = string
  default     = "two-person-rule-desk-notify"
}

variable "role_name" {
  description = "The name of the function's role"
  type        = string
  default     = "TwoPersonRule-DeskNotify"
}

variable "architecture" {
  description = "The processor that the zip was built for: arm64 or x86_64"
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "kms_key_arn" {
  description = "A KMS key for the topic, the function's environment and the log group; null for keys of AWS. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long the function's log is kept"
  type        = number
  default     = 365
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
