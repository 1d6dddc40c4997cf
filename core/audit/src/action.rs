//! The actions that the audit asks about.

use std::fmt;

/// The resources of an action that matter to the audit.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum On {
    /// Approval actions of pipelines.
    ServedSlots,
    Pipelines,
    /// The stages that have the approvals.
    Stages,
    /// All stages of the pipelines. A rollback of the one that deploys asks nobody.
    AllStages,
    /// The function of the gate.
    Gate,
    /// The function of the gate, and its versions and aliases.
    InvokedGate,
    /// Users, existing or not.
    Users,
    /// Roles, existing or not.
    Roles,
    /// No resource: the action does not support resource-level permissions, so a policy has to say
    /// `*`.
    Everything,
    /// Every resource: the checks ask about each one separately.
    Anything,
    /// What pipelines deploy, and the desk's function: the ways past the gate name them.
    Released,
}

macro_rules! actions {
    ($($name:ident = $text:literal on $on:ident,)*) => {
        /// An action that the audit asks about.
        #[derive(Clone, Copy, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
        pub(super) enum Action {
            $(#[doc = $text] $name,)*
        }

        impl Action {
            /// All actions, in order.
            pub(super) const ALL: [Self; [$($text),*].len()] = [$(Self::$name),*];

            /// Its name in policies.
            pub(super) const fn name(self) -> &'static str {
                match self {
                    $(Self::$name => $text,)*
                }
            }

            /// Its resources that matter.
            pub(super) const fn on(self) -> On {
                match self {
                    $(Self::$name => On::$on,)*
                }
            }
        }
    };
}

