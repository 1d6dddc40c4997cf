variable "package" {
  description = "The path of the audit's zip: target/lambda/audit/audit.zip of this repository"
  type        = string
}

variable "organization" {
  description = "Whether to audit every account of the organisation instead of this one. If so, deploy this in the management account or a delegated administrator account, and audit-member.yaml as a stack set."
  type        = bool
  default     = false
}

variable "excluded_accounts" {
  description = "For an organisation, accounts that are not audited"
  type        = list(string)
  default     = []
}

variable "arguments" {
  description = "Arguments of policygen audit, except the format (docs/audit.md). No shell reads them."
  type        = string
  default     = "--pipeline payments --stage Release --slot ApprovalA=TwoPersonRule-ApprovalA --slot ApprovalB=TwoPersonRule-ApprovalB"
}

variable "fail_on" {
  description = "The least severity that makes a subject non-compliant: error, warning or note"
  type        = string
  default     = "error"
  validation {
    condition     = contains(["error", "warning", "note"], var.fail_on)
    error_message = "A severity is error, warning or note."
  }
}

variable "frequency" {
  description = "How often the audit runs: One_Hour, Three_Hours, Six_Hours, Twelve_Hours or TwentyFour_Hours"
  type        = string
  default     = "TwentyFour_Hours"
}

variable "rule_name" {
  description = "The name of the AWS Config rule"
  type        = string
  default     = "two-person-rule"
}

variable "function_name" {
  description = "The name of the function that runs the audit"
  type        = string
  default     = "two-person-rule-audit"
}

variable "function_role_name" {
  description = "The name of the function's role, which audit-member.yaml trusts"
  type        = string
  default     = "TwoPersonRule-AuditFunction"
}

variable "member_role_name" {
  description = "For an organisation, the role of audit-member.yaml in each account"
  type        = string
  default     = "TwoPersonRule-Audit"
}

variable "architecture" {
  description = "The processor that policygen in the zip was built for: arm64 or x86_64"
  type        = string
  default     = "arm64"
}

variable "log_retention_days" {
  description = "How long the function's log is kept"
  type        = number
  default     = 365
}

variable "alarm_topic_arn" {
  description = "An SNS topic for failed audits; null to see it in CloudWatch only"
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
