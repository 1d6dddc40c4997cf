# The KMS key of sealed files and its replica. Belongs into the production account.

data "aws_caller_identity" "current" {}
data "aws_partition" "current" {}

locals {
  description = "Sealed files of ${var.pipeline} for ${var.environment}"
  context = {
    StringEquals = {
      "kms:EncryptionContext:pipeline"    = var.pipeline
      "kms:EncryptionContext:environment" = var.environment
    }
    Null = { "kms:EncryptionContext:revision" = "false" }
  }
  # Nobody else may decrypt, even if policies of IAM allow it, and nobody may create grants.
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "CiSeals"
        Effect    = "Allow"
        Principal = { AWS = var.seal_role_arn }
        Action    = ["kms:GenerateDataKey", "kms:Encrypt"]
        Resource  = "*"
        Condition = local.context
      },
      {
        Sid       = "ReleaseOpens"
        Effect    = "Allow"
        Principal = { AWS = var.open_role_arn }
        Action    = "kms:Decrypt"
        Resource  = "*"
        Condition = local.context
      },
      {
        Sid       = "AdministratorsManage"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action = [
          "kms:CancelKeyDeletion",
          "kms:DescribeKey",
          "kms:DisableKey",
          "kms:EnableKey",
          "kms:EnableKeyRotation",
          "kms:GetKeyPolicy",
          "kms:GetKeyRotationStatus",
          "kms:ListGrants",
          "kms:ListResourceTags",
          "kms:PutKeyPolicy",
          "kms:ReplicateKey",
          "kms:RevokeGrant",
          "kms:RotateKeyOnDemand",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
          "kms:UpdateKeyDescription",
          "kms:UpdatePrimaryRegion",
        ]
        Resource = "*"
      },
    ]
  })
}

resource "aws_kms_key" "this" {
  description         = local.description
  multi_region        = true
  enable_key_rotation = true
  policy              = local.policy
  tags                = var.tags

  # Without the key, nothing that was sealed opens again.
  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_kms_replica_key" "this" {
  region          = var.replica_region
  description     = local.description
  primary_key_arn = aws_kms_key.this.arn
  policy          = local.policy
  tags            = var.tags
}