// For the resources of each action, see the Service Authorization Reference, "Actions, resources,
// and condition keys" of each service.
actions! {
    PutApprovalResult = "codepipeline:PutApprovalResult" on ServedSlots,
    AssumeRole = "sts:AssumeRole" on Anything,
    // These bypass the gate.
    UpdatePipeline = "codepipeline:UpdatePipeline" on Pipelines,
    RollbackStage = "codepipeline:RollbackStage" on AllStages,
    OverrideStageCondition = "codepipeline:OverrideStageCondition" on AllStages,
    PutJobSuccessResult = "codepipeline:PutJobSuccessResult" on Everything,
    UpdateFunctionCode = "lambda:UpdateFunctionCode" on Gate,
    UpdateFunctionConfiguration = "lambda:UpdateFunctionConfiguration" on Gate,
    AddPermission = "lambda:AddPermission" on Gate,
    UpdateAlias = "lambda:UpdateAlias" on InvokedGate,
    DeleteAlias = "lambda:DeleteAlias" on InvokedGate,
    CreateAlias = "lambda:CreateAlias" on InvokedGate,
    // These release without the pipeline.
    PutObject = "s3:PutObject" on Released,
    PutBucketPolicy = "s3:PutBucketPolicy" on Released,
    UpdateEnvironment = "elasticbeanstalk:UpdateEnvironment" on Released,
    StartExecution = "states:StartExecution" on Released,
    StartPipelineExecution = "codepipeline:StartPipelineExecution" on Released,
    StartConfiguration = "appconfig:StartDeployment" on Released,
    // These repeat a build, so they put an earlier rule in force again.
    RetryBuild = "codebuild:RetryBuild" on Released,
    RetryBuildBatch = "codebuild:RetryBuildBatch" on Released,
    // This asks the gate.
    InvokeFunction = "lambda:InvokeFunction" on InvokedGate,
    // These writes give a principal more permissions.
    PutUserPolicy = "iam:PutUserPolicy" on Anything,
    AttachUserPolicy = "iam:AttachUserPolicy" on Anything,
    DeleteUserPermissionsBoundary = "iam:DeleteUserPermissionsBoundary" on Anything,
    PutUserPermissionsBoundary = "iam:PutUserPermissionsBoundary" on Anything,
    TagUser = "iam:TagUser" on Anything,
    PutGroupPolicy = "iam:PutGroupPolicy" on Anything,
    AttachGroupPolicy = "iam:AttachGroupPolicy" on Anything,
    AddUserToGroup = "iam:AddUserToGroup" on Anything,
    CreatePolicyVersion = "iam:CreatePolicyVersion" on Anything,
    SetDefaultPolicyVersion = "iam:SetDefaultPolicyVersion" on Anything,
    PutRolePolicy = "iam:PutRolePolicy" on Anything,
    AttachRolePolicy = "iam:AttachRolePolicy" on Anything,
    DeleteRolePermissionsBoundary = "iam:DeleteRolePermissionsBoundary" on Anything,
    PutRolePermissionsBoundary = "iam:PutRolePermissionsBoundary" on Anything,
    TagRole = "iam:TagRole" on Anything,
    UpdateAssumeRolePolicy = "iam:UpdateAssumeRolePolicy" on Anything,
    CreateAccessKey = "iam:CreateAccessKey" on Anything,
    CreateLoginProfile = "iam:CreateLoginProfile" on Anything,
    UpdateLoginProfile = "iam:UpdateLoginProfile" on Anything,
    EnableMfaDevice = "iam:EnableMFADevice" on Anything,
    PassRole = "iam:PassRole" on Anything,
    // These writes remove what denies.
    RemoveUserFromGroup = "iam:RemoveUserFromGroup" on Anything,
    DetachUserPolicy = "iam:DetachUserPolicy" on Anything,
    DeleteUserPolicy = "iam:DeleteUserPolicy" on Anything,
    DetachGroupPolicy = "iam:DetachGroupPolicy" on Anything,
    DeleteGroupPolicy = "iam:DeleteGroupPolicy" on Anything,
    DetachRolePolicy = "iam:DetachRolePolicy" on Anything,
    DeleteRolePolicy = "iam:DeleteRolePolicy" on Anything,
    // These remove what a service control policy denies.
    DetachControl = "organizations:DetachPolicy" on Anything,
    UpdateControl = "organizations:UpdatePolicy" on Anything,
    // These writes create another principal, or let somebody sign in as it.
    CreateUser = "iam:CreateUser" on Users,
    UpdateUser = "iam:UpdateUser" on Anything,
    CreateRole = "iam:CreateRole" on Roles,
    CreateSamlProvider = "iam:CreateSAMLProvider" on Anything,
    UpdateSamlProvider = "iam:UpdateSAMLProvider" on Anything,
    DeleteSamlProvider = "iam:DeleteSAMLProvider" on Anything,
    AddClientId = "iam:AddClientIDToOpenIDConnectProvider" on Anything,
    CreateAccountAssignment = "sso:CreateAccountAssignment" on Anything,
    PutInlinePolicyToPermissionSet = "sso:PutInlinePolicyToPermissionSet" on Anything,
    AttachManagedPolicyToPermissionSet = "sso:AttachManagedPolicyToPermissionSet" on Anything,
    AddMemberToGroup = "sso-directory:AddMemberToGroup" on Anything,
    CreateGroupMembership = "identitystore:CreateGroupMembership" on Anything,
    UntagUser = "iam:UntagUser" on Anything,
    UntagRole = "iam:UntagRole" on Anything,
    CreatePolicy = "iam:CreatePolicy" on Anything,
    // These run code, or call AWS, with a role that is passed.
    CreateFunction = "lambda:CreateFunction" on Anything,
    RunInstances = "ec2:RunInstances" on Anything,
    RequestSpotInstances = "ec2:RequestSpotInstances" on Anything,
    RequestSpotFleet = "ec2:RequestSpotFleet" on Anything,
    CreateFleet = "ec2:CreateFleet" on Anything,
    AssociateInstanceProfile = "ec2:AssociateIamInstanceProfile" on Anything,
    ReplaceInstanceProfile = "ec2:ReplaceIamInstanceProfileAssociation" on Anything,
    RunJobFlow = "elasticmapreduce:RunJobFlow" on Anything,
    CreateProject = "codebuild:CreateProject" on Anything,
    UpdateProject = "codebuild:UpdateProject" on Anything,
    StartBuild = "codebuild:StartBuild" on Anything,
    StartBuildBatch = "codebuild:StartBuildBatch" on Anything,
    CreateWebhook = "codebuild:CreateWebhook" on Anything,
    CreateStack = "cloudformation:CreateStack" on Anything,
    UpdateStack = "cloudformation:UpdateStack" on Anything,
    CreateChangeSet = "cloudformation:CreateChangeSet" on Anything,
    ExecuteChangeSet = "cloudformation:ExecuteChangeSet" on Anything,
    CreateStackSet = "cloudformation:CreateStackSet" on Anything,
    CreateStackInstances = "cloudformation:CreateStackInstances" on Anything,
    UpdateStackSet = "cloudformation:UpdateStackSet" on Anything,
    RegisterTaskDefinition = "ecs:RegisterTaskDefinition" on Anything,
    RunTask = "ecs:RunTask" on Anything,
    StartTask = "ecs:StartTask" on Anything,
    CreateTaskService = "ecs:CreateService" on Anything,
    UpdateTaskService = "ecs:UpdateService" on Anything,
    RegisterJobDefinition = "batch:RegisterJobDefinition" on Anything,
    SubmitJob = "batch:SubmitJob" on Anything,
    CreateStateMachine = "states:CreateStateMachine" on Anything,
    UpdateStateMachine = "states:UpdateStateMachine" on Anything,
    CreateJob = "glue:CreateJob" on Anything,
    UpdateJob = "glue:UpdateJob" on Anything,
    StartJobRun = "glue:StartJobRun" on Anything,
    CreateTrigger = "glue:CreateTrigger" on Anything,
    CreateSession = "glue:CreateSession" on Anything,
    RunStatement = "glue:RunStatement" on Anything,
    CreateDevEndpoint = "glue:CreateDevEndpoint" on Anything,
    CreateNotebookInstance = "sagemaker:CreateNotebookInstance" on Anything,
    CreateTrainingJob = "sagemaker:CreateTrainingJob" on Anything,
    CreateProcessingJob = "sagemaker:CreateProcessingJob" on Anything,
    CreateDomain = "sagemaker:CreateDomain" on Anything,
    CreateUserProfile = "sagemaker:CreateUserProfile" on Anything,
    CreateDomainUrl = "sagemaker:CreatePresignedDomainUrl" on Anything,
    StartAutomationExecution = "ssm:StartAutomationExecution" on Anything,
    CreateAssociation = "ssm:CreateAssociation" on Anything,
    CreateDataPipeline = "datapipeline:CreatePipeline" on Anything,
    PutDataPipeline = "datapipeline:PutPipelineDefinition" on Anything,
    CreateWebService = "apprunner:CreateService" on Anything,
    UpdateWebService = "apprunner:UpdateService" on Anything,
    CreateInterpreter = "bedrock-agentcore:CreateCodeInterpreter" on Anything,
    StartInterpreter = "bedrock-agentcore:StartCodeInterpreterSession" on Anything,
    InvokeInterpreter = "bedrock-agentcore:InvokeCodeInterpreter" on Anything,
    CreateSchedule = "scheduler:CreateSchedule" on Anything,
    UpdateSchedule = "scheduler:UpdateSchedule" on Anything,
    PutApi = "apigateway:PUT" on Anything,
    CreateAnyPipeline = "codepipeline:CreatePipeline" on Anything,
    UpdateAnyPipeline = "codepipeline:UpdatePipeline" on Anything,
    CreatePodIdentity = "eks:CreatePodIdentityAssociation" on Anything,
    StartServerlessJob = "emr-serverless:StartJobRun" on Anything,
    CreateRoleAlias = "iot:CreateRoleAlias" on Anything,
    CreateAnywhereProfile = "rolesanywhere:CreateProfile" on Anything,
    CreateQuantumJob = "braket:CreateJob" on Anything,
    CreateChannel = "chatbot:CreateSlackChannelConfiguration" on Anything,
    UpdateChannel = "chatbot:UpdateSlackChannelConfiguration" on Anything,
    AssociateRoleToGroup = "greengrass:AssociateRoleToGroup" on Anything,
    CreateApp = "amplify:CreateApp" on Anything,
    CreateDataSource = "appsync:CreateDataSource" on Anything,
    CreateResolver = "appsync:CreateResolver" on Anything,
    UpdateResolver = "appsync:UpdateResolver" on Anything,
    CreateLaunchConfiguration = "autoscaling:CreateLaunchConfiguration" on Anything,
    CreateScalingGroup = "autoscaling:CreateAutoScalingGroup" on Anything,
    UpdateScalingGroup = "autoscaling:UpdateAutoScalingGroup" on Anything,
    CreateComponent = "imagebuilder:CreateComponent" on Anything,
    CreateRecipe = "imagebuilder:CreateImageRecipe" on Anything,
    CreateInfrastructure = "imagebuilder:CreateInfrastructureConfiguration" on Anything,
    CreateImage = "imagebuilder:CreateImage" on Anything,
    CreateFlinkApp = "kinesisanalytics:CreateApplication" on Anything,
    StartFlinkApp = "kinesisanalytics:StartApplication" on Anything,
    CreateAirflow = "airflow:CreateEnvironment" on Anything,
    CreateGameBuild = "gamelift:CreateBuild" on Anything,
    CreateGameFleet = "gamelift:CreateFleet" on Anything,
    CreateModel = "sagemaker:CreateModel" on Anything,
    CreateEndpointConfig = "sagemaker:CreateEndpointConfig" on Anything,
    CreateEndpoint = "sagemaker:CreateEndpoint" on Anything,
    CreateTransformJob = "sagemaker:CreateTransformJob" on Anything,
    CreateTuningJob = "sagemaker:CreateHyperParameterTuningJob" on Anything,
    CreateRuntime = "bedrock-agentcore:CreateAgentRuntime" on Anything,
    InvokeRuntime = "bedrock-agentcore:InvokeAgentRuntime" on Anything,
    // A command in the machine of an agent, beside the agent.
    CommandRuntime = "bedrock-agentcore:InvokeAgentRuntimeCommand" on Anything,
    CreateBrowser = "bedrock-agentcore:CreateBrowser" on Anything,
    StartBrowser = "bedrock-agentcore:StartBrowserSession" on Anything,
    ConnectBrowser = "bedrock-agentcore:ConnectBrowserAutomationStream" on Anything,
    CreateWorkflow = "omics:CreateWorkflow" on Anything,
    StartWorkflowRun = "omics:StartRun" on Anything,
    SetPoolRoles = "cognito-identity:SetIdentityPoolRoles" on Anything,
    CreateWindow = "ssm:CreateMaintenanceWindow" on Anything,
    RegisterWindowTask = "ssm:RegisterTaskWithMaintenanceWindow" on Anything,
    // These change code that runs with a role already.
    UpdateFlinkApp = "kinesisanalytics:UpdateApplication" on Anything,
    UpdateAnyFunction = "lambda:UpdateFunctionCode" on Anything,
    UpdateAnyConfiguration = "lambda:UpdateFunctionConfiguration" on Anything,
    StartSession = "ssm:StartSession" on Anything,
    SendCommand = "ssm:SendCommand" on Anything,
    SendSshKey = "ec2-instance-connect:SendSSHPublicKey" on Anything,
    ModifyInstance = "ec2:ModifyInstanceAttribute" on Anything,
    StopInstances = "ec2:StopInstances" on Anything,
    StartInstances = "ec2:StartInstances" on Anything,
    CreateTemplateVersion = "ec2:CreateLaunchTemplateVersion" on Anything,
    ModifyTemplate = "ec2:ModifyLaunchTemplate" on Anything,
    CreateDeployment = "codedeploy:CreateDeployment" on Anything,
    AddJobFlowSteps = "elasticmapreduce:AddJobFlowSteps" on Anything,
    ExecuteCommand = "ecs:ExecuteCommand" on Anything,
    UpdateDevEndpoint = "glue:UpdateDevEndpoint" on Anything,
    CreateNotebookUrl = "sagemaker:CreatePresignedNotebookInstanceUrl" on Anything,
    CreateLifecycle = "sagemaker:CreateNotebookInstanceLifecycleConfig" on Anything,
    UpdateLifecycle = "sagemaker:UpdateNotebookInstanceLifecycleConfig" on Anything,
    StopNotebook = "sagemaker:StopNotebookInstance" on Anything,
    UpdateNotebook = "sagemaker:UpdateNotebookInstance" on Anything,
    StartNotebook = "sagemaker:StartNotebookInstance" on Anything,
    CreateAccessEntry = "eks:CreateAccessEntry" on Anything,
    AssociateAccessPolicy = "eks:AssociateAccessPolicy" on Anything,
    CreateTrustAnchor = "rolesanywhere:CreateTrustAnchor" on Anything,
    UpdateTrustAnchor = "rolesanywhere:UpdateTrustAnchor" on Anything,
    UpdateApp = "amplify:UpdateApp" on Anything,
}

