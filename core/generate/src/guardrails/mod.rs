//! Denies every way to bypass the gate: changing the pipelines, the function, and the groups, roles
//! and policies of the approvers, or becoming another person.

mod approvers;
mod release;

use iam::{Document, Statement};

use crate::approval::{APPROVE, every_slot};
use crate::gate;
use crate::guardrail_options::Guardrails;
use crate::mechanism::{desk, signed};
use crate::name::RoleRef;
use crate::plan::{Plan, PlanError};
use crate::spec::{Mechanism, Spec, WayIn};
use crate::statement::{any, deny, deny_all_but, when};

/// The condition key of the principal. For the session of a role, it is the role.
const PRINCIPAL: &str = "aws:PrincipalArn";

/// What changes a function, or who may invoke it.
const CHANGES_OF_FUNCTION: [&str; 8] = [
    "lambda:CreateFunction",
    "lambda:UpdateFunctionCode",
    "lambda:UpdateFunctionConfiguration",
    "lambda:UpdateAlias",
    "lambda:CreateAlias",
    "lambda:DeleteAlias",
    "lambda:DeleteFunction",
    "lambda:AddPermission",
];
/// What takes the service control policy off. The organization's management account and delegated
/// administrators can, and every account may try to leave (Service Authorization Reference, AWS
/// Organizations).
const LIFTS_CONTROLS: [&str; 5] = [
    "organizations:DetachPolicy",
    "organizations:UpdatePolicy",
    "organizations:DeletePolicy",
    "organizations:DisablePolicyType",
    "organizations:LeaveOrganization",
];
/// What makes somebody a role.
const BECOME: [&str; 2] = ["iam:PassRole", "sts:AssumeRole"];

/// Adds the policy and, if wanted, the same as a service control policy. Returns the names of the
/// managed policies.
pub(crate) fn add(
    plan: &mut Plan,
    spec: &Spec,
    guardrails: &Guardrails,
) -> Result<Vec<String>, PlanError> {
    let name = format!("{}Guardrails", spec.prefix);
    let description = "Two-person rule: deny bypassing the gate";
    let document = |denied| Document { statements: statements(spec, guardrails, denied) };
    if guardrails.scp {
        plan.add_scp(&name, description, document(Denied::Everybody))?;
        if spec.service_roles.is_empty() {
            plan.notes.push(
                "the service control policy lets everybody invoke the gate, because the pipelines' \
                 service role must; name that role with \
                 `--gate --service-role` to deny the others"
                    .to_owned(),
            );
        }
    }
    if !spec.gate {
        plan.notes.push(format!(
            "the guardrails assume that the gate's role is `{}`; if it is another one, name that \
             with `--job-worker`",
            gate::role_name(spec)
        ));
    }
    plan.add_policy(&name, description, document(Denied::Approvers))
}

