variable "package" {
  description = "The path of the gate's zip: target/lambda/gate/bootstrap.zip of this repository"
  type        = string
}

variable "trusted_session_roles" {
  # IAM Identity Center names the sessions of its own roles after the user, so each session is one
  # person. Add another role only if the people who assume it cannot choose the session name.
  description = "Exact names of the roles whose session names identify people, such as AWSReservedSSO_Approver_0123456789abcdef. A refusal says which name to add."
  type        = list(string)
  default     = []
}

variable "rule" {
  # Not an object type: its optional keys would be null in the JSON, which the gate refuses, and
  # requireSignature is a bool or an object. policygen/schema.py writes the list of the keys.
  description = "More keys of the rule that no pipeline can loosen (docs/gate.md), in addition to excludeInitiator and trusted_session_roles; a key given here replaces theirs."
  type        = any
  default     = {}
  validation {
    condition = length(setsubtract(keys(var.rule), [
      "$schema",
      "actions",
      "desk",
      "excludeAuthors",
      "excludeInitiator",
      "handleAffixes",
      "maxAgeMinutes",
      "notPeople",
      "onlyPeople",
      "people",
      "pipelineExecutionId",
      "proof",
      "quorum",
      "requireSignature",
      "reviews",
      "roster",
      "sharedRoles",
      "signingKeys",
      "stage",
      "trustedSessionRoles",
    ])) == 0
    error_message = "The rule has a key that the gate does not know; docs/gate.md lists the keys."
  }
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule in two-person-rule/rule.json, instead of rule and trusted_session_roles. If the rule has its own pipeline, give the version in force each time, or an older rule comes back."
  type        = string
  default     = null
}

variable "proof" {
  description = "Where the gate stores a proof of each release (docs/gate.md), such as s3://bucket/prefix; what the releases are for; the bucket of the pipelines' artifacts, and the KMS key that encrypts it if it is one of your own. key_arn is the KMS key that signs, of type ECC_NIST_P256; null to create one that only the gate can sign with. null for no proofs. With rule_layer_arn, say it in the rule too."
  type = object({
    store            = string
    environment      = optional(string, "prod")
    key_arn          = optional(string)
    artifact_bucket  = string
    artifact_key_arn = optional(string)
  })
  default = null
  validation {
    condition     = var.proof == null || can(regex("^s3://[a-z0-9][a-z0-9.-]{1,61}[a-z0-9](/[A-Za-z0-9._-]+)*$", var.proof.store))
    error_message = "The store is s3://bucket or s3://bucket/prefix, without a slash at the end."
  }
}

variable "pipelines" {
  description = "The pipelines that the gate may read, by name or by a pattern such as team-*. It may always read the pipeline of rule-pipeline.yaml."
  type        = list(string)
  default     = ["payments"]
}

variable "function_name" {
  description = "The function's name. Guardrails of policygen generate protect this name by default."
  type        = string
  default     = "two-person-rule-gate"
}

variable "role_name" {
  description = "The name of the function's role. Guardrails of policygen generate protect this name."
  type        = string
  default     = "TwoPersonRule-Gate"
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
  description = "How many jobs the gate can judge at once (reserved concurrency); -1 reserves nothing"
  type        = number
  default     = 5
}

variable "kms_key_arn" {
  description = "A KMS key for the function's environment, the log group and the queue; null for the keys that AWS owns. Its policy must let CloudWatch Logs use it."
  type        = string
  default     = null
}

variable "log_retention_days" {
  description = "How long decision records are kept"
  type        = number
  default     = 365
}

variable "alarm_topic_arn" {
  description = "An SNS topic for the alarms; null to see them in CloudWatch only"
  type        = string
  default     = null
}

variable "keep_lost_events" {
  description = "Whether to keep events that Lambda drops in a queue for a day. They hold the job's artifact credentials, which stay valid for a while: readers of the queue can read the pipeline's artifacts."
  type        = bool
  default     = false
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
