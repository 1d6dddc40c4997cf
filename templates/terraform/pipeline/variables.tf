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
  description = "Whether a refused stage runs once more by itself, from its first action, so that everybody is asked afresh. After that, and with false from the beginning, the command in the gate's message reopens the approvals."
  type        = bool
  default     = true
}

variable "approvers" {
  description = "Who is told that an approval is wanted: addresses by slot, which have to confirm the subscription. Other people for each slot."
  type        = map(list(string))
  default     = { ApprovalA = [], ApprovalB = [] }
}

variable "review_url" {
  description = "Where the approvers see what they release; shown with the approval"
  type        = string
  default     = "https://console.aws.amazon.com/codesuite/codepipeline/pipelines"
}

variable "artifact_bucket" {
  description = "A bucket for what travels between stages. Nobody but the pipeline should be able to write to it: who can changes what has been approved."
  type        = string
}

variable "source_bucket" {
  description = "A bucket with versions, in which source.zip is what is released"
  type        = string
}

variable "deploy_bucket" {
  description = "A bucket into which a release is unpacked"
  type        = string
}

variable "tags" {
  description = "Tags for everything"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
