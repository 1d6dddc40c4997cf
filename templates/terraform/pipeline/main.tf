# A pipeline that needs two different people to release: pipeline.yaml as a module. Replace the
# source, build and deploy actions with your own. The stage Release is the part that matters.

data "aws_partition" "current" {}
data "aws_region" "current" {}
data "aws_caller_identity" "current" {}

locals {
  slots = sort(keys(var.approvers))
  link  = var.desk_url == null ? var.review_url : "${var.desk_url}/e/${var.name}/#{codepipeline.PipelineExecutionId}"
  gate  = "arn:${data.aws_partition.current.partition}:lambda:${data.aws_region.current.region}:${data.aws_caller_identity.current.account_id}:function:${var.gate_function_name}"
  arns  = { for bucket in [var.source_bucket, var.artifact_bucket, var.deploy_bucket] : bucket => "arn:${data.aws_partition.current.partition}:s3:::${bucket}" }
}

resource "aws_codepipeline" "this" {
  #checkov:skip=CKV_AWS_219:artifacts are encrypted by their bucket
  name          = var.name
  pipeline_type = "V2"
  # A newer execution replaces one that waits, so approvers only see the newest change.
  execution_mode = "SUPERSEDED"
  role_arn       = aws_iam_role.pipeline.arn
  tags           = var.tags

  artifact_store {
    type     = "S3"
    location = var.artifact_bucket
  }

  stage {
    name = "Source"
    action {
      name             = "Source"
      namespace        = "SourceVariables"
      category         = "Source"
      owner            = "AWS"
      provider         = "S3"
      version          = "1"
      output_artifacts = ["Source"]
      configuration = {
        S3Bucket    = var.source_bucket
        S3ObjectKey = "source.zip"
        # Started by hand. Under `excludeInitiator`, the person who starts it cannot approve it.
        PollForSourceChanges = "false"
      }
    }
  }

  # The approval stage. Approvals and gate share one stage, because a refused stage can be reopened
  # and an earlier one cannot.
  stage {
    name = "Release"

    # Runs in parallel, so the second approver sees nothing that the first did not.
    dynamic "action" {
      for_each = local.slots
      content {
        name      = action.value
        run_order = 1
        category  = "Approval"
        owner     = "AWS"
        provider  = "Manual"
        version   = "1"
        configuration = {
          NotificationArn    = aws_sns_topic.approvers[action.value].arn
          ExternalEntityLink = local.link
          CustomData = join(" ", [
            "Release of #{SourceVariables.VersionId} in execution #{codepipeline.PipelineExecutionId}. You approve that it goes to production,",
            "in this execution only. Somebody else must give ${join(" and ", setsubtract(local.slots, [action.value]))};",
            "two approvals by one person are refused.",
          ])
        }
      }
    }

    # The gate comes after the approvals. It is an action and not a stage condition, because one
    # person can override a condition.
    action {
      name      = "TwoPersonRule"
      run_order = 2
      category  = "Invoke"
      owner     = "AWS"
      provider  = "Lambda"
      version   = "1"
      configuration = {
        FunctionName = var.gate_function_name
        # `actions` names the approvals, so the gate notices if somebody removes one from the
        # pipeline.
        UserParameters = jsonencode({
          pipelineExecutionId = "#{codepipeline.PipelineExecutionId}"
          actions             = local.slots
        })
      }
    }

    dynamic "on_failure" {
      for_each = var.retry_once ? [true] : []
      content {
        result = "RETRY"
        retry_configuration {
          retry_mode = "ALL_ACTIONS"
        }
      }
    }
  }

  # Deployment is in a later stage than the gate: actions of the same stage could start before the
  # gate answers.
  stage {
    name = "Deploy"
    action {
      name            = "Deploy"
      category        = "Deploy"
      owner           = "AWS"
      provider        = "S3"
      version         = "1"
      input_artifacts = ["Source"]
      configuration = {
        BucketName = var.deploy_bucket
        Extract    = "true"
      }
    }
  }

  depends_on = [aws_iam_role_policy.pipeline]
}

# One topic for each slot, so each group of approvers is told about its own approval only.
resource "aws_sns_topic" "approvers" {
  for_each          = var.approvers
  name              = "${var.name}-${each.key}"
  kms_master_key_id = "alias/aws/sns"
  tags              = var.tags
}

resource "aws_sns_topic_subscription" "approvers" {
  for_each = merge([
    for slot, addresses in var.approvers : { for address in addresses : "${slot} ${address}" => { slot = slot, address = address } }
  ]...)
  topic_arn = aws_sns_topic.approvers[each.value.slot].arn
  protocol  = "email"
  endpoint  = each.value.address
}

resource "aws_iam_role" "pipeline" {
  name_prefix = "${substr(var.name, 0, 28)}-pipeline-"
  description = "What the pipeline ${var.name} may do"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunPipeline"
        Effect    = "Allow"
        Principal = { Service = "codepipeline.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = data.aws_caller_identity.current.account_id } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "pipeline" {
  name = "Pipeline"
  role = aws_iam_role.pipeline.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "InvokeGate"
        Effect   = "Allow"
        Action   = ["lambda:InvokeFunction"]
        Resource = [local.gate]
      },
      {
        Sid      = "TellApprovers"
        Effect   = "Allow"
        Action   = ["sns:Publish"]
        Resource = [for topic in aws_sns_topic.approvers : topic.arn]
      },
      {
        # The S3 permissions that CodePipeline needs (CodePipeline User Guide, "CodePipeline service
        # role policy"), each on the bucket that needs it.
        Sid      = "SeeBuckets"
        Effect   = "Allow"
        Action   = ["s3:GetBucketVersioning", "s3:GetBucketLocation", "s3:GetBucketAcl"]
        Resource = values(local.arns)
      },
      {
        Sid      = "ReadSource"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:GetObjectTagging", "s3:GetObjectVersionTagging"]
        Resource = ["${local.arns[var.source_bucket]}/source.zip"]
      },
      {
        # CodePipeline chooses the keys of its artifacts.
        Sid      = "KeepArtifacts"
        Effect   = "Allow"
        Action   = ["s3:GetObject", "s3:GetObjectVersion", "s3:PutObject", "s3:PutObjectAcl"]
        Resource = ["${local.arns[var.artifact_bucket]}/*"]
      },
      {
        # The deploy action writes the files of source.zip.
        Sid      = "Deploy"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${local.arns[var.deploy_bucket]}/*"]
      },
    ]
  })
}
