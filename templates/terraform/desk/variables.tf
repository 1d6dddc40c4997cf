variable "package" {
  description = "The path of the desk's zip: target/lambda/desk/bootstrap.zip of this repository"
  type        = string
}

variable "cookie_key" {
  # Somebody who knows it can sign in as anybody and see what they see, but cannot answer: an answer
  # needs the person's key.
  description = "At least 32 random characters, such as the output of `openssl rand -hex 32`. A new key signs everybody out. Terraform keeps it in its state."
  type        = string
  sensitive   = true
  validation {
    condition     = length(var.cookie_key) >= 32
    error_message = "The cookie key has at least 32 characters."
  }
}

variable "rule" {
  description = "The gate's own rule, with desk and signingKeys; null for the first deployment, which tells the address"
  type        = any
  default     = null
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule in two-person-rule/rule.json, instead of rule: the gate's own layer"
  type        = string
  default     = null
}

variable "pipelines" {
  description = "The pipeline that the desk shows and answers, or a pattern such as team-*"
  type        = string
  default     = "payments"
}

variable "stage" {
  description = "The stage of the approvals, or a pattern"
  type        = string
  default     = "Release"
}

variable "approvals" {
  description = "The approvals that can be answered here, by their names or by patterns"
  type        = list(string)
  default     = ["ApprovalA", "ApprovalB"]
}

variable "let_people_start" {
  description = "Whether people may start the pipelines at the desk. CodePipeline records a session of the answering role, so with excludeInitiator nobody counts unless trustedSessionRoles names it."
  type        = bool
  default     = false
}

variable "load_balancer" {
  description = "The load balancer of the module desk-alb, where people first sign in at an identity provider, instead of a function URL: its ARN, the provider's issuer, the desk's client id there, and what the provider tells of a person that says who it is (email, sub or preferred_username)"
  type = object({
    arn       = string
    issuer    = string
    client_id = string
    claim     = optional(string, "email")
  })
  default = null
}

variable "topic_arn" {
  description = "The topic that tells the person who is asked to approve a new release: the output topic_arn of the module notify. null if people send the link themselves."
  type        = string
  default     = null
}

variable "function_name" {
  description = "The function's name. Guardrails of policygen generate protect this name by default."
  type        = string
  default     = "two-person-rule-desk"
}

variable "role_name" {
  description = "The name of the function's role. Guardrails of policygen generate protect this name."
  type        = string
  default     = "TwoPersonRule-Desk"
}

variable "answering_role_name" {
  description = "The name of the role that answers are given with. Policies of policygen generate expect this name."
  type        = string
  default     = "TwoPersonRule-DeskAnswers"
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

variable "reserved_concurrency" {
  description = "How many requests are answered at once (reserved concurrency). Anybody on the internet may ask, so this is also what limits the cost; -1 reserves nothing."
  type        = number
  default     = 10
}

variable "kms_key_arn" {
  description = "A KMS key for the function's environment and the log group, and that of the topic if it has one; null for the keys that AWS owns. Its policy must let CloudWatch Logs use it."
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
