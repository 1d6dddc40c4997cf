# The archive's bucket, unless another module creates it. Each object is locked when it is written.

locals {
  creates_bucket = var.bucket == null ? 1 : 0
}

resource "aws_s3_bucket" "archive" {
  #checkov:skip=CKV_AWS_18:access logs need a bucket of the account's own
  #checkov:skip=CKV_AWS_144:a copy in another region is the account's own decision
  #checkov:skip=CKV_AWS_145:the bucket is encrypted by S3's own key
  #checkov:skip=CKV2_AWS_61:nothing expires before its lock does
  #checkov:skip=CKV2_AWS_62:nobody waits for an object
  count               = local.creates_bucket
  bucket              = "two-person-rule-archive-${local.account}-${local.region}"
  object_lock_enabled = true
  tags                = var.tags

  lifecycle {
    prevent_destroy = true
  }
}

resource "aws_s3_bucket_versioning" "archive" {
  count  = local.creates_bucket
  bucket = aws_s3_bucket.archive[0].id

  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_object_lock_configuration" "archive" {
  count  = local.creates_bucket
  bucket = aws_s3_bucket.archive[0].id

  rule {
    default_retention {
      mode  = var.retention_mode
      years = var.retention_years
    }
  }

  depends_on = [aws_s3_bucket_versioning.archive]
}

resource "aws_s3_bucket_server_side_encryption_configuration" "archive" {
  count  = local.creates_bucket
  bucket = aws_s3_bucket.archive[0].id

  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "archive" {
  count  = local.creates_bucket
  bucket = aws_s3_bucket.archive[0].id

  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "archive" {
  count                   = local.creates_bucket
  bucket                  = aws_s3_bucket.archive[0].id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "archive" {
  count  = local.creates_bucket
  bucket = aws_s3_bucket.archive[0].id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid       = "DenyPlainHttp"
          Effect    = "Deny"
          Principal = "*"
          Action    = ["s3:*"]
          Resource  = [aws_s3_bucket.archive[0].arn, "${aws_s3_bucket.archive[0].arn}/*"]
          Condition = { Bool = { "aws:SecureTransport" = "false" } }
        },
        {
          # Without the header If-None-Match, a write could put a newer version before the kept one.
          Sid       = "DenyOverwriting"
          Effect    = "Deny"
          Principal = "*"
          Action    = ["s3:PutObject"]
          Resource  = ["${aws_s3_bucket.archive[0].arn}/*"]
          Condition = { Null = { "s3:if-none-match" = "true" } }
        },
        {
          # A lock keeps versions. This keeps anybody from hiding them behind a delete marker.
          Sid       = "DenyHiding"
          Effect    = "Deny"
          Principal = "*"
          Action    = ["s3:DeleteObject"]
          Resource  = ["${aws_s3_bucket.archive[0].arn}/*"]
        },
      ],
      [
        # The function of each account of the organization, under the number of its account.
        for organization in compact([var.organization_id]) : {
          Sid       = "KeepForOrganization"
          Effect    = "Allow"
          Principal = "*"
          Action    = ["s3:PutObject"]
          Resource  = [for kind in ["lists", "reports", "rules"] : "${aws_s3_bucket.archive[0].arn}/${kind}/$${aws:PrincipalAccount}/*"]
          Condition = {
            StringEquals = { "aws:PrincipalOrgID" = organization }
            ArnLike      = { "aws:PrincipalArn" = "arn:${local.partition}:iam::*:role/${var.function_name}-*" }
          }
        }
      ],
    )
  })

  depends_on = [aws_s3_bucket_public_access_block.archive]
}
