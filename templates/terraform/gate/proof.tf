# The key that signs proofs, unless `proof` names one. A deleted key signs nothing, and what it
# signed stays verifiable for everybody who has its public half.

locals {
  creates_proof_key = length([for proof in var.proof[*] : proof if proof.key_arn == null]) == 1
  proof_key_arn     = one(concat(aws_kms_key.proof[*].arn, compact(var.proof[*].key_arn)))
  proof_rule = {
    for proof in var.proof[*] : "proof" => {
      key         = local.proof_key_arn
      store       = proof.store
      environment = proof.environment
    }
  }
}

resource "aws_kms_key" "proof" {
  #checkov:skip=CKV_AWS_7:KMS does not rotate keys that sign
  count                    = local.creates_proof_key ? 1 : 0
  description              = "Two-person rule: signs the proofs of releases"
  customer_master_key_spec = "ECC_NIST_P256"
  key_usage                = "SIGN_VERIFY"
  tags                     = var.tags
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Everything but to sign and to grant, by the account's own policies. In the policy of a
        # key, * is that key.
        Sid       = "Administer"
        Effect    = "Allow"
        Principal = { AWS = "arn:${data.aws_partition.current.partition}:iam::${data.aws_caller_identity.current.account_id}:root" }
        Action = [
          "kms:CancelKeyDeletion",
          "kms:DescribeKey",
          "kms:DisableKey",
          "kms:EnableKey",
          "kms:GetKeyPolicy",
          # Terraform reads it, although no key that signs is rotated.
          "kms:GetKeyRotationStatus",
          "kms:GetPublicKey",
          "kms:ListGrants",
          "kms:ListResourceTags",
          "kms:PutKeyPolicy",
          "kms:RevokeGrant",
          "kms:ScheduleKeyDeletion",
          "kms:TagResource",
          "kms:UntagResource",
          "kms:UpdateKeyDescription",
          "kms:Verify",
        ]
        Resource = ["*"]
      },
      {
        # In the policy of a key, * is that key.
        Sid       = "OnlyTheGateSigns"
        Effect    = "Allow"
        Principal = { AWS = aws_iam_role.gate.arn }
        Action    = ["kms:Sign"]
        Resource  = ["*"]
      },
    ]
  })
}
