//! What is read for each page.

use std::sync::Arc;
use std::time::Duration;

use axum::extract::{Path, State};
use axum::http::{HeaderMap, StatusCode};
use axum::response::{Html, IntoResponse, Redirect, Response};
use facts::{Budget, CallError, CodePipeline, Operation, Roles, StateEntry};
use jiff::Timestamp;
use names::ExecutionId;
use rule::decide;

use super::page::{self, Execution, Since, StageView};
use super::session::Viewer;
use super::since::since;
use super::{Ports, Web};
use crate::aftermath::{answers, end_of};
use crate::look::{Eyes, Situation};
use crate::once::Once;
use crate::overview::{self, LAGS, Survey};
use crate::pipeline::{Pipeline, Stage};
use crate::port::{self, Aws};
use crate::report::json::Outlook;
use crate::source::Sources;

/// How many calls run at the same time for one page. AWS throttles per account, and others need
/// their share.
pub(super) const AT_ONCE: usize = 256;
pub(super) const PATIENCE: Duration = Duration::from_secs(20);

/// What awaits answers.
pub(super) async fn pending<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
) -> Response {
    let Some(viewer) = web.viewer(&headers) else {
        return signed_out(&web);
    };
    let name = viewer.name().map(str::to_owned);
    let name = name.as_deref();
    let read = web.run(|web| async move {
        let rules = web.rules();
        let eyes = web.eyes(&rules);
        let list = eyes.list(web.glob.as_deref());
        let (caller, listed) = tokio::try_join!(viewer.principal(&web.ports), list)?;
        let survey = Survey { listed: &listed, caller: &caller, at_once: AT_ONCE };
        let judge =
            |at: &Pipeline, it: &Situation, known: &_| viewer.standing(at, it, known, &caller);
        let overview = eyes.overview(survey, judge, |_, _| {}).await;
        Ok((overview, listed))
    });
    match read.await {
        Some(Ok((overview, listed))) => {
            Html(page::pending(name, &overview, &listed, &web.desk, Timestamp::now()).into_string())
                .into_response()
        }
        Some(Err(error)) => unavailable(name, &error),
        None => failed(name),
    }
}

/// One execution.
pub(super) async fn execution<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    Path((pipeline, execution)): Path<(String, String)>,
    headers: HeaderMap,
) -> Response {
    let Some(viewer) = web.viewer(&headers) else {
        return signed_out(&web);
    };
    let name = viewer.name().map(str::to_owned);
    let name = name.as_deref();
    if !web.shows(&pipeline) || !ExecutionId::is_valid(&execution) {
        return not_found(name);
    }
    // The script of the page asks again and again, and follows only the progress.
    let is_script = headers.get("sec-fetch-dest").is_some_and(|it| it == "empty");
    let read = web.run(move |web| async move {
        read_execution(&web, &viewer, (&pipeline, &execution), !is_script).await
    });
    answered(name, read.await, |view| {
        Html(page::execution(name, &view, Timestamp::now()).into_string()).into_response()
    })
}

/// A pipeline without an execution. `ExternalEntityLink` leads here if CodePipeline did not fill in
/// `#{codepipeline.PipelineExecutionId}`, because browsers do not send what begins with `#`.
pub(super) async fn without_execution<P: Ports>(
    web: State<Arc<Web<P>>>,
    Path(pipeline): Path<String>,
    headers: HeaderMap,
) -> Response {
    match web.shows(&pipeline) {
        true => Redirect::to(&format!("/p/{pipeline}")).into_response(),
        false => nothing(web, headers).await,
    }
}

/// The page of what was read, or why there is none.
pub(super) fn answered<T>(
    name: Option<&str>,
    read: Option<Result<T, CallError>>,
    page: impl FnOnce(T) -> Response,
) -> Response {
    match read {
        Some(Ok(view)) => page(view),
        Some(Err(CallError::Refused { code, .. })) if code.ends_with("NotFoundException") => {
            not_found(name)
        }
        Some(Err(error)) => unavailable(name, &error),
        None => failed(name),
    }
}

async fn read_execution<P: Ports>(
    web: &Web<P>,
    viewer: &Viewer,
    (name, id): (&str, &str),
    with_change: bool,
) -> Result<Execution, CallError> {
    let caller = viewer.principal(&web.ports).await?;
    let rules = web.rules();
    let eyes = web.eyes(&rules);
    let once = Once::new(&eyes, AT_ONCE);
    let eyes = once.eyes();
    let budget = Budget::of(PATIENCE);
    let call = || eyes.aws.execution(name, id);
    let (pipeline, state, execution) = tokio::try_join!(
        eyes.pipeline(name),
        eyes.state(name),
        budget.call(Operation::GET_PIPELINE_EXECUTION, call),
    )?;
    let seen = Seen { pipeline: &pipeline, state: &state, execution: &execution, id };
    let change = async {
        if with_change { since(&eyes, &pipeline, web.rule(), id).await } else { Since::NotAsked }
    };
    let (since, progress) = tokio::join!(Box::pin(change), Box::pin(seen.progress(&eyes, &caller)));
    let Progress { situations, stages, sources } = progress?;
    let judge = |at: &Pipeline, it: &Situation, known: &_| viewer.standing(at, it, known, &caller);
    let open = situations.iter().map(|it| overview::entry(&pipeline, it, &judge)).collect();
    let mut releases = execution.releases;
    releases.iter_mut().for_each(|release| sources.complete(release));
    Ok(Execution {
        pipeline: pipeline.name.clone(),
        id: id.to_owned(),
        status: execution.status,
        releases: releases.iter().map(Into::into).collect(),
        reviews: stages.iter().find_map(|stage| stage.reviews.clone()),
        since,
        open,
        stages,
    })
}

