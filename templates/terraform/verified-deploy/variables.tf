variable "project_name" {
  description = "The project's name, for the ProjectName of the action"
  type        = string
  default     = "payments-verified-deploy"
}

variable "pipeline_name" {
  description = "The pipeline that the proof must be of"
  type        = string
  default     = "payments"
}

variable "environment_name" {
  description = "The environment that the proof must be for, as the gate's rule names it"
  type        = string
  default     = "prod"
}

variable "artifact_name" {
  description = "The artifact to deploy, which must also be an input artifact of the gate's action. Empty to deploy by revision only, such as the digest of an image"
  type        = string
  default     = "BuildOutput"
}

variable "max_age" {
  description = "How old a proof may be, such as 30m or 1h"
  type        = string
  default     = "1h"
}

variable "rule_layer_arn" {
  description = "The ARN of the version of a layer with the rule that this project judges by, as templates/package --rule packs it"
  type        = string
}

variable "gate_key" {
  description = "The gate's public key: aws kms get-public-key --query PublicKey --output text. Empty to believe the signatures of people alone, which name neither artifacts nor an environment"
  type        = string
  default     = ""
}

variable "policygen_layer_arn" {
  description = "The ARN of the version of a layer that holds policygen, as templates/package --audit packs it"
  type        = string
}

variable "policygen_sha256" {
  description = "What sha256sum prints for the zip of that layer"
  type        = string
  validation {
    condition     = can(regex("^[0-9a-f]{64}$", var.policygen_sha256))
    error_message = "The digest has 64 hexadecimal digits, in lower case."
  }
}

variable "deploy_command" {
  description = "One line of bash that deploys. $ARTIFACT is the path of the verified artifact, and $REVISIONS has the revisions that people approved, one a line"
  type        = string
  validation {
    condition     = can(regex("^[^\\n\\r]+$", var.deploy_command))
    error_message = "The command is one line."
  }
}

variable "deploy_policy_arn" {
  description = "The managed policy that allows what deploy_command does"
  type        = string
}

variable "artifact_bucket" {
  description = "The pipeline's artifact bucket"
  type        = string
}

variable "proof_store" {
  description = "Where the gate keeps proofs, as bucket/prefix, from proof.store of its rule"
  type        = string
}

variable "kms_key_arn" {
  description = "The KMS key that the artifacts and proofs are encrypted with; null without one"
  type        = string
  default     = null
}

variable "architecture" {
  description = "The processor that policygen was built for"
  type        = string
  default     = "arm64"
}

variable "log_retention_days" {
  description = "How long the log is kept"
  type        = number
  default     = 365
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
