//! Denies going round the gate: changing the pipelines, the function, the groups, roles and
//! policies, or who is in them.

use iam::{Document, Statement};

use super::gate;
use super::name::RoleRef;
use super::plan::{Plan, PlanError};
use super::spec::{Guardrails, Mechanism, Spec};
use super::statement::{any, deny, deny_all_but, when};

/// Who a request comes from: for the session of a role, the role.
const WHO: &str = "aws:PrincipalArn";

/// Adds the policy, and the same as a service control policy, and returns the names of the former.
pub(crate) fn add(
    plan: &mut Plan,
    spec: &Spec,
    guardrails: &Guardrails,
) -> Result<Vec<String>, PlanError> {
    let name = format!("{}Guardrails", spec.prefix);
    let description = "Two-person rule: deny going round the gate";
    let document = |denied| Document { statements: statements(spec, guardrails, denied) };
    if guardrails.scp {
        plan.add_scp(&name, description, document(Denied::Everybody))?;
        if spec.service_roles.is_empty() {
            plan.notes.push(
                "the service control policy lets everybody invoke the gate, as the pipelines' service role has to; name that role with \
                 `--gate --service-role`, and it denies the others"
                    .to_owned(),
            );
        }
    }
    if !spec.gate {
        plan.notes.push(format!(
            "the guardrails take `{}` for the gate's role; where it has another, name that with `--job-worker`",
            gate::role_name(spec)
        ));
    }
    plan.add_policy(&name, description, document(Denied::Approvers))
}

/// Who is denied something.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    /// Those who have the policy: they approve, and need not make users and roles.
    Approvers,
    /// Everybody under a service control policy, what deploys among them: that has to make roles.
    Everybody,
}

fn statements(spec: &Spec, guardrails: &Guardrails, denied: Denied) -> Vec<Statement> {
    let targets = &spec.targets;
    let let_through = |roles: &[RoleRef]| -> Vec<String> {
        roles.iter().flat_map(|role| targets.role_arns(role)).collect()
    };
    let break_glass = let_through(&guardrails.break_glass);
    let job_workers = let_through(&guardrails.job_workers);
    let gate_role = targets.iam_arns(&format!("role/{}", gate::role_name(spec)));

    let mut statements: Vec<Statement> = [
        pipelines(spec, guardrails),
        function(spec),
        groups_and_roles(spec, denied),
        vec![people()],
        policies(spec),
        inline_policies(spec),
        credentials_of_others(spec),
    ]
    .into_iter()
    .flatten()
    .map(|statement| unless(statement, break_glass.clone()))
    .collect();
    // Reporting a job's success in the gate's place. It has no resource of its own, so that only
    // who asks can be told apart.
    let report = deny("ReportForGate", &["codepipeline:PutJobSuccessResult"], any());
    let reporters = [gate_role, job_workers, break_glass].concat();
    statements.push(unless(report, reporters));
    let pipelines: Vec<String> = match denied {
        Denied::Approvers => Vec::new(),
        Denied::Everybody => {
            let roles = spec.service_roles.iter();
            // A role is named without its path.
            let names = roles.flat_map(|role| [format!("role/{role}"), format!("role/*/{role}")]);
            names.flat_map(|role| targets.iam_arns(&role)).collect()
        }
    };
    if denied == Denied::Approvers || !pipelines.is_empty() {
        let call = deny(
            "CallGate",
            &["lambda:InvokeFunction"],
            targets.function_and_version_arns(&spec.gate_function),
        );
        statements.push(unless(call, [pipelines, let_through(&guardrails.break_glass)].concat()));
    }
    statements
}

/// Making a second person: a user, or an identity provider whose key is one's own. Roles stand in
/// `ChangeRoles`.
fn people() -> Statement {
    const VERBS: [&str; 5] = [
        "iam:CreateUser",
        "iam:CreateSAMLProvider",
        "iam:UpdateSAMLProvider",
        "iam:DeleteSAMLProvider",
        "iam:CreateOpenIDConnectProvider",
    ];
    deny("MakePeople", &VERBS, any())
}

/// All but these principals.
fn unless(statement: Statement, principals: Vec<String>) -> Statement {
    if principals.is_empty() {
        return statement;
    }
    when(statement, "ArnNotLike", WHO, principals)
}

fn pipelines(spec: &Spec, guardrails: &Guardrails) -> Vec<Statement> {
    let mut verbs = vec![
        "codepipeline:CreatePipeline",
        "codepipeline:UpdatePipeline",
        "codepipeline:DeletePipeline",
    ];
    if guardrails.deny_manual_start {
        verbs.push("codepipeline:StartPipelineExecution");
    }
    // Stage-level, and of any stage: a rollback of the deploy stage asks nobody.
    let stages = spec.targets.pipeline_arns().iter().map(|arn| format!("{arn}/*")).collect();
    vec![
        deny("ChangePipelines", &verbs, spec.targets.pipeline_arns()),
        deny(
            "SkipStages",
            &["codepipeline:RollbackStage", "codepipeline:OverrideStageCondition"],
            stages,
        ),
    ]
}

