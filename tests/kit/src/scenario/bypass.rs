//! Ways to bypass the gate without an approval.

use super::scenarios;
use crate::code::Code;
use crate::plot::{Plot, service};
use crate::policy::{ANY, Statement, allow, deny, policy};
use crate::{ACCOUNT, GATE};

scenarios![
    "bypass": changes_the_pipeline, rolls_back, overrides_a_condition, reports_success, changes_the_code, changes_the_configuration, by_wildcard, role, everything_of_pipelines_but_approvals,
    runs_pipelines, changes_other_functions, changes_a_look_alike_function, changes_nothing_by_its_resource, rolls_back_nothing_by_its_resource, reports_nothing_by_its_resource,
    denied, bounded, invokes_the_gate, invokes_an_alias_of_the_gate, invokes_other_functions, pipelines_invoke_the_gate,
];

fn past(plot: &mut Plot<'_>, statement: Statement) {
    let user = plot.user();
    plot.inline(user, policy([statement]));
    plot.expect(Code::CanBypassGate, user);
}

fn not_past(plot: &mut Plot<'_>, statement: Statement) {
    let user = plot.user();
    plot.inline(user, policy([statement]));
}

fn function(name: &str) -> String {
    format!("arn:aws:lambda:eu-west-1:{ACCOUNT}:function:{name}")
}

fn changes_the_pipeline(plot: &mut Plot<'_>) {
    past(plot, allow(&["codepipeline:UpdatePipeline"]).on(&[ANY]));
}

fn rolls_back(plot: &mut Plot<'_>) {
    past(plot, allow(&["codepipeline:RollbackStage"]).on(&["arn:aws:codepipeline:*:*:payments/*"]));
}

fn overrides_a_condition(plot: &mut Plot<'_>) {
    past(
        plot,
        allow(&["codepipeline:OverrideStageCondition"]).on(&["arn:aws:codepipeline:*:*:*/Release"]),
    );
}

fn reports_success(plot: &mut Plot<'_>) {
    past(plot, allow(&["codepipeline:PutJobSuccessResult"]).on(&[ANY]));
}

fn changes_the_code(plot: &mut Plot<'_>) {
    past(plot, allow(&["lambda:UpdateFunctionCode"]).on(&[function(GATE)]));
}

fn changes_the_configuration(plot: &mut Plot<'_>) {
    past(plot, allow(&["lambda:UpdateFunctionConfiguration"]).on(&[function(GATE)]));
}

fn by_wildcard(plot: &mut Plot<'_>) {
    past(plot, allow(&["lambda:Update*"]).on(&[function("two-person-*")]));
}

fn role(plot: &mut Plot<'_>) {
    let role = plot.role("pipeline-deployer", service("cloudformation"));
    plot.inline(
        role,
        policy([allow(&["codepipeline:CreatePipeline", "codepipeline:UpdatePipeline"]).on(&[ANY])]),
    );
    plot.expect(Code::CanBypassGate, role);
}

fn everything_of_pipelines_but_approvals(plot: &mut Plot<'_>) {
    let user = plot.user();
    let denial = deny(&["codepipeline:PutApprovalResult"]).on(&[ANY]);
    plot.inline(user, policy([allow(&["codepipeline:*"]).on(&[ANY]), denial]));
    plot.expect(Code::CanBypassGate, user);
}

/// The usual permissions of a developer.
fn runs_pipelines(plot: &mut Plot<'_>) {
    let actions = [
        "codepipeline:StartPipelineExecution",
        "codepipeline:RetryStageExecution",
        "codepipeline:Get*",
        "codepipeline:List*",
    ];
    not_past(plot, allow(&actions).on(&[ANY]));
}

fn changes_other_functions(plot: &mut Plot<'_>) {
    not_past(plot, allow(&["lambda:*"]).on(&[function("thumbnails"), function("orders-*")]));
}

fn changes_a_look_alike_function(plot: &mut Plot<'_>) {
    not_past(
        plot,
        allow(&["lambda:UpdateFunctionCode"]).on(&[function("two-person-rule-gate-sandbox")]),
    );
}

/// The resource is a stage, but the action needs the pipeline.
fn changes_nothing_by_its_resource(plot: &mut Plot<'_>) {
    not_past(
        plot,
        allow(&["codepipeline:UpdatePipeline"]).on(&["arn:aws:codepipeline:*:*:payments/Release"]),
    );
}

/// The resource is the pipeline, but the action needs a stage.
fn rolls_back_nothing_by_its_resource(plot: &mut Plot<'_>) {
    not_past(
        plot,
        allow(&["codepipeline:RollbackStage"]).on(&["arn:aws:codepipeline:*:*:payments"]),
    );
}

/// The action has no resource type, so a statement that names a resource allows nothing.
fn reports_nothing_by_its_resource(plot: &mut Plot<'_>) {
    not_past(
        plot,
        allow(&["codepipeline:PutJobSuccessResult"]).on(&["arn:aws:codepipeline:*:*:payments"]),
    );
}

fn denied(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(
        user,
        policy([allow(&["codepipeline:UpdatePipeline", "codepipeline:RollbackStage"]).on(&[ANY])]),
    );
    plot.group_of(
        user,
        "NoPipelineChanges",
        policy([deny(&["codepipeline:Update*", "codepipeline:Rollback*"])]),
    );
}

fn bounded(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(
        user,
        policy([allow(&["codepipeline:UpdatePipeline", "lambda:UpdateFunctionCode"]).on(&[ANY])]),
    );
    plot.bound(user, policy([allow(&["codepipeline:Get*", "lambda:Get*", "s3:*"])]));
}

fn invokes_the_gate(plot: &mut Plot<'_>) {
    let user = plot.user();
    plot.inline(user, policy([allow(&["lambda:Invoke*"]).on(&[function("two-person-*")])]));
    plot.expect(Code::CanInvokeGate, user);
}

fn invokes_an_alias_of_the_gate(plot: &mut Plot<'_>) {
    let user = plot.user();
    let alias = format!("{}:live", function(GATE));
    plot.inline(user, policy([allow(&["lambda:InvokeFunction"]).on(&[alias])]));
    plot.expect(Code::CanInvokeGate, user);
}

fn invokes_other_functions(plot: &mut Plot<'_>) {
    let sandbox = function("two-person-rule-gate-sandbox");
    not_past(plot, allow(&["lambda:InvokeFunction"]).on(&[sandbox, function("thumbnails")]));
}

/// CodePipeline's own role must be allowed to invoke the gate.
fn pipelines_invoke_the_gate(plot: &mut Plot<'_>) {
    let role = plot.role("pipelines", service("codepipeline"));
    plot.inline(role, policy([allow(&["lambda:InvokeFunction"]).on(&[function(GATE)])]));
}
