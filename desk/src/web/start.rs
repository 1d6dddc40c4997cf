//! A new release, started from its pipeline's page.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::State;
use axum::http::{HeaderMap, StatusCode};
use axum::response::Response;
use facts::CallError;
use serde::{Deserialize, Serialize};

use super::reply::{Problem, json, read};
use super::session::Visitor;
use super::{Ports, Web};

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
    web.run(|web| async move { start_as(&web, &visitor, &wanted).await })
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
    let page = format!("{}/e/{pipeline}/{id}", web.origin());
    let text = match ask.as_str() {
        "" => "Started. Send this link to the people you ask:".to_owned(),
        ask => format!("Started. Send this link to {ask}:"),
    };
    Ok(json(&Started { text, page }))
}

fn not_started(error: CallError) -> Problem {
    let status = match &error {
        CallError::AccessDenied { .. } => StatusCode::FORBIDDEN,
        CallError::Refused { .. } => StatusCode::CONFLICT,
        CallError::Transient { .. } | CallError::Malformed { .. } => StatusCode::BAD_GATEWAY,
    };
    let text = match &error {
        // The request may have arrived.
        CallError::Transient { .. } => {
            format!("{error}. Nobody knows whether it has started: reload the page and look.")
        }
        CallError::AccessDenied { .. }
        | CallError::Refused { .. }
        | CallError::Malformed { .. } => format!("Nothing was started: {error}."),
    };
    Problem::new(status, text)
}