/// An execution, as CodePipeline shows it.
struct Seen<'a> {
    pipeline: &'a Pipeline,
    state: &'a [StateEntry],
    execution: &'a port::Execution,
    id: &'a str,
}

/// How far an execution is.
struct Progress {
    /// Its open approvals.
    situations: Vec<Situation>,
    stages: Vec<StageView>,
    sources: Sources,
}

impl Seen<'_> {
    async fn progress<A: Aws, C: CodePipeline, R: Roles>(
        self,
        eyes: &Eyes<'_, A, C, R>,
        caller: &str,
    ) -> Result<Progress, CallError> {
        let Self { pipeline, state, execution, id } = self;
        let open = eyes.open(pipeline, state, Timestamp::now()).await?;
        let mut situations = Vec::new();
        for run in open.into_iter().filter(|run| run.execution_id == id) {
            situations.push(Box::pin(eyes.situation(pipeline, run, caller, false)).await?);
        }
        let mut stages = Vec::new();
        let mut sources = Sources::default();
        for stage in pipeline.stages.iter().filter(|stage| stage.has_approvals()) {
            let known = situations.iter().find(|it| it.run.stage == stage.name);
            let read;
            let (rule, facts) = match known {
                Some(Situation { rule, facts, .. }) => (rule, facts),
                None => {
                    let rule = eyes.rules.of_stage(eyes.aws, stage, Budget::of(PATIENCE)).await;
                    let judged_by = rule.as_ref().map(|it| it.rule.clone()).unwrap_or_default();
                    let at = (id, stage.name.as_str());
                    let facts = eyes.facts(pipeline, at, &judged_by, caller, Duration::ZERO);
                    read = (rule, Box::pin(facts).await);
                    (&read.0, &read.1)
                }
            };
            stages.extend(view(stage, rule, facts, execution));
            facts.iter().for_each(|known| sources.extend(known.sources.clone()));
        }
        Ok(Progress { situations, stages, sources })
    }
}

/// How far a stage is. Returns `None` if the execution has not reached it.
fn view(
    stage: &Stage,
    rule: &Result<crate::rule_source::StageRule, crate::rule_source::Unknown>,
    facts: &Result<crate::look::Known, facts::ReadError>,
    execution: &port::Execution,
) -> Option<StageView> {
    let mut view = StageView { name: stage.name.clone(), ..StageView::default() };
    let known = match facts {
        Ok(known) => known,
        Err(error) => {
            view.problem = Some(match &error.lag {
                Some(_) => LAGS.to_owned(),
                None => error.to_string(),
            });
            return Some(view);
        }
    };
    let attempts = &known.facts.attempts;
    attempts.iter().find(|attempt| attempt.stage.as_deref() == Some(&stage.name))?;
    view.end = end_of(stage, attempts, execution.status.as_deref());
    view.answered = answers(&stage.name, attempts).into_iter().map(Into::into).collect();
    let decision = match rule {
        Ok(it) => decide(&it.rule, &known.facts).map_err(|error| error.to_string()),
        Err(error) => Err(error.to_string()),
    };
    match decision {
        Ok(decision) => {
            let rule = rule.as_ref().ok().map(|it| Outlook::in_stage(&decision, &it.rule, stage));
            view.outlook = rule;
            view.reviews = decision.record().reviewed().map(Into::into);
            view.judged.clone_from(&decision.record().approvals);
        }
        Err(problem) => view.problem = Some(problem),
    }
    Some(view)
}

/// How a passkey gets into the rule. Nobody has to be signed in for that.
pub(super) async fn enrol<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
) -> Response {
    let name = web.visitor(&headers).map(|visitor| visitor.person);
    Html(page::enrol(name.as_deref(), &web.desk).into_string()).into_response()
}

/// Any other address.
pub(super) async fn nothing<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
) -> Response {
    not_found(web.visitor(&headers).map(|visitor| visitor.person).as_deref())
}

/// The page that asks for a passkey, at the address of the page that was asked for.
pub(super) fn signed_out<P: Ports>(web: &Web<P>) -> Response {
    (StatusCode::UNAUTHORIZED, Html(page::sign_in(web.origin()).into_string())).into_response()
}

pub(super) fn not_found(name: Option<&str>) -> Response {
    problem(StatusCode::NOT_FOUND, name, "There is nothing at this address.")
}

fn failed(name: Option<&str>) -> Response {
    problem(StatusCode::INTERNAL_SERVER_ERROR, name, "The desk failed. Reload the page.")
}

fn unavailable(name: Option<&str>, error: &CallError) -> Response {
    problem(StatusCode::BAD_GATEWAY, name, &format!("CodePipeline cannot be read: {error}."))
}

fn problem(status: StatusCode, name: Option<&str>, text: &str) -> Response {
    (status, Html(page::problem(name, text).into_string())).into_response()
}
