variable "package" {
  description = "The path of the function's zip: target/lambda/relay/bootstrap.zip of this repository"
  type        = string
}

variable "rule" {
  description = "Production's own rule"
  type        = any
  default     = null
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule in two-person-rule/rule.json, instead of rule"
  type        = string
  default     = null
}

variable "pipelines" {
  description = "The pipelines that may release here, each with its environment and account: { payments = { environment = \"prod\", account = \"111122223333\" } }"
  type        = any
}

variable "gate_key" {
  description = "The public key of the gate's KMS key, as aws kms get-public-key --query PublicKey --output text prints it. If it is null, only the people's own signatures count."
  type        = string
  default     = null
}

variable "max_age_minutes" {
  description = "A proof that is older is refused. At most 60 days: Step Functions remembers the name of an execution for 90 days."
  type        = number
  default     = 60
  validation {
    condition     = var.max_age_minutes >= 1 && var.max_age_minutes <= 86400
    error_message = "A proof may be at most 60 days old (86400 minutes)."
  }
}

variable "read_role_arns" {
  description = "The roles in the pipelines' accounts that the function may assume to read releases that come without a proof; empty if each one comes with a proof"
  type        = list(string)
  default     = []
}

variable "image" {
  description = "The container image of a release, by its digest"
  type        = string
  validation {
    condition     = can(regex("@sha256:[0-9a-f]{64}$", var.image))
    error_message = "Give the image by its digest: a tag can be moved."
  }
}

variable "image_repository_arn" {
  description = "The repository of the image in ECR; null if the image is public"
  type        = string
  default     = null
}

variable "command" {
  description = "The command of the container; empty for the image's own"
  type        = list(string)
  default     = ["relay", "run", "--", "/release"]
}

variable "task_policy_arn" {
  description = "The managed policy with what a release may do. Only the container's role has it."
  type        = string
}

variable "timeout_seconds" {
  description = "The release counts as failed after this time"
  type        = number
  default     = 3600
  validation {
    condition     = var.timeout_seconds >= 60 && var.timeout_seconds <= 86400
    error_message = "A release may take from 60 to 86400 seconds."
  }
}

variable "cpu" {
  description = "The CPU units of the container"
  type        = number
  default     = 512
}

variable "memory_mib" {
  description = "The memory of the container in MiB"
  type        = number
  default     = 1024
}

variable "subnets" {
  description = "The subnets of the container"
  type        = list(string)
}

variable "security_groups" {
  description = "The security groups of the container"
  type        = list(string)
}

variable "assign_public_ip" {
  description = "Whether the container gets a public address, if the subnets have no other way to ECR, S3 and CloudWatch Logs"
  type        = bool
  default     = false
}

variable "ci_principal" {
  description = "The role of CI that may assume the asking role, for example in CI's own account"
  type        = string
  default     = null
}

variable "github_subject" {
  description = "The subject of GitHub Actions that may assume the asking role, for example repo:acme/shop:environment:prod. This account needs its OIDC provider."
  type        = string
  default     = null
}

variable "gitlab_subject" {
  description = "The subject of gitlab.com that may assume the asking role, for example project_path:acme/shop:ref_type:branch:ref:main. This account needs its OIDC provider."
  type        = string
  default     = null
}

variable "create_topic" {
  description = "Whether the asking role may also publish requests to an SNS topic"
  type        = bool
  default     = false
}

variable "function_name" {
  description = "The function's name, and the beginning of the other names"
  type        = string
  default     = "two-person-rule-relay"
}

variable "role_name" {
  description = "The name of the function's role, and the beginning of the other roles' names"
  type        = string
  default     = "TwoPersonRule-Relay"
}

variable "architecture" {
  description = "The processor that the zip was built for: arm64 or x86_64. The container runs on the same."
  type        = string
  default     = "arm64"
  validation {
    condition     = contains(["arm64", "x86_64"], var.architecture)
    error_message = "The architecture is arm64 or x86_64."
  }
}

variable "kms_key_arn" {
  description = "A KMS key for the function's environment and the log groups; null for the keys that AWS owns. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long the logs of the function and of the releases are kept"
  type        = number
  default     = 365
}

variable "alarm_topic_arn" {
  description = "An SNS topic for the alarms; null to see them in CloudWatch only"
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
