//! The router, with an AWS in memory and a passkey that does what it is told.

mod answers;
pub(crate) mod fake;
mod front;
mod guards;
mod outside;
mod passkey;
mod past;
mod scope;
mod sign_ins;
mod standings;
mod starts;

use std::sync::Arc;

use axum::body::{Body, to_bytes};
use axum::http::{HeaderMap, Request, StatusCode, header};
use serde_json::{Value, json};
use tower::ServiceExt as _;

use self::fake::Fake;
use self::passkey::Passkey;
use super::{Front, Seal, Web, router};
use crate::rule_source;

const ORIGIN: &str = "https://approve.example.com";
const HOST: &str = "approve.example.com";

/// A desk whose rule has a passkey of alice and one of bob.
struct Desk {
    web: Arc<Web<Fake>>,
    alice: Passkey,
    bob: Passkey,
}

/// A reply.
#[derive(Debug)]
struct Reply {
    status: StatusCode,
    headers: HeaderMap,
    text: String,
}

impl Reply {
    fn json(&self) -> Value {
        serde_json::from_str(&self.text).unwrap_or_else(|_| panic!("{self:?}"))
    }

    fn problem(&self) -> String {
        self.json()["problem"].as_str().unwrap().to_owned()
    }

    /// The cookie that it sets, as a browser sends it back.
    fn cookie(&self) -> String {
        let set = self.headers[header::SET_COOKIE].to_str().unwrap();
        set.split(';').next().unwrap().to_owned()
    }
}

impl Desk {
    fn new(fake: Fake) -> Self {
        Self::with(fake, ORIGIN, json!({"requireSignature": true}))
    }

    fn with(fake: Fake, origin: &str, more: Value) -> Self {
        Self::made(None, None, fake, origin, more)
    }

    /// A desk for the pipelines of a glob.
    fn showing(glob: Option<&str>, fake: Fake, origin: &str, more: Value) -> Self {
        Self::made(glob, None, fake, origin, more)
    }

    /// A desk behind an identity provider.
    fn behind(front: Front, fake: Fake, more: Value) -> Self {
        Self::made(None, Some(front), fake, ORIGIN, more)
    }

    fn made(
        glob: Option<&str>,
        front: Option<Front>,
        fake: Fake,
        origin: &str,
        more: Value,
    ) -> Self {
        let (alice, bob) = (Passkey::new(1, origin), Passkey::new(2, origin));
        let mut rule = json!({
            "signingKeys": {"alice": [alice.line()], "bob": [bob.line()]},
            "desk": {"rpId": alice.rp_id(), "origin": origin},
        });
        rule.as_object_mut().unwrap().extend(more.as_object().unwrap().clone());
        let file = rule_source::of_json(rule.to_string()).unwrap();
        let (seal, glob) = (Seal::random().unwrap(), glob.map(str::to_owned));
        let web = Web::new(fake, file, seal, glob, front).unwrap();
        Self { web, alice, bob }
    }

    async fn send(&self, request: Request<Body>) -> Reply {
        let response = router(Arc::clone(&self.web)).oneshot(request).await.unwrap();
        let (parts, body) = response.into_parts();
        let text = to_bytes(body, usize::MAX).await.unwrap();
        let text = String::from_utf8(text.to_vec()).unwrap();
        Reply { status: parts.status, headers: parts.headers, text }
    }

    async fn get(&self, path: &str, cookie: &str) -> Reply {
        let request = Request::get(path).header("host", HOST).header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap()).await
    }

    async fn post(&self, path: &str, cookie: &str, body: &Value) -> Reply {
        let request = ours(path).header("cookie", cookie);
        self.send(request.body(Body::from(body.to_string())).unwrap()).await
    }

    /// Signs in, and returns the cookie.
    async fn sign_in(&self, passkey: &Passkey) -> String {
        let asked = self.post("/sign-in/challenge", "", &json!({})).await.json();
        let reply = self.post("/sign-in", "", &passkey.sign(&asked)).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        reply.cookie()
    }
}

/// A POST as the script of the pages makes it.
fn ours(path: &str) -> axum::http::request::Builder {
    Request::post(path)
        .header("host", HOST)
        .header("origin", ORIGIN)
        .header("sec-fetch-site", "same-origin")
        .header("content-type", "application/json")
}
