//! A pipeline: its last releases, by the code of `policygen evidence`, and the form to start
//! another.

use std::sync::Arc;

use axum::extract::{Path, State};
use axum::http::HeaderMap;
use axum::response::{Html, IntoResponse, Response};
use facts::CallError;
use rule::{Principal, Trust};

use super::page::{self, History, Starting};
use super::pages::{AT_ONCE, answered};
use super::session::Viewer;
use super::{Ports, Web};
use crate::once::Once;
use crate::past::Standard;
use crate::pipeline::Pipeline;

/// How many executions the page shows. Each costs one call or more.
const SHOWN: i32 = 10;

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
    let (caller, pipeline, listed) = tokio::try_join!(
        viewer.principal(&web.ports),
        eyes.pipeline(name),
        eyes.past(name, SHOWN),
    )?;
    let judged = match eyes.gate(&pipeline).await {
        Ok((gate, note)) => {
            let standard = Standard { pipeline: &pipeline, floor: web.rule(), gate: &gate };
            let past = Box::pin(eyes.judged(standard, listed.clone())).await;
            past.map(|past| (past, note)).map_err(|error| error.to_string())
        }
        Err(problem) => Err(problem.to_string()),
    };
    Ok(History {
        pipeline: pipeline.name.clone(),
        listed,
        judged,
        starting: viewer.name().map(|person| starting(web, &pipeline, person, &caller)),
    })
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
