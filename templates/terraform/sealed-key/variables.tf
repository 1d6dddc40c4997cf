variable "pipeline" {
  description = "The pipeline whose releases are sealed"
  type        = string
  default     = "payments"
}

variable "environment" {
  description = "The environment in which they are opened, as the gate's rule names it"
  type        = string
  default     = "prod"
}

variable "seal_role_arn" {
  description = "The role of CI's build, which seals"
  type        = string
}

variable "open_role_arn" {
  description = "The role of the container that deploys, which opens"
  type        = string
}

variable "replica_region" {
  description = "The region of the replica, which opens what was sealed if the first region is lost"
  type        = string
}

variable "tags" {
  description = "Tags for both keys"
  type        = map(string)
  default     = { application = "two-person-rule" }
}
