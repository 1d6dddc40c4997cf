# Everything together, for the pipeline `payments`. Build both packages first (templates/package),
# then run: terraform init && terraform apply
#
# The buckets are your own: create them as pipeline.yaml does, with versioning, without public
# access, and with TLS required.

terraform {
  required_version = ">= 1.5"
  required_providers {
    aws = {
      source  = "hashicorp/aws"
      version = ">= 6.0"
    }
  }
}

variable "source_bucket" {
  description = "Where source.zip is uploaded"
  type        = string
}

variable "artifact_bucket" {
  description = "What travels between stages"
  type        = string
}

variable "deploy_bucket" {
  description = "Where a release ends up"
  type        = string
}

module "gate" {
  source    = "../gate"
  package   = "../../../target/lambda/gate/bootstrap.zip"
  pipelines = ["payments"]
}

# Generated: change approvers.toml and run policygen again.
module "approvers" {
  source = "../approvers"
}

module "pipeline" {
  source             = "../pipeline"
  name               = "payments"
  gate_function_name = module.gate.function_name
  approvers = {
    ApprovalA = ["release-managers@example.com"]
    ApprovalB = ["security@example.com"]
  }
  source_bucket   = var.source_bucket
  artifact_bucket = var.artifact_bucket
  deploy_bucket   = var.deploy_bucket
}

module "audit" {
  source  = "../audit"
  package = "../../../target/lambda/audit/audit.zip"
}

output "pipeline" {
  description = "The pipeline that needs two people to release"
  value       = module.pipeline.name
}
