# The IAM side of the two-person rule. Written by policygen.

terraform {
  required_providers {
    aws = {
      source = "hashicorp/aws"
    }
  }
}

resource "aws_iam_policy" "TwoPersonRule_Guardrails" {
  name        = "TwoPersonRule-Guardrails"
  description = "Two-person rule: deny bypassing the gate"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid    = "ChangePipelines"
        Effect = "Deny"
        Action = [
          "codepipeline:CreatePipeline",
          "codepipeline:UpdatePipeline",
          "codepipeline:DeletePipeline",
        ]
        Resource = "arn:aws:codepipeline:*:*:payments"
      },
      {
        Sid    = "SkipStages"
        Effect = "Deny"
        Action = [
          "codepipeline:RollbackStage",
          "codepipeline:OverrideStageCondition",
        ]
        Resource = "arn:aws:codepipeline:*:*:payments/*"
      },
      {
        Sid    = "ChangeGate"
        Effect = "Deny"
        Action = [
          "lambda:CreateFunction",
          "lambda:UpdateFunctionCode",
          "lambda:UpdateFunctionConfiguration",
          "lambda:UpdateAlias",
          "lambda:CreateAlias",
          "lambda:DeleteAlias",
          "lambda:DeleteFunction",
          "lambda:AddPermission",
        ]
        Resource = [
          "arn:aws:lambda:*:*:function:two-person-rule-gate",
          "arn:aws:lambda:*:*:function:two-person-rule-gate:*",
        ]
      },
      {
        Sid    = "ChangeGroups"
        Effect = "Deny"
        Action = [
          "iam:AddUserToGroup",
          "iam:RemoveUserFromGroup",
          "iam:AttachGroupPolicy",
          "iam:DetachGroupPolicy",
          "iam:UpdateGroup",
          "iam:DeleteGroup",
        ]
        Resource = [
          "arn:aws:iam::*:group/TwoPersonRule-ApprovalA",
          "arn:aws:iam::*:group/TwoPersonRule-ApprovalB",
        ]
      },
      {
        Sid    = "ChangeRoles"
        Effect = "Deny"
        Action = [
          "iam:CreateRole",
          "iam:UpdateAssumeRolePolicy",
          "iam:PutRolePolicy",
          "iam:DeleteRolePolicy",
          "iam:AttachRolePolicy",
          "iam:DetachRolePolicy",
          "iam:PutRolePermissionsBoundary",
          "iam:DeleteRolePermissionsBoundary",
          "iam:DeleteRole",
        ]
        Resource = "*"
      },
      {
        Sid    = "BecomeGate"
        Effect = "Deny"
        Action = [
          "iam:PassRole",
          "sts:AssumeRole",
        ]
        Resource = "arn:aws:iam::*:role/TwoPersonRule-Gate"
      },
      {
        Sid    = "MakePeople"
        Effect = "Deny"
        Action = [
          "iam:CreateUser",
          "iam:UpdateUser",
          "iam:CreateSAMLProvider",
          "iam:UpdateSAMLProvider",
          "iam:DeleteSAMLProvider",
          "iam:CreateOpenIDConnectProvider",
          "iam:AddClientIDToOpenIDConnectProvider",
        ]
        Resource = "*"
      },
      {
        Sid    = "ChangePolicies"
        Effect = "Deny"
        Action = [
          "iam:CreatePolicyVersion",
          "iam:SetDefaultPolicyVersion",
          "iam:DeletePolicyVersion",
          "iam:DeletePolicy",
        ]
        Resource = "arn:aws:iam::*:policy/TwoPersonRule-*"
      },
      {
        Sid    = "GrantSlots"
        Effect = "Deny"
        Action = [
          "iam:AttachUserPolicy",
          "iam:AttachGroupPolicy",
          "iam:AttachRolePolicy",
        ]
        Resource = "*"
        Condition = {
          ArnLike = {
            "iam:PolicyARN" = "arn:aws:iam::*:policy/TwoPersonRule-*"
          }
        }
      },
      {
        Sid    = "WriteInlinePolicies"
        Effect = "Deny"
        Action = [
          "iam:PutUserPolicy",
          "iam:PutGroupPolicy",
        ]
        Resource = [
          "arn:aws:iam::*:user/*",
          "arn:aws:iam::*:group/*",
        ]
      },
      {
        Sid    = "ImpersonateUsers"
        Effect = "Deny"
        Action = [
          "iam:CreateAccessKey",
          "iam:CreateLoginProfile",
          "iam:UpdateLoginProfile",
        ]
        NotResource = [
          "arn:aws:iam::*:user/$${aws:username}",
          "arn:aws:iam::*:user/*/$${aws:username}",
        ]
      },
      {
        Sid    = "ImpersonateUsersAsRole"
        Effect = "Deny"
        Action = [
          "iam:CreateAccessKey",
          "iam:CreateLoginProfile",
          "iam:UpdateLoginProfile",
        ]
        Resource = "arn:aws:iam::*:user/*"
        Condition = {
          Null = {
            "aws:username" = "true"
          }
        }
      },
      {
        Sid      = "ReportForGate"
        Effect   = "Deny"
        Action   = "codepipeline:PutJobSuccessResult"
        Resource = "*"
        Condition = {
          ArnNotLike = {
            "aws:PrincipalArn" = "arn:aws:iam::*:role/TwoPersonRule-Gate"
          }
        }
      },
      {
        Sid      = "MakePipelines"
        Effect   = "Deny"
        Action   = "iam:PassRole"
        Resource = "*"
        Condition = {
          StringEquals = {
            "iam:PassedToService" = "codepipeline.amazonaws.com"
          }
        }
      },
      {
        Sid    = "CallGate"
        Effect = "Deny"
        Action = "lambda:InvokeFunction"
        Resource = [
          "arn:aws:lambda:*:*:function:two-person-rule-gate",
          "arn:aws:lambda:*:*:function:two-person-rule-gate:*",
        ]
      },
      {
        Sid    = "ChangeRule"
        Effect = "Deny"
        Action = [
          "codebuild:StartBuild",
          "codebuild:StartBuildBatch",
          "codebuild:RetryBuild",
          "codebuild:RetryBuildBatch",
          "codebuild:UpdateProject",
        ]
        Resource = "arn:aws:codebuild:*:*:project/two-person-rule-gate-rule-deploy"
      },
    ]
  })
}