fn function(spec: &Spec) -> Vec<Statement> {
    vec![deny(
        "ChangeGate",
        &[
            "lambda:CreateFunction",
            "lambda:UpdateFunctionCode",
            "lambda:UpdateFunctionConfiguration",
            "lambda:UpdateAlias",
            "lambda:DeleteFunction",
            "lambda:AddPermission",
        ],
        spec.targets.function_and_version_arns(&spec.gate_function),
    )]
}

/// The groups and roles that this generates, and the gate's role. Approvers are denied all roles:
/// with one that they make or change they would be a second person.
fn groups_and_roles(spec: &Spec, denied: Denied) -> Vec<Statement> {
    let slots = || spec.slots.iter().map(|slot| format!("{}{slot}", spec.prefix));
    let (groups, mut roles): (Vec<String>, Vec<String>) = match &spec.mechanism {
        Mechanism::Groups => (slots().collect(), Vec::new()),
        Mechanism::Tag => (vec![format!("{}Approvers", spec.prefix)], Vec::new()),
        Mechanism::Roles(_) => (Vec::new(), slots().collect()),
        // Nobody but the service can change the roles of permission sets.
        Mechanism::PermissionSets(_) => (Vec::new(), Vec::new()),
    };
    roles.push(gate::role_name(spec));
    let arns = |kind: &str, names: Vec<String>| -> Vec<String> {
        names.iter().flat_map(|name| spec.targets.iam_arns(&format!("{kind}/{name}"))).collect()
    };
    let mut statements = Vec::new();
    if !groups.is_empty() {
        statements.push(deny(
            "ChangeGroups",
            &[
                "iam:AddUserToGroup",
                "iam:RemoveUserFromGroup",
                "iam:AttachGroupPolicy",
                "iam:DetachGroupPolicy",
                "iam:UpdateGroup",
                "iam:DeleteGroup",
            ],
            arns("group", groups),
        ));
    }
    const CHANGES: [&str; 9] = [
        "iam:CreateRole",
        "iam:UpdateAssumeRolePolicy",
        "iam:PutRolePolicy",
        "iam:DeleteRolePolicy",
        "iam:AttachRolePolicy",
        "iam:DetachRolePolicy",
        "iam:PutRolePermissionsBoundary",
        "iam:DeleteRolePermissionsBoundary",
        "iam:DeleteRole",
    ];
    match denied {
        Denied::Approvers => statements.push(deny("ChangeRoles", &CHANGES, any())),
        Denied::Everybody => {
            statements.push(deny("ChangeRoles", &CHANGES, arns("role", roles)));
            // Roles that look like those of IAM Identity Center. Its own service-linked role is not
            // held by such policies.
            let names = ["AWSReservedSSO_*", "*/AWSReservedSSO_*"].map(str::to_owned).to_vec();
            statements.push(deny("MakeLookAlikes", &["iam:CreateRole"], arns("role", names)));
        }
    }
    let gate = arns("role", vec![gate::role_name(spec)]);
    statements.push(deny("BecomeGate", &["iam:PassRole", "sts:AssumeRole"], gate));
    statements
}

/// The policies that this generates: those of the prefix, and where they are attached.
fn policies(spec: &Spec) -> Vec<Statement> {
    let ours = spec.targets.iam_arns(&format!("policy/{}*", spec.prefix));
    vec![
        deny(
            "ChangePolicies",
            &[
                "iam:CreatePolicyVersion",
                "iam:SetDefaultPolicyVersion",
                "iam:DeletePolicyVersion",
                "iam:DeletePolicy",
            ],
            ours.clone(),
        ),
        when(
            deny(
                "GrantSlots",
                &["iam:AttachUserPolicy", "iam:AttachGroupPolicy", "iam:AttachRolePolicy"],
                any(),
            ),
            "ArnLike",
            "iam:PolicyARN",
            ours,
        ),
    ]
}

/// Policies inside users and groups, in which anybody could write himself a slot.
fn inline_policies(spec: &Spec) -> Vec<Statement> {
    let resources = [spec.targets.iam_arns("user/*"), spec.targets.iam_arns("group/*")].concat();
    vec![deny("WriteInlinePolicies", &["iam:PutUserPolicy", "iam:PutGroupPolicy"], resources)]
}

/// Becoming somebody else, by their keys or password.
fn credentials_of_others(spec: &Spec) -> Vec<Statement> {
    const VERBS: [&str; 3] =
        ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];
    let own = [
        spec.targets.iam_arns("user/${aws:username}"),
        spec.targets.iam_arns("user/*/${aws:username}"),
    ]
    .concat();
    // Who is no IAM user has no such variable, and the statement with it would not match.
    let no_user = deny("ImpersonateUsersAsRole", &VERBS, spec.targets.iam_arns("user/*"));
    vec![
        deny_all_but("ImpersonateUsers", &VERBS, own),
        when(no_user, "Null", "aws:username", ["true".to_owned()]),
    ]
}
