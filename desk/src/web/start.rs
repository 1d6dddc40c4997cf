//! A new release, started from its pipeline's page.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use facts::CallError;
use names::shown;
use serde::{Deserialize, Serialize};

use super::reply::{Problem, json, read};
use super::session::Visitor;
use super::{Ports, Web};
use crate::notify::{Notice, Why, link};
use crate::port::START_PIPELINE_EXECUTION;

/// What the form says.
#[derive(Deserialize)]
struct Wanted {
    pipeline: String,
    /// The person who is asked to approve; empty for nobody in particular.
    ask: String,
}

#[derive(Serialize)]
struct Started {
    text: String,
    /// The page of the execution.
    page: String,
}

/// Starts a release in the name of a person. AWS decides whether they may.
pub(super) async fn start<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let visitor = web.visitor(&headers).ok_or_else(Problem::signed_out)?;
    let wanted: Wanted = read(&headers, &body)?;
    let is_known = wanted.ask.is_empty() || web.rule().signer_names().any(|it| it == wanted.ask);
    if !is_known || !web.shows(&wanted.pipeline) {
        return Err(Problem::malformed());
    }
    if wanted.ask == visitor.person && web.rule().excludes_initiator() {
        return Err(Problem::new(
            StatusCode::UNPROCESSABLE_ENTITY,
            "The rule does not count the person who starts a release. Ask somebody else.",
        ));
    }
    web.finish(|web| async move { start_as(&web, &visitor, &wanted).await })
        .await
        .unwrap_or_else(|| Err(Problem::internal()))
}

async fn start_as<P: Ports>(
    web: &Web<P>,
    visitor: &Visitor,
    Wanted { pipeline, ask }: &Wanted,
) -> Result<Response, Problem> {
    let rules = web.rules();
    let known = web.eyes(&rules).pipeline(pipeline).await.map_err(not_started)?;
    let id = web.ports.start(&visitor.person, &known).await.map_err(not_started)?;
    let page = link(web.origin(), pipeline, &id);
    let text = match ask.as_str() {
        "" => "Started. Send this link to the people you ask:".to_owned(),
        ask => {
            let notice = asks(&visitor.person, ask, pipeline, &page);
            match web.ports.tell(&notice).await {
                Some(Ok(())) => format!("Started. {ask} is told by mail, with this link:"),
                Some(Err(problem)) => {
                    format!("Started. {ask} could not be told ({problem}). Send them this link:")
                }
                None => format!("Started. Send this link to {ask}:"),
            }
        }
    };
    Ok(json(&Started { text, page }))
}

/// What the person is told who is asked to approve.
fn asks(starter: &str, asked: &str, pipeline: &str, page: &str) -> Notice {
    let starter = shown(starter);
    Notice {
        why: Why::Asked,
        pipeline: pipeline.to_owned(),
        title: format!("{starter} asks you to approve a release"),
        news: format!(
            "{starter} has started a release of {pipeline} and asks you to approve it. Its \
             approvals open as soon as it gets there."
        ),
        releases: Vec::new(),
        said: String::new(),
        people: vec![asked.to_owned()],
        problem: None,
        link: page.to_owned(),
    }
}

fn not_started(error: CallError) -> Problem {
    let status = match &error {
        CallError::AccessDenied { .. } => StatusCode::FORBIDDEN,
        CallError::Refused { .. } => StatusCode::CONFLICT,
        CallError::Transient { .. } | CallError::NotSent { .. } | CallError::Malformed { .. } => {
            StatusCode::BAD_GATEWAY
        }
    };
    let text = match &error {
        // The request may have arrived.
        CallError::Transient { .. } | CallError::Malformed { .. }
            if error.operation() == START_PIPELINE_EXECUTION =>
        {
            format!("{error}. Nobody knows whether it has started: reload the page and look.")
        }
        CallError::AccessDenied { .. }
        | CallError::Transient { .. }
        | CallError::Refused { .. }
        | CallError::NotSent { .. }
        | CallError::Malformed { .. } => format!("Nothing was started: {error}."),
    };
    Problem::new(status, text)
}
