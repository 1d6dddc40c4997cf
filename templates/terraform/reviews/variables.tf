variable "package" {
  description = "The path of the function's zip: target/lambda/reviews/bootstrap.zip of this repository"
  type        = string
}

variable "rule" {
  description = "The gate's own rule, with reviews. The gate compares the two."
  type        = any
  default     = null
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule in two-person-rule/rule.json, instead of rule: the gate's own layer"
  type        = string
  default     = null
}

variable "pipelines" {
  description = "The pipelines that the function may read, by name or by a pattern such as team-*"
  type        = list(string)
  default     = ["payments"]
}

variable "gate_function_name" {
  description = "The gate's function as the pipelines name it, with its alias if they name one. Its verdicts say what was released last."
  type        = string
  default     = "two-person-rule-gate"
}

variable "github_token_arn" {
  description = "The ARN of a secret in Secrets Manager with a token of GitHub that may read the contents, the metadata and the pull requests of the repositories; null without GitHub. It is encrypted with aws/secretsmanager or kms_key_arn."
  type        = string
  default     = null
}

variable "github_api" {
  description = "The address of GitHub's API; of an Enterprise Server, https://HOST/api/v3"
  type        = string
  default     = "https://api.github.com"
}

variable "gitlab_token_arn" {
  description = "The ARN of a secret with a token of GitLab that has the scope read_api and the role of a reporter in the projects; null without GitLab. It is encrypted as the other one."
  type        = string
  default     = null
}

variable "gitlab_api" {
  description = "The address of GitLab's API; of a self-managed one, https://HOST/api/v4"
  type        = string
  default     = "https://gitlab.com/api/v4"
}

variable "codecommit_repositories" {
  description = "The repositories of CodeCommit that the function may read, by name or by a pattern such as team-*; empty without CodeCommit"
  type        = list(string)
  default     = []
}

variable "function_name" {
  description = "The function's name, as reviews of the rule names it"
  type        = string
  default     = "two-person-rule-reviews"
}

variable "role_name" {
  description = "The name of the function's role"
  type        = string
  default     = "TwoPersonRule-Reviews"
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
  description = "A KMS key for the function's environment, the log group and the secret; null for the keys that AWS owns. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long the function's log is kept"
  type        = number
  default     = 365
}

variable "alarm_topic_arn" {
  description = "An SNS topic for the alarm; null to see it in CloudWatch only"
  type        = string
  default     = null
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
