//! The actions that the audit asks about.

use std::fmt;

macro_rules! actions {
    ($($name:ident = $text:literal,)*) => {
        /// An action that the audit asks about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
        pub(super) enum Action {
            $(#[doc = $text] $name,)*
        }

        impl Action {
            /// All of them, in the order of their places.
            pub(super) const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// As policies name it.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }
        }
    };
}

actions! {
    PutApprovalResult = "codepipeline:PutApprovalResult",
    AssumeRole = "sts:AssumeRole",
    // Round the gate.
    UpdatePipeline = "codepipeline:UpdatePipeline",
    RollbackStage = "codepipeline:RollbackStage",
    OverrideStageCondition = "codepipeline:OverrideStageCondition",
    PutJobSuccessResult = "codepipeline:PutJobSuccessResult",
    UpdateFunctionCode = "lambda:UpdateFunctionCode",
    UpdateFunctionConfiguration = "lambda:UpdateFunctionConfiguration",
    // Writes that give a principal more.
    PutUserPolicy = "iam:PutUserPolicy",
    AttachUserPolicy = "iam:AttachUserPolicy",
    DeleteUserPermissionsBoundary = "iam:DeleteUserPermissionsBoundary",
    PutUserPermissionsBoundary = "iam:PutUserPermissionsBoundary",
    TagUser = "iam:TagUser",
    PutGroupPolicy = "iam:PutGroupPolicy",
    AttachGroupPolicy = "iam:AttachGroupPolicy",
    AddUserToGroup = "iam:AddUserToGroup",
    CreatePolicyVersion = "iam:CreatePolicyVersion",
    SetDefaultPolicyVersion = "iam:SetDefaultPolicyVersion",
    PutRolePolicy = "iam:PutRolePolicy",
    AttachRolePolicy = "iam:AttachRolePolicy",
    DeleteRolePermissionsBoundary = "iam:DeleteRolePermissionsBoundary",
    PutRolePermissionsBoundary = "iam:PutRolePermissionsBoundary",
    TagRole = "iam:TagRole",
    UpdateAssumeRolePolicy = "iam:UpdateAssumeRolePolicy",
    CreateAccessKey = "iam:CreateAccessKey",
    CreateLoginProfile = "iam:CreateLoginProfile",
    UpdateLoginProfile = "iam:UpdateLoginProfile",
    PassRole = "iam:PassRole",
    // Running code with a role that was passed.
    CreateFunction = "lambda:CreateFunction",
    RunInstances = "ec2:RunInstances",
    CreateProject = "codebuild:CreateProject",
    CreateStack = "cloudformation:CreateStack",
    RunTask = "ecs:RunTask",
    CreateStateMachine = "states:CreateStateMachine",
    CreateJob = "glue:CreateJob",
    CreateNotebookInstance = "sagemaker:CreateNotebookInstance",
    StartAutomationExecution = "ssm:StartAutomationExecution",
    CreatePipeline = "datapipeline:CreatePipeline",
}

/// The action that gives an approval.
pub(super) const APPROVE: Action = Action::PutApprovalResult;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of actions.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Actions(u64);

const _: () = assert!(Action::ALL.len() <= 64, "each action has a bit of its own");

impl Actions {
    pub(super) fn of(actions: &[Action]) -> Self {
        actions.iter().fold(Self::default(), |set, action| set.with(*action))
    }

    pub(super) fn with(self, action: Action) -> Self {
        Self(self.0 | 1 << action as u8)
    }

    pub(super) fn and(self, other: Self) -> Self {
        Self(self.0 | other.0)
    }

    pub(super) fn has(self, action: Action) -> bool {
        self.has_any(Self::default().with(action))
    }

    pub(super) fn has_any(self, others: Self) -> bool {
        self.0 & others.0 != 0
    }
}