/// The action that gives an approval.
pub(super) const APPROVE: Action = Action::PutApprovalResult;

impl fmt::Display for Action {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.name())
    }
}

/// A set of actions: one bit for each.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Actions([u128; 2]);

const _: () = assert!(Action::ALL.len() <= 256, "one bit for each action");

impl Actions {
    pub(super) const ALL: Self = Self([u128::MAX; 2]);

    pub(super) fn from_actions(actions: &[Action]) -> Self {
        actions.iter().fold(Self::default(), |set, action| set.with(*action))
    }

    /// The set that has only this action.
    fn only(action: Action) -> Self {
        let at = action as u32;
        match at.checked_sub(u128::BITS) {
            None => Self([1 << at, 0]),
            Some(at) => Self([0, 1 << at]),
        }
    }

    pub(super) fn with(self, action: Action) -> Self {
        self.and(Self::only(action))
    }

    pub(super) fn without(self, action: Action) -> Self {
        let Self([low, high]) = self;
        let Self([no_low, no_high]) = Self::only(action);
        Self([low & !no_low, high & !no_high])
    }

    pub(super) fn and(self, other: Self) -> Self {
        let (Self([low, high]), Self([other_low, other_high])) = (self, other);
        Self([low | other_low, high | other_high])
    }

    pub(super) fn has(self, action: Action) -> bool {
        self.has_any(Self::only(action))
    }

    pub(super) fn has_any(self, others: Self) -> bool {
        let (Self([low, high]), Self([other_low, other_high])) = (self, others);
        low & other_low != 0 || high & other_high != 0
    }
}

/// The actions that let another person sign in as an existing user.
pub(super) const CREDENTIALS: [Action; 3] =
    [Action::CreateAccessKey, Action::CreateLoginProfile, Action::UpdateLoginProfile];
