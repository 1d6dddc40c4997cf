//! The addresses of the web app.

use std::sync::Arc;

use axum::Router;
use axum::middleware::from_fn_with_state;
use axum::routing::{get, post};

use super::{Ports, Web, answer, assets, enrol, guard, history, pages, sign_in, start};

/// Answers requests. It can be served by any server that takes a Tower service.
pub(crate) fn router<P: Ports>(web: Arc<Web<P>>) -> Router {
    Router::new()
        .route("/", get(pages::pending::<P>))
        .route("/e/{pipeline}/{execution}", get(pages::execution::<P>))
        .route("/e/{pipeline}/", get(pages::without_execution::<P>))
        .route("/p/{pipeline}", get(history::history::<P>))
        .route("/start", post(start::start::<P>))
        .route("/enrol", get(pages::enrol::<P>).post(enrol::enrol))
        .route("/session", get(sign_in::session::<P>))
        .route("/sign-in/challenge", post(sign_in::challenge::<P>))
        .route("/sign-in", post(sign_in::sign_in::<P>))
        .route("/sign-out", post(sign_in::sign_out::<P>))
        .route("/answer/ask", post(answer::ask::<P>))
        .route("/answer/give", post(answer::give::<P>))
        .route("/desk.css", get(assets::style))
        .route("/desk.js", get(assets::script))
        .route("/icon.svg", get(assets::icon))
        .fallback(pages::nothing::<P>)
        .layer(from_fn_with_state(Arc::clone(&web), guard::guard::<P>))
        .with_state(web)
}
