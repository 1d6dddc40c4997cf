//! The gate's own role, and that of the reviews function. Each can report that a job succeeded,
//! because that is its work.
//!
//! Its name proves nothing, because the person who makes a role chooses it. What the role may do
//! does: a function that runs with it can do the gate's work, write the gate's log, and nothing
//! else. The same holds for the reviews function.

use iam::account::{Account, Role};
use iam::policy::{ResourceElement, Statement};
use iam::{Effect, Template};
use names::{Arn, FunctionRef};

/// What the gate's function needs (`policygen generate` and the templates write it).
const NEEDED: [&str; 3] =
    ["codepipeline:listactionexecutions", "codepipeline:putjobsuccessresult", "logs:putlogevents"];

/// What the gate's role may also allow: to see the job and the approvals, to write the log, and
/// to keep lost events, encrypted (`templates/gate.yaml`, `templates/terraform/gate`).
const ALLOWED: [&str; 10] = [
    "codepipeline:getjobdetails",
    "codepipeline:getpipelineexecution",
    "codepipeline:getpipelinestate",
    "codepipeline:putjobfailureresult",
    "iam:getrole",
    "kms:decrypt",
    "kms:generatedatakey",
    "logs:createloggroup",
    "logs:createlogstream",
    "sqs:sendmessage",
];

/// What the reviews function's role may also allow: to read earlier releases, its tokens, and
/// repositories of CodeCommit (`templates/reviews.yaml`, `templates/terraform/reviews`).
const ALLOWED_FOR_REVIEWS: [&str; 9] = [
    "cloudtrail:lookupevents",
    "codecommit:batchgetcommits",
    "codecommit:describepullrequestevents",
    "codecommit:getpullrequest",
    "codecommit:getpullrequestapprovalstates",
    "codecommit:getpullrequestoverridestate",
    "codecommit:getrepository",
    "codepipeline:listpipelineexecutions",
    "secretsmanager:getsecretvalue",
];

/// The only service that may assume the role.
const FUNCTIONS: &str = "lambda.amazonaws.com";

/// Whether a role is that of the gate's function, or of the reviews function.
pub(crate) fn answers_jobs_as_its_work(
    account: &Account,
    role: &Role,
    gate: &FunctionRef,
    reviews: Option<&FunctionRef>,
) -> bool {
    does_the_work_of(account, role, gate, &[])
        || reviews.is_some_and(|it| does_the_work_of(account, role, it, &ALLOWED_FOR_REVIEWS))
}

/// Whether a role does the work of a function that answers jobs, and nothing else.
fn does_the_work_of(account: &Account, role: &Role, function: &FunctionRef, more: &[&str]) -> bool {
    let own: Vec<_> = role.identity.policies.iter().map(|policy| account.policy(*policy)).collect();
    let allowing = || {
        let policies = own.iter().flatten().flat_map(|stored| &stored.policy.statements);
        policies.filter(|statement| statement.effect == Effect::Allow)
    };
    let is_readable = own.iter().all(|policy| policy.is_some_and(|it| it.unread.is_none()));
    is_readable
        && is_for_functions_alone(role)
        && allowing().all(|statement| is_of_its_work(statement, function, more))
        && NEEDED.iter().all(|action| allowing().any(|it| it.actions.include(action)))
}

/// Whether nobody but Lambda may assume the role.
fn is_for_functions_alone(role: &Role) -> bool {
    let mut allowing =
        role.trust.statements.iter().filter(|statement| statement.effect == Effect::Allow);
    role.unread_trust.is_none()
        && allowing.all(|statement| {
            statement.principals.as_ref().is_some_and(|principals| {
                let others = [&principals.federated, &principals.canonical];
                !principals.all_but
                    && principals.aws.is_empty()
                    && others.iter().all(|others| others.is_empty())
                    && principals.services.iter().all(|service| service == FUNCTIONS)
            })
        })
}

/// Whether a statement allows nothing but what the function needs: each action by its name, and to
/// log only in the function's log group.
fn is_of_its_work(statement: &Statement, function: &FunctionRef, more: &[&str]) -> bool {
    let is_known = |action: &String| {
        let action = action.to_lowercase();
        [&NEEDED[..], &ALLOWED, more].iter().any(|known| known.contains(&action.as_str()))
    };
    let logs = statement.actions.written().iter().any(|it| it.to_lowercase().starts_with("logs:"));
    statement.actions.element() == "Action"
        && statement.actions.written().iter().all(is_known)
        && (!logs || are_logs_of(statement.resources.as_ref(), function))
}

fn are_logs_of(resources: Option<&ResourceElement>, function: &FunctionRef) -> bool {
    let Some(ResourceElement::These(named)) = resources else { return false };
    let group = format!("log-group:/aws/lambda/{}", function.name());
    // A template of CloudFormation and one of Terraform write the streams in different ways.
    let is_in_group = |template: &Template| {
        Arn::parse(template.source()).is_some_and(|arn| {
            arn.service == "logs"
                && arn
                    .resource
                    .strip_prefix(&group)
                    .is_some_and(|rest| rest.is_empty() || rest.starts_with(':'))
        })
    };
    named.templates().iter().all(is_in_group)
}
