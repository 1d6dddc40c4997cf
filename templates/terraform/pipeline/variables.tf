variable "name" {
  description = "The pipeline's name; the modules gate and approvers name it too"
  type        = string
  default     = "payments"
}

variable "gate_function_name" {
  description = "The gate's function: the output function_name of the module gate"
  type        = string
  default     = "two-person-rule-gate"
}

variable "retry_once" {
  description = "Whether a refused stage retries once from its first action, which asks everybody again. After that, or if false, the command in the gate's message reopens the approvals."
  type        = bool
  default     = true
}

variable "approvers" {
  description = "Email addresses by slot: who is told about a waiting approval. Each address must confirm the subscription. Use different people for each slot."
  type        = map(list(string))
  default     = { ApprovalA = [], ApprovalB = [] }
}

variable "review_url" {
  description = "A link for approvers to see what they release, if there is no desk_url; shown with the approval"
  type        = string
  default     = "https://console.aws.amazon.com/codesuite/codepipeline/pipelines"
}

variable "desk_url" {
  description = "Where the desk is: the origin of the rule's desk, without a slash at its end. Each approval then links to the page of its execution. null if people approve elsewhere."
  type        = string
  default     = null
  validation {
    condition     = var.desk_url == null || can(regex("^https?://[^/]+$", var.desk_url))
    error_message = "The address of the desk begins with https:// and has no slash at its end."
  }
}

variable "artifact_bucket" {
  description = "The artifact bucket. Only the pipeline should be able to write to it: anybody else who can, can change what has been approved."
  type        = string
}

variable "source_bucket" {
  description = "A versioned bucket; the pipeline releases its source.zip"
  type        = string
}

variable "deploy_bucket" {
  description = "The bucket that a release is unpacked into"
  type        = string
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
