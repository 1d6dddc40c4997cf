//! Signing in and out, with a passkey and without a store.

use std::sync::Arc;

use axum::body::Bytes;
use axum::extract::{Extension, State};
use axum::http::{HeaderMap, StatusCode, header};
use axum::response::{IntoResponse, Redirect, Response};
use jiff::{SignedDuration, Timestamp};
use serde::Serialize;
use signing::{Nonce, SignIn};

use super::front::Login;
use super::reply::{Problem, json, read};
use super::seal::{Purpose, random};
use super::session::Visitor;
use super::webauthn::{Posted, Request};
use super::{Ports, Web};
use crate::output;

/// How long a person may take to touch the key.
const TOUCH: SignedDuration = SignedDuration::from_mins(5);

#[derive(Serialize)]
struct SignedIn<'a> {
    person: &'a str,
}

/// A new challenge. It is in the seal too, so that nothing has to be remembered.
pub(super) async fn challenge<P: Ports>(
    State(web): State<Arc<Web<P>>>,
) -> Result<Response, Problem> {
    let nonce = random().map_err(|_| Problem::internal())?;
    let until = Timestamp::now() + TOUCH;
    let seal = web.seal.close(Purpose::SignIn, nonce, until).ok_or_else(Problem::internal)?;
    let challenge = SignIn::new(&web.desk, &Nonce::new(nonce)).challenge();
    let rp_id = web.desk.rp_id();
    Ok(json(&Request { challenge, rp_id, credential: None, seal }))
}

/// Lets a person in whose passkey signed the challenge.
pub(super) async fn sign_in<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    Extension(login): Extension<Option<Login>>,
    headers: HeaderMap,
    body: Bytes,
) -> Result<Response, Problem> {
    let posted: Posted = read(&headers, &body)?;
    let nonce = web.seal.open(Purpose::SignIn, &posted.seal, Timestamp::now());
    let nonce: [u8; 16] = nonce.ok_or_else(|| {
        Problem::new(StatusCode::UNAUTHORIZED, "That took too long. Sign in again.")
    })?;
    let assertion = posted.assertion().ok_or_else(Problem::malformed)?;
    let mut keys = web.rule().public_keys();
    let (person, key) = keys.find(|(_, key)| posted.is_of(key)).ok_or_else(|| {
        Problem::new(
            StatusCode::FORBIDDEN,
            "The rule does not know this passkey. Enrol it first, and have the change of the rule \
             reviewed.",
        )
    })?;
    let text = SignIn::new(&web.desk, &Nonce::new(nonce));
    let proof = key.verify_sign_in(&text, &web.desk, &assertion).map_err(|bad| {
        Problem::new(StatusCode::FORBIDDEN, format!("The passkey does not let you in: {bad}."))
    })?;
    // Only of somebody who has the key, so that nobody else learns whose it is.
    if let Some(why) = login.and_then(|login| login.refuses(web.rule(), person)) {
        output::print_warning(&format!("a passkey of {person} was refused: {why}"));
        return Err(Problem::new(StatusCode::FORBIDDEN, why));
    }
    let visitor = Visitor {
        person: person.to_owned(),
        key: key.clone(),
        device_bound: proof.is_device_bound(),
    };
    let cookie = web.cookie(&visitor).ok_or_else(Problem::internal)?;
    Ok(([(header::SET_COOKIE, cookie)], json(&SignedIn { person })).into_response())
}

/// Forgets who is in front of the browser.
pub(super) async fn sign_out<P: Ports>(State(web): State<Arc<Web<P>>>) -> Response {
    ([(header::SET_COOKIE, web.no_cookie())], Redirect::to("/")).into_response()
}

/// Whether the browser has a session. A link from a mail or a chat comes without the cookie, and
/// the page asks here before it asks for a passkey.
pub(super) async fn session<P: Ports>(
    State(web): State<Arc<Web<P>>>,
    headers: HeaderMap,
) -> StatusCode {
    match web.visitor(&headers) {
        Some(_) => StatusCode::NO_CONTENT,
        None => StatusCode::UNAUTHORIZED,
    }
}
