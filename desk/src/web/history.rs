//! A pipeline: its last releases, by the rule as it is now, and the form to start another.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use facts::{Budget, CallError, Operation};
use futures_util::future::{join_all, try_join_all};
use jiff::Timestamp;
use rule::{Attempt, Principal, Trust, decide};

use super::page::{self, History, Past, StageView, Starting};
use super::pages::{AT_ONCE, PATIENCE, answered};
use super::session::Viewer;
use super::{Ports, Web};
use crate::aftermath::end_of;
use crate::look::Eyes;
use crate::once::Once;
use crate::overview::LAGS;
use crate::pipeline::{Kind, Pipeline, Stage};
use crate::port::{Aws, PastExecution};
use crate::report::json::Outlook;

const LIST_PIPELINE_EXECUTIONS: Operation = Operation::codepipeline("ListPipelineExecutions");

/// One pipeline.
pub(super) async fn history<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    Path(pipeline): Path<String>,
    headers: HeaderMap,
) -> Response {
    let Some(viewer) = web.viewer(&headers) else {
        return super::pages::signed_out(&web);
    };
    let name = viewer.name().map(str::to_owned);
    if !web.shows(&pipeline) {
        return super::pages::not_found(name.as_deref());
    }
    let read = web.run(|web| async move { read(&web, &viewer, &pipeline).await });
    answered(name.as_deref(), read.await, |view| {
        Html(page::history(name.as_deref(), &view).into_string()).into_response()
    })
}

async fn read<P: Ports>(web: &Web<P>, viewer: &Viewer, name: &str) -> Result<History, CallError> {
    let rules = web.rules();
    let eyes = web.eyes(&rules);
    let once = Once::new(&eyes, AT_ONCE);
    let eyes = once.eyes();
    let budget = Budget::of(PATIENCE);
    let list = budget.call(LIST_PIPELINE_EXECUTIONS, || eyes.aws.past(name));
    let (caller, pipeline, listed) =
        tokio::try_join!(viewer.principal(&web.ports), eyes.pipeline(name), list)?;
    let past = listed.iter().map(|execution| of_execution(&eyes, &pipeline, execution, &caller));
    let past = try_join_all(past).await?;
    Ok(History {
        pipeline: pipeline.name.clone(),
        past,
        starting: viewer.name().map(|person| starting(web, &pipeline, person, &caller)),
    })
}

async fn of_execution<A: Aws, C: facts::CodePipeline, R: facts::Roles>(
    eyes: &Eyes<'_, A, C, R>,
    pipeline: &Pipeline,
    execution: &PastExecution,
    caller: &str,
) -> Result<Past, CallError> {
    let with_approvals = pipeline.stages.iter().filter(|stage| {
        stage.actions.iter().any(|action| matches!(action.kind, Kind::Approval(_)))
    });
    let stages =
        with_approvals.map(|stage| Box::pin(of_stage(eyes, pipeline, stage, execution, caller)));
    Ok(Past {
        id: execution.id.clone(),
        status: execution.status.clone(),
        started: execution.started,
        releases: execution.releases.iter().map(Into::into).collect(),
        stages: join_all(stages).await.into_iter().flatten().collect(),
    })
}

/// How a stage was judged. Returns `None` if the execution did not reach it.
async fn of_stage<A: Aws, C: facts::CodePipeline, R: facts::Roles>(
    eyes: &Eyes<'_, A, C, R>,
    pipeline: &Pipeline,
    stage: &Stage,
    execution: &PastExecution,
    caller: &str,
) -> Option<StageView> {
    let mut view = StageView { name: stage.name.clone(), ..StageView::default() };
    let rule = eyes.rules.of_stage(eyes.aws, stage, Budget::of(PATIENCE)).await;
    let judged_by = rule.as_ref().map(|it| it.rule.clone()).unwrap_or_default();
    let at = (execution.id.as_str(), stage.name.as_str());
    let facts = eyes.facts(pipeline, at, &judged_by, caller, std::time::Duration::ZERO);
    let known = Box::pin(facts).await;
    let mut facts = match known {
        Ok(known) => known.facts,
        Err(error) => {
            let lags = || LAGS.to_owned();
            view.problem = Some(error.lag.as_ref().map_or_else(|| error.to_string(), |_| lags()));
            return Some(view);
        }
    };
    facts.attempts.iter().find(|attempt| attempt.stage.as_deref() == Some(&stage.name))?;
    view.end = end_of(stage, &facts.attempts, execution.status.as_deref());
    if let Some(at) = judged_at(stage, &facts.attempts).filter(|_| view.end.is_some()) {
        facts.now = at;
    }
    let decision = rule.map_err(|error| error.to_string());
    match decision.and_then(|it| decide(&it.rule, &facts).map_err(|error| error.to_string())) {
        Ok(decision) => {
            view.outlook = Some(Outlook::of(&decision));
            view.judged.clone_from(&decision.record().approvals);
        }
        Err(problem) => view.problem = Some(problem),
    }
    Some(view)
}

/// When the stage was judged, so that approvals are as old as they were then: when its gate began,
/// or the last of its actions if nothing there is a gate.
fn judged_at(stage: &Stage, attempts: &[Attempt]) -> Option<Timestamp> {
    let of_stage = || attempts.iter().filter(|it| it.stage.as_deref() == Some(&stage.name));
    let is_gate =
        |it: &&Attempt| stage.gates().any(|gate| it.action.as_deref() == Some(gate.action));
    let gate = of_stage().filter(is_gate).filter_map(|it| it.started).max();
    gate.or_else(|| of_stage().filter_map(|it| it.updated).max())
}

/// What somebody has to know before they start a release.
fn starting<P: Ports>(web: &Web<P>, pipeline: &Pipeline, person: &str, caller: &str) -> Starting {
    let mut people: Vec<String> = web.rule().signer_names().map(str::to_owned).collect();
    people.retain(|name| name != person);
    let principal = Principal::parse(caller);
    let account = rule::Account::new(&pipeline.account);
    let untrusted =
        principal.role().filter(|role| web.rule().trust(role, &account) != Trust::Believed);
    Starting {
        people,
        excludes_starter: web.rule().excludes_initiator(),
        untrusted: untrusted.map(str::to_owned),
    }
}