/// The principals that a policy denies something to.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
enum Denied {
    /// The holders of the managed policy. Approvers do not need to create users and roles.
    Approvers,
    /// Everybody under a service control policy. Deployments are among them and may need to create
    /// roles.
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
        functions(spec, guardrails),
        groups_and_roles(spec, guardrails, denied),
        vec![people()],
        policies(spec),
        inline_policies(spec),
        credentials_of_others(spec),
        desks_function(spec),
    ]
    .into_iter()
    .flatten()
    .map(|statement| unless(statement, break_glass.clone()))
    .collect();
    // Reporting a job's success in the gate's place. The action has no resource, so the statement
    // can only distinguish principals.
    let report = deny("ReportForGate", &["codepipeline:PutJobSuccessResult"], any());
    let reporters = [gate_role, job_workers, break_glass.clone()].concat();
    statements.push(unless(report, reporters));
    statements.extend(desks_roles(spec, &break_glass));
    statements.extend(release::statements(spec, guardrails, denied));
    if denied == Denied::Everybody {
        statements.push(unless(deny("LiftControls", &LIFTS_CONTROLS, any()), break_glass.clone()));
        statements.extend(approvers::statement(spec, guardrails));
        // These roles are not bound, so nobody may become them other than by their trust policies.
        let exempt = release::exempt_roles(spec, guardrails);
        if !exempt.is_empty() {
            let pass = deny("PassExemptRoles", &["iam:PassRole"], exempt);
            statements.push(unless(pass, break_glass.clone()));
        }
    }
    let pipelines: Vec<String> = match denied {
        Denied::Approvers => Vec::new(),
        Denied::Everybody => {
            let roles = spec.service_roles.iter();
            // The service roles are given without their paths.
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
        // A build can be started with other commands than those of its project, and those of this
        // project may change the gate's rule.
        let change = deny(
            "ChangeRule",
            &[
                "codebuild:StartBuild",
                "codebuild:StartBuildBatch",
                "codebuild:RetryBuild",
                "codebuild:RetryBuildBatch",
                "codebuild:UpdateProject",
            ],
            targets.rule_project_arns(&spec.gate_function),
        );
        let callers = [pipelines, let_through(&guardrails.break_glass)].concat();
        statements.push(unless(call, callers.clone()));
        statements.push(unless(change, callers));
    }
    statements
}

/// Denies creating a second person: a user, another name of a user, or an identity provider with a
/// key of one's own choice. `ChangeRoles` denies creating roles.
fn people() -> Statement {
    const VERBS: [&str; 7] = [
        "iam:CreateUser",
        "iam:UpdateUser",
        "iam:CreateSAMLProvider",
        "iam:UpdateSAMLProvider",
        "iam:DeleteSAMLProvider",
        "iam:CreateOpenIDConnectProvider",
        "iam:AddClientIDToOpenIDConnectProvider",
    ];
    deny("MakePeople", &VERBS, any())
}

