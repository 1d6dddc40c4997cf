# Verifies the gate's proof and deploys exactly what it verified: verified-deploy.yaml as a module.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  s3      = "arn:${data.aws_partition.current.partition}:s3:::"
  project = "arn:${data.aws_partition.current.partition}:codebuild:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:project/${var.project_name}"
}

resource "aws_codebuild_project" "this" {
  #checkov:skip=CKV_AWS_147:optional: kms_key_arn: CodePipeline encrypts its artifacts
  name          = var.project_name
  description   = "Two-person rule: deploys what the gate's proof names, and nothing else"
  service_role  = aws_iam_role.this.arn
  build_timeout = 60
  tags          = var.tags

  source {
    type = "CODEPIPELINE"
    # Here and not in the source. What decides is in the text, because the person who starts a build
    # can replace its variables. `PROOF` and `EXECUTION` only say where to look.
    buildspec = templatefile("${path.module}/buildspec.yml", {
      PipelineName    = var.pipeline_name
      EnvironmentName = var.environment_name
      ArtifactName    = var.artifact_name
      MaxAge          = var.max_age
      RuleLayer       = var.rule_layer_arn
      GateKey         = var.gate_key
      PolicygenLayer  = var.policygen_layer_arn
      PolicygenSha256 = var.policygen_sha256
      DeployCommand   = var.deploy_command
      ArtifactBucket  = var.artifact_bucket
      ProofStore      = var.proof_store
    })
  }

  artifacts {
    type = "CODEPIPELINE"
  }

  environment {
    type         = var.architecture == "arm64" ? "ARM_CONTAINER" : "LINUX_CONTAINER"
    compute_type = "BUILD_GENERAL1_SMALL"
    image        = var.architecture == "arm64" ? "aws/codebuild/amazonlinux-aarch64-standard:3.0" : "aws/codebuild/amazonlinux-x86_64-standard:5.0"
  }

  logs_config {
    cloudwatch_logs {
      status     = "ENABLED"
      group_name = aws_cloudwatch_log_group.this.name
    }
  }

  lifecycle {
    precondition {
      condition     = var.gate_key != "" || var.artifact_name == ""
      error_message = "People sign revisions and not artifacts. With artifact_name, give gate_key; without gate_key, leave artifact_name empty."
    }
  }

  depends_on = [aws_iam_role_policy.this]
}

# It says who approved what was deployed. To keep it when you destroy the project, first remove the
# log group from the state: `terraform state rm`.
resource "aws_cloudwatch_log_group" "this" {
  #checkov:skip=CKV_AWS_158:the log is always encrypted and holds names, not secrets
  name              = "/aws/codebuild/${var.project_name}"
  retention_in_days = var.log_retention_days
  tags              = var.tags
}

resource "aws_iam_role" "this" {
  name        = var.project_name
  description = "Two-person rule: what the verified deployment may do"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunBuild"
        Effect    = "Allow"
        Principal = { Service = "codebuild.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { ArnEquals = { "aws:SourceArn" = local.project } }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "deploy" {
  role       = aws_iam_role.this.name
  policy_arn = var.deploy_policy_arn
}

resource "aws_iam_role_policy" "this" {
  name = "Verify"
  role = aws_iam_role.this.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "KeepLog"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.this.arn}:*"]
        },
        {
          Sid    = "ReadProof"
          Effect = "Allow"
          Action = ["s3:GetObject"]
          # A proof for each execution of this pipeline.
          Resource = ["${local.s3}${var.proof_store}/${var.pipeline_name}/*"]
        },
        {
          Sid    = "ReadArtifacts"
          Effect = "Allow"
          Action = ["s3:GetObject", "s3:GetObjectVersion"]
          # CodePipeline chooses the keys of its artifacts.
          Resource = ["${local.s3}${var.artifact_bucket}/*"]
        },
        {
          Sid      = "ReadLayers"
          Effect   = "Allow"
          Action   = ["lambda:GetLayerVersion"]
          Resource = [var.policygen_layer_arn, var.rule_layer_arn]
        },
      ],
      [
        for key in compact([var.kms_key_arn]) : {
          Sid      = "UseKey"
          Effect   = "Allow"
          Action   = ["kms:Decrypt"]
          Resource = [key]
        }
      ],
    )
  })
}
