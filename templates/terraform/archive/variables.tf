variable "package" {
  description = "The path of the archive's zip: target/lambda/archive/archive.zip of this repository"
  type        = string
}

variable "pipelines" {
  description = "The pipeline to keep, or a pattern such as team-*"
  type        = string
  default     = "*"
}

variable "gate_function_name" {
  description = "The gate's function, as in the module gate"
  type        = string
  default     = "two-person-rule-gate"
}

variable "rule" {
  description = "The gate's rule, which the reports are made by. The default is that of the module gate."
  type        = any
  default = {
    excludeInitiator    = true
    trustedSessionRoles = []
  }
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule in two-person-rule/rule.json, instead of rule: the gate's own layer"
  type        = string
  default     = null
}

variable "schedule" {
  description = "When it runs"
  type        = string
  default     = "cron(17 3 * * ? *)"
}

variable "days" {
  description = "How long an execution is read again after it has changed. Until it has ended, it is read every time. A failure of the function that lasts longer leaves a hole, which you fill by hand."
  type        = number
  default     = 7
}

variable "bucket" {
  description = "The archive's bucket, in any account; null to create it"
  type        = string
  default     = null
}

variable "bucket_owner" {
  description = "The account of bucket. Nothing is written into a bucket of another one."
  type        = string
  default     = null
}

variable "organization_id" {
  description = "For the module that creates the bucket: the organization whose accounts may write into it, each under its own number; null for this account only"
  type        = string
  default     = null
}

variable "retention_mode" {
  description = "For the module that creates the bucket. GOVERNANCE lets principals with s3:BypassGovernanceRetention delete earlier. COMPLIANCE lets nobody, not even root, and cannot be taken back."
  type        = string
  default     = "GOVERNANCE"
  validation {
    condition     = contains(["GOVERNANCE", "COMPLIANCE"], var.retention_mode)
    error_message = "The mode is GOVERNANCE or COMPLIANCE."
  }
}

variable "retention_years" {
  description = "For the module that creates the bucket, how long each object is kept"
  type        = number
  default     = 7
}

variable "function_name" {
  description = "The function's name. Its role is called the same, followed by the region."
  type        = string
  default     = "two-person-rule-archive"
}

variable "architecture" {
  description = "The processor that policygen in the zip was built for: arm64 or x86_64"
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "log_retention_days" {
  description = "How long the function's log is kept"
  type        = number
  default     = 365
}

variable "alarm_topic_arn" {
  description = "An SNS topic for failures; null to see them in CloudWatch only"
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
