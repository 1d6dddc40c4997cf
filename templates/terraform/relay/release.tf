# What a release runs, and as what.

# What only the function may start. The name of an execution is the id of the pipeline execution.
resource "aws_sfn_state_machine" "release" {
  #checkov:skip=CKV_AWS_284:no tracing: the container says what happens, and the role stays smaller
  #checkov:skip=CKV_AWS_285:no log: it needs permissions on every log delivery; Step Functions keeps the history for 90 days
  name     = "${var.function_name}-release"
  type     = "STANDARD"
  role_arn = aws_iam_role.release.arn
  tags     = var.tags
  definition = templatefile("${path.module}/../../relay/release.asl.json", {
    Partition         = local.partition
    ClusterArn        = aws_ecs_cluster.relay.arn
    TaskDefinitionArn = aws_ecs_task_definition.release.arn
    Subnets           = join(",", var.subnets)
    SecurityGroups    = join(",", var.security_groups)
    AssignPublicIp    = var.assign_public_ip ? "ENABLED" : "DISABLED"
    TimeoutSeconds    = var.timeout_seconds
    ProofBucket       = aws_s3_bucket.proofs.id
    FeedbackQueue     = aws_sqs_queue.feedback.url
  })

  depends_on = [aws_iam_role_policy.release]
}

resource "aws_iam_role" "release" {
  name        = "${var.role_name}-Release"
  description = "Two-person rule: the state machine that runs a release"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunAsStateMachine"
        Effect    = "Allow"
        Principal = { Service = "states.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "release" {
  name = "Release"
  role = aws_iam_role.release.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunContainer"
        Effect    = "Allow"
        Action    = ["ecs:RunTask"]
        Resource  = [aws_ecs_task_definition.release.arn]
        Condition = { ArnEquals = { "ecs:cluster" = aws_ecs_cluster.relay.arn } }
      },
      {
        # The id of a task is not known before it runs.
        Sid      = "WatchContainer"
        Effect   = "Allow"
        Action   = ["ecs:DescribeTasks", "ecs:StopTask"]
        Resource = ["arn:${local.partition}:ecs:${local.region}:${local.account}:task/${var.function_name}/*"]
      },
      {
        Sid       = "GiveContainerItsRoles"
        Effect    = "Allow"
        Action    = ["iam:PassRole"]
        Resource  = [aws_iam_role.task.arn, aws_iam_role.execution.arn]
        Condition = { StringEquals = { "iam:PassedToService" = "ecs-tasks.amazonaws.com" } }
      },
      {
        # Step Functions learns by this rule that a task has stopped (Step Functions Developer
        # Guide, "IAM policies for calling Amazon ECS").
        Sid      = "LearnThatItStopped"
        Effect   = "Allow"
        Action   = ["events:PutTargets", "events:PutRule", "events:DescribeRule"]
        Resource = ["arn:${local.partition}:events:${local.region}:${local.account}:rule/StepFunctionsGetEventsForECSTaskRule"]
      },
      {
        # Under the name of its pipeline.
        Sid      = "KeepProof"
        Effect   = "Allow"
        Action   = ["s3:PutObject"]
        Resource = ["${aws_s3_bucket.proofs.arn}/*"]
      },
      {
        Sid      = "SayTheEnd"
        Effect   = "Allow"
        Action   = ["sqs:SendMessage"]
        Resource = [aws_sqs_queue.feedback.arn]
      },
    ]
  })
}

resource "aws_ecs_cluster" "relay" {
  name = var.function_name
  tags = var.tags
  setting {
    name  = "containerInsights"
    value = "enabled"
  }
}

resource "aws_ecs_task_definition" "release" {
  family                   = "${var.function_name}-release"
  requires_compatibilities = ["FARGATE"]
  network_mode             = "awsvpc"
  cpu                      = var.cpu
  memory                   = var.memory_mib
  task_role_arn            = aws_iam_role.task.arn
  execution_role_arn       = aws_iam_role.execution.arn
  tags                     = var.tags

  runtime_platform {
    operating_system_family = "LINUX"
    cpu_architecture        = var.architecture == "arm64" ? "ARM64" : "X86_64"
  }

  volume {
    name = "scratch"
  }

  container_definitions = jsonencode([
    merge(
      {
        name                   = "release"
        image                  = var.image
        essential              = true
        readonlyRootFilesystem = true
        mountPoints            = [{ sourceVolume = "scratch", containerPath = "/tmp" }]
        logConfiguration = {
          logDriver = "awslogs"
          options = {
            awslogs-group         = aws_cloudwatch_log_group.release.name
            awslogs-region        = local.region
            awslogs-stream-prefix = "release"
          }
        }
      },
      length(var.command) == 0 ? {} : { command = var.command },
    ),
  ])
}

# The only role here that may deploy.
resource "aws_iam_role" "task" {
  name        = "${var.role_name}-Task"
  description = "Two-person rule: the container of a release"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "RunAsContainer"
        Effect    = "Allow"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_iam_role_policy_attachment" "task" {
  role       = aws_iam_role.task.name
  policy_arn = var.task_policy_arn
}