resource "aws_iam_policy" "TwoPersonRule_ApprovalA" {
  name        = "TwoPersonRule-ApprovalA"
  description = "Two-person rule: approve ApprovalA"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ApproveOwnSlot"
        Effect   = "Allow"
        Action   = "codepipeline:PutApprovalResult"
        Resource = "arn:aws:codepipeline:*:*:payments/Release/ApprovalA"
      },
      {
        Sid    = "SeePipelines"
        Effect = "Allow"
        Action = [
          "codepipeline:GetPipeline",
          "codepipeline:GetPipelineState",
          "codepipeline:GetPipelineExecution",
          "codepipeline:ListActionExecutions",
        ]
        Resource = "arn:aws:codepipeline:*:*:payments"
      },
      {
        Sid      = "ListPipelines"
        Effect   = "Allow"
        Action   = "codepipeline:ListPipelines"
        Resource = "*"
      },
      {
        Sid      = "DenyOtherSlots"
        Effect   = "Deny"
        Action   = "codepipeline:PutApprovalResult"
        Resource = "arn:aws:codepipeline:*:*:payments/Release/ApprovalB"
      },
    ]
  })
}

resource "aws_iam_policy" "TwoPersonRule_ApprovalB" {
  name        = "TwoPersonRule-ApprovalB"
  description = "Two-person rule: approve ApprovalB"
  policy = jsonencode({
    Version = "2012-10-17"
    Statement = [
      {
        Sid      = "ApproveOwnSlot"
        Effect   = "Allow"
        Action   = "codepipeline:PutApprovalResult"
        Resource = "arn:aws:codepipeline:*:*:payments/Release/ApprovalB"
      },
      {
        Sid    = "SeePipelines"
        Effect = "Allow"
        Action = [
          "codepipeline:GetPipeline",
          "codepipeline:GetPipelineState",
          "codepipeline:GetPipelineExecution",
          "codepipeline:ListActionExecutions",
        ]
        Resource = "arn:aws:codepipeline:*:*:payments"
      },
      {
        Sid      = "ListPipelines"
        Effect   = "Allow"
        Action   = "codepipeline:ListPipelines"
        Resource = "*"
      },
      {
        Sid      = "DenyOtherSlots"
        Effect   = "Deny"
        Action   = "codepipeline:PutApprovalResult"
        Resource = "arn:aws:codepipeline:*:*:payments/Release/ApprovalA"
      },
    ]
  })
}

resource "aws_iam_group" "TwoPersonRule_ApprovalA_group" {
  name = "TwoPersonRule-ApprovalA"
}

resource "aws_iam_group_policy_attachment" "TwoPersonRule_ApprovalA_TwoPersonRule_ApprovalA" {
  group      = aws_iam_group.TwoPersonRule_ApprovalA_group.name
  policy_arn = aws_iam_policy.TwoPersonRule_ApprovalA.arn
}

resource "aws_iam_group_policy_attachment" "TwoPersonRule_ApprovalA_TwoPersonRule_Guardrails" {
  group      = aws_iam_group.TwoPersonRule_ApprovalA_group.name
  policy_arn = aws_iam_policy.TwoPersonRule_Guardrails.arn
}

resource "aws_iam_group" "TwoPersonRule_ApprovalB_group" {
  name = "TwoPersonRule-ApprovalB"
}

resource "aws_iam_group_policy_attachment" "TwoPersonRule_ApprovalB_TwoPersonRule_ApprovalB" {
  group      = aws_iam_group.TwoPersonRule_ApprovalB_group.name
  policy_arn = aws_iam_policy.TwoPersonRule_ApprovalB.arn
}

resource "aws_iam_group_policy_attachment" "TwoPersonRule_ApprovalB_TwoPersonRule_Guardrails" {
  group      = aws_iam_group.TwoPersonRule_ApprovalB_group.name
  policy_arn = aws_iam_policy.TwoPersonRule_Guardrails.arn
}