/// Exempts principals from a statement.
fn unless(statement: Statement, principals: Vec<String>) -> Statement {
    if principals.is_empty() {
        return statement;
    }
    when(statement, "ArnNotLike", PRINCIPAL, principals)
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
    // These actions are about a stage. All stages are denied, because a rollback of the deploy
    // stage needs no approval.
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

/// Denies changing the gate, and the function that it believes about authors and reviews.
fn functions(spec: &Spec, guardrails: &Guardrails) -> Vec<Statement> {
    let functions = std::iter::once(&spec.gate_function).chain(&guardrails.reviews_function);
    let arns = functions.flat_map(|function| spec.targets.function_and_version_arns(function));
    vec![deny("ChangeGate", &CHANGES_OF_FUNCTION, arns.collect())]
}

/// Denies changing the desk's function: another program would show people one thing and have them
/// sign another. The function that tells people what awaits them has the name of the desk's and
/// `-notify` (`templates/desk-notify.yaml`).
fn desks_function(spec: &Spec) -> Vec<Statement> {
    let Mechanism::Desk { function, .. } = &spec.mechanism else {
        return Vec::new();
    };
    let verbs = [CHANGES_OF_FUNCTION.as_slice(), &["lambda:UpdateFunctionUrlConfig"]].concat();
    let arns = spec.targets.function_and_version_arns(function);
    let notify = spec.targets.notifying_function_arns(function);
    vec![deny("ChangeDesk", &verbs, [arns, notify].concat())]
}

/// Denies answering with another role than the desk's, and becoming the desk.
fn desks_roles(spec: &Spec, break_glass: &[String]) -> Vec<Statement> {
    if !matches!(spec.mechanism, Mechanism::Desk { .. }) {
        return Vec::new();
    }
    let arns = |name: String| spec.targets.iam_arns(&format!("role/{name}"));
    let (own, answering) = (arns(desk::role_name(spec)), arns(desk::answering_role_name(spec)));
    let answer = deny("AnswerAtDeskOnly", &[APPROVE], every_slot(&spec.targets, &spec.slots));
    let become_answering = deny("BecomeDesksAnswers", &BECOME, answering.clone());
    let become_desk = deny("BecomeDesk", &BECOME, own.clone());
    vec![
        unless(answer, [&answering, break_glass].concat()),
        unless(become_answering, [&own, break_glass].concat()),
        unless(become_desk, break_glass.to_vec()),
    ]
}

/// Denies changing the generated groups and roles, and the gate's role. Approvers may not change
/// any role, because a role that they create or change would make them a second person.
fn groups_and_roles(spec: &Spec, guardrails: &Guardrails, denied: Denied) -> Vec<Statement> {
    let slots = || spec.slots.iter().map(|slot| format!("{}{slot}", spec.prefix));
    let (groups, mut roles): (Vec<String>, Vec<String>) = match &spec.mechanism {
        Mechanism::Groups => (slots().collect(), Vec::new()),
        Mechanism::Tag => (vec![format!("{}Approvers", spec.prefix)], Vec::new()),
        Mechanism::Roles(WayIn::Role(_)) => (Vec::new(), slots().collect()),
        Mechanism::Signed(None) | Mechanism::Desk { way_in: None, .. } => {
            (vec![signed::name(spec)], Vec::new())
        }
        Mechanism::Signed(Some(WayIn::Role(_)))
        | Mechanism::Desk { way_in: Some(WayIn::Role(_)), .. } => {
            (Vec::new(), vec![signed::name(spec)])
        }
        // Only the service can change the roles of permission sets.
        Mechanism::Roles(WayIn::PermissionSet(_))
        | Mechanism::Signed(Some(WayIn::PermissionSet(_)))
        | Mechanism::Desk { way_in: Some(WayIn::PermissionSet(_)), .. } => (Vec::new(), Vec::new()),
    };
    if matches!(spec.mechanism, Mechanism::Desk { .. }) {
        roles.extend([desk::role_name(spec), desk::answering_role_name(spec)]);
    }
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
            let others =
                [release::roles(spec, guardrails), release::exempt_roles(spec, guardrails)];
            let changed = [arns("role", roles), others.concat()].concat();
            statements.push(deny("ChangeRoles", &CHANGES, changed));
            // Roles that look like those of IAM Identity Center. Service control policies do not
            // bind its service-linked role, which creates the real ones.
            let names = ["AWSReservedSSO_*", "*/AWSReservedSSO_*"].map(str::to_owned).to_vec();
            statements.push(deny("MakeLookAlikes", &["iam:CreateRole"], arns("role", names)));
        }
    }
    let gate = arns("role", vec![gate::role_name(spec)]);
    statements.push(deny("BecomeGate", &BECOME, gate));
    statements
}

/// Denies changing the generated policies, which share a prefix, and attaching them.
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

/// Denies writing inline policies of users and groups, which could allow any slot.
fn inline_policies(spec: &Spec) -> Vec<Statement> {
    let resources = [spec.targets.iam_arns("user/*"), spec.targets.iam_arns("group/*")].concat();
    vec![deny("WriteInlinePolicies", &["iam:PutUserPolicy", "iam:PutGroupPolicy"], resources)]
}

/// Denies becoming another user with a new key or password.
fn credentials_of_others(spec: &Spec) -> Vec<Statement> {
    const VERBS: [&str; 3] =
        ["iam:CreateAccessKey", "iam:CreateLoginProfile", "iam:UpdateLoginProfile"];
    let own = [
        spec.targets.iam_arns("user/${aws:username}"),
        spec.targets.iam_arns("user/*/${aws:username}"),
    ]
    .concat();
    // Only IAM users have the variable. For other principals the statement that uses it does not
    // match, so they need a separate one.
    let no_user = deny("ImpersonateUsersAsRole", &VERBS, spec.targets.iam_arns("user/*"));
    vec![
        deny_all_but("ImpersonateUsers", &VERBS, own),
        when(no_user, "Null", "aws:username", ["true".to_owned()]),
    ]
}