resource "aws_iam_role_policy" "task" {
  name = "ReadProof"
  role = aws_iam_role.task.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        # Under the name of its pipeline.
        Sid      = "ReadProof"
        Effect   = "Allow"
        Action   = ["s3:GetObject"]
        Resource = ["${aws_s3_bucket.proofs.arn}/*"]
      },
    ]
  })
}

resource "aws_iam_role" "execution" {
  name        = "${var.role_name}-Start"
  description = "Two-person rule: how ECS starts the container of a release"
  tags        = var.tags
  assume_role_policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "StartContainer"
        Effect    = "Allow"
        Principal = { Service = "ecs-tasks.amazonaws.com" }
        Action    = "sts:AssumeRole"
        Condition = { StringEquals = { "aws:SourceAccount" = local.account } }
      },
    ]
  })
}

resource "aws_iam_role_policy" "execution" {
  name = "Start"
  role = aws_iam_role.execution.name
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = concat(
      [
        {
          Sid      = "WriteLines"
          Effect   = "Allow"
          Action   = ["logs:CreateLogStream", "logs:PutLogEvents"]
          Resource = ["${aws_cloudwatch_log_group.release.arn}:*"]
        },
      ],
      var.image_repository_arn == null ? [] : [
        {
          # It does not support resource-level permissions (Service Authorization Reference, ECR).
          Sid      = "SignIn"
          Effect   = "Allow"
          Action   = ["ecr:GetAuthorizationToken"]
          Resource = ["*"]
        },
      ],
      [
        for repository in compact([var.image_repository_arn]) : {
          Sid    = "PullImage"
          Effect = "Allow"
          Action = [
            "ecr:BatchCheckLayerAvailability",
            "ecr:BatchGetImage",
            "ecr:GetDownloadUrlForLayer",
          ]
          Resource = [repository]
        }
      ],
    )
  })
}

resource "aws_cloudwatch_log_group" "release" {
  #checkov:skip=CKV_AWS_158:optional: kms_key_arn: the log is always encrypted
  name              = "/two-person-rule/${var.function_name}-release"
  retention_in_days = var.log_retention_days
  kms_key_id        = var.kms_key_arn
  tags              = var.tags
}

# Each line that a container writes goes to the function, and from there to the queue.
resource "aws_cloudwatch_log_subscription_filter" "lines" {
  name            = "feedback"
  log_group_name  = aws_cloudwatch_log_group.release.name
  filter_pattern  = ""
  destination_arn = aws_lambda_function.relay.arn

  depends_on = [aws_lambda_permission.lines]
}

resource "aws_lambda_permission" "lines" {
  function_name  = aws_lambda_function.relay.function_name
  action         = "lambda:InvokeFunction"
  principal      = "logs.amazonaws.com"
  source_account = local.account
  source_arn     = "${aws_cloudwatch_log_group.release.arn}:*"
}

# The proofs of what was released are evidence. A bucket with objects is not destroyed.
resource "aws_s3_bucket" "proofs" {
  #checkov:skip=CKV_AWS_18:access logs need a bucket of the account's own
  #checkov:skip=CKV_AWS_144:the gate has each proof too, in the pipeline's account
  #checkov:skip=CKV_AWS_145:S3 encrypts it by its own key
  #checkov:skip=CKV2_AWS_61:proofs are small, and evidence
  #checkov:skip=CKV2_AWS_62:nothing waits for a proof there
  bucket = "${var.function_name}-proofs-${local.account}-${local.region}"
  tags   = var.tags
}

resource "aws_s3_bucket_versioning" "proofs" {
  bucket = aws_s3_bucket.proofs.id
  versioning_configuration {
    status = "Enabled"
  }
}

resource "aws_s3_bucket_server_side_encryption_configuration" "proofs" {
  bucket = aws_s3_bucket.proofs.id
  rule {
    apply_server_side_encryption_by_default {
      sse_algorithm = "AES256"
    }
  }
}

resource "aws_s3_bucket_ownership_controls" "proofs" {
  bucket = aws_s3_bucket.proofs.id
  rule {
    object_ownership = "BucketOwnerEnforced"
  }
}

resource "aws_s3_bucket_public_access_block" "proofs" {
  bucket                  = aws_s3_bucket.proofs.id
  block_public_acls       = true
  block_public_policy     = true
  ignore_public_acls      = true
  restrict_public_buckets = true
}

resource "aws_s3_bucket_policy" "proofs" {
  bucket = aws_s3_bucket.proofs.id
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid       = "DenyPlainHttp"
        Effect    = "Deny"
        Principal = "*"
        Action    = "s3:*"
        Resource  = [aws_s3_bucket.proofs.arn, "${aws_s3_bucket.proofs.arn}/*"]
        Condition = { Bool = { "aws:SecureTransport" = "false" } }
      },
    ]
  })
}
