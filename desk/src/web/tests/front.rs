//! An identity provider in front lets people in who are who they say, and takes nothing's place.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::{Value, json};

use super::super::front::made::{ARN, CLIENT, ISSUER, KEY_ID, Signer, header};
use super::super::front::{ByLoadBalancer, Claim, Front};
use super::fake::Fake;
use super::passkey::Passkey;
use super::{Desk, HOST, ORIGIN, Reply, ours};

/// A desk behind a load balancer.
struct Behind {
    desk: Desk,
    signer: Signer,
}

impl Behind {
    fn new() -> Self {
        let front =
            Front::new(ARN.parse().unwrap(), ISSUER.to_owned(), CLIENT.to_owned(), Claim::Email);
        let signer = Signer::new();
        let fake = Fake::new();
        let keys = "https://public-keys.auth.elb.eu-west-1.amazonaws.com";
        fake.world().public_keys.insert(format!("{keys}/{KEY_ID}"), signer.pem());
        let rule = json!({"people": {"bob": ["arn:aws:iam::111122223333:user/robert"]}});
        Self { desk: Desk::behind(front, fake, rule), signer }
    }

    async fn send(&self, mut request: Request<Body>, token: &str) -> Reply {
        request.extensions_mut().insert(ByLoadBalancer);
        if !token.is_empty() {
            request.headers_mut().insert("x-amzn-oidc-data", token.parse().unwrap());
        }
        self.desk.send(request).await
    }

    async fn get(&self, path: &str, token: &str, cookie: &str) -> Reply {
        let request = Request::get(path).header("host", HOST).header("cookie", cookie);
        self.send(request.body(Body::empty()).unwrap(), token).await
    }

    async fn post(&self, path: &str, token: &str, cookie: &str, body: &Value) -> Reply {
        let request = ours(path).header("cookie", cookie);
        self.send(request.body(Body::from(body.to_string())).unwrap(), token).await
    }

    async fn sign_in(&self, token: &str, passkey: &Passkey) -> Reply {
        let asked = self.post("/sign-in/challenge", token, "", &json!({})).await.json();
        self.post("/sign-in", token, "", &passkey.sign(&asked)).await
    }

    fn keys_asked(&self) -> usize {
        self.desk.web.ports.world().keys_asked
    }
}

#[tokio::test]
async fn a_person_comes_in_with_the_passkey_and_the_identity_of_one_human() {
    let it = Behind::new();
    for email in ["alice@example.com", "Alice-Admin+desk@elsewhere.example"] {
        let reply = it.sign_in(&it.signer.token_of(email), &it.desk.alice).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    }
    // By the rule's `people`.
    let bob = it.signer.token_of("robert@example.com");
    let cookie = it.sign_in(&bob, &it.desk.bob).await.cookie();
    assert_eq!(it.get("/session", &bob, &cookie).await.status, StatusCode::NO_CONTENT);
    assert_eq!(it.keys_asked(), 1);
}

#[tokio::test]
async fn an_identity_does_not_take_the_place_of_a_passkey() {
    let it = Behind::new();
    let alice = it.signer.token_of("alice@example.com");
    assert_eq!(it.get("/session", &alice, "").await.status, StatusCode::UNAUTHORIZED);
    let page = it.get("/", &alice, "").await;
    assert!(page.text.contains("data-sign-in") && !page.text.contains("alice"), "{}", page.text);
    let start = json!({"pipeline": "payments", "ask": ""});
    assert_eq!(it.post("/start", &alice, "", &start).await.status, StatusCode::UNAUTHORIZED);
    assert_eq!(
        it.post("/answer/ask", &alice, "", &json!({})).await.status,
        StatusCode::UNAUTHORIZED
    );
}

#[tokio::test]
async fn a_passkey_of_somebody_else_than_the_identity_is_refused() {
    let it = Behind::new();
    for (email, said) in [
        ("bob@example.com", "calls you bob@example.com, who is bob in the rule"),
        ("mallory@example.com", "the rule knows nobody of that name"),
        ("@example.com", "the rule knows nobody of that name"),
    ] {
        let reply = it.sign_in(&it.signer.token_of(email), &it.desk.alice).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
        assert!(reply.problem().contains(said), "{}", reply.problem());
        assert!(!reply.headers.contains_key("set-cookie"));
    }
    // A passkey that the rule does not know is refused as ever.
    let mallory = Passkey::new(3, ORIGIN);
    let reply = it.sign_in(&it.signer.token_of("alice@example.com"), &mallory).await;
    assert!(reply.problem().starts_with("The rule does not know this passkey."));
}

#[tokio::test]
async fn a_session_ends_as_soon_as_the_identity_is_another() {
    let it = Behind::new();
    let (alice, bob) =
        (it.signer.token_of("alice@example.com"), it.signer.token_of("bob@example.com"));
    let cookie = it.sign_in(&alice, &it.desk.alice).await.cookie();
    assert!(it.get("/", &alice, &cookie).await.text.contains("alice"));
    assert_eq!(it.get("/session", &bob, &cookie).await.status, StatusCode::UNAUTHORIZED);
    assert!(it.get("/", &bob, &cookie).await.text.contains("data-sign-in"));
    let reply = it.post("/answer/give", &bob, &cookie, &json!({})).await;
    assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn a_request_without_a_sound_token_gets_nothing_but_the_reason() {
    let it = Behind::new();
    let changed = |name: &str, value: Value| {
        let mut header = header();
        header[name] = value;
        it.signer.token(&header, &json!({"email": "alice@example.com"}))
    };
    let another_key = "00000000-1234-1234-1234-123456789012";
    let sound = it.signer.token_of("alice@example.com");
    for (token, status, said) in [
        (String::new(), StatusCode::UNAUTHORIZED, "it has no x-amzn-oidc-data"),
        (changed("exp", json!(1)), StatusCode::UNAUTHORIZED, "has expired"),
        (changed("alg", json!("none")), StatusCode::FORBIDDEN, "is not signed with ES256"),
        (changed("signer", json!("x")), StatusCode::FORBIDDEN, "another load balancer"),
        (changed("kid", json!("../x")), StatusCode::FORBIDDEN, "whose id is not a UUID"),
        (changed("kid", json!(another_key)), StatusCode::FORBIDDEN, "HTTP status 404"),
        (Signer::new().token_of("alice@example.com"), StatusCode::FORBIDDEN, "is not signed by"),
        (it.signer.token(&header(), &json!({})), StatusCode::FORBIDDEN, "has no `email`"),
    ] {
        for path in ["/", "/enrol", "/desk.js", "/session", "/nothing"] {
            let reply = it.get(path, &token, "").await;
            assert_eq!(reply.status, status, "{path}: {said}");
            assert!(reply.text.contains(said), "{}", reply.text);
            assert!(reply.headers.contains_key("content-security-policy"));
            let secret = token.rsplit('.').next().filter(|it| !it.is_empty());
            assert!(secret.is_none_or(|secret| !reply.text.contains(secret)));
        }
        assert_eq!(it.post("/sign-in/challenge", &token, "", &json!({})).await.status, status);
    }
    let mut twice = Request::get("/").header("host", HOST).header("x-amzn-oidc-data", &sound);
    twice = twice.header("x-amzn-oidc-data", &sound).extension(ByLoadBalancer);
    let reply = it.desk.send(twice.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN, "{}", reply.text);
}

#[tokio::test]
async fn behind_a_load_balancer_there_is_no_other_way_in() {
    let it = Behind::new();
    let token = it.signer.token_of("alice@example.com");
    let request = Request::get("/").header("host", HOST).header("x-amzn-oidc-data", token);
    let reply = it.desk.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.text.contains("did not come through the load balancer"), "{}", reply.text);
    assert_eq!(it.keys_asked(), 0);
}

#[tokio::test]
async fn without_an_identity_provider_nobody_believes_the_header() {
    let desk = Desk::new(Fake::new());
    let forged = Signer::new().token_of("bob@example.com");
    let request = Request::get("/enrol").header("host", HOST).header("x-amzn-oidc-data", forged);
    let reply = desk.send(request.body(Body::empty()).unwrap()).await;
    assert_eq!(reply.status, StatusCode::OK);
    desk.sign_in(&desk.alice).await;
    assert_eq!(desk.web.ports.world().keys_asked, 0);
}

#[tokio::test]
async fn keys_are_kept_and_few_of_them() {
    let it = Behind::new();
    let keys = "https://public-keys.auth.elb.eu-west-1.amazonaws.com";
    let token_of = |number: usize| {
        let id = format!("{number:08}-1234-1234-1234-123456789012");
        it.desk.web.ports.world().public_keys.insert(format!("{keys}/{id}"), it.signer.pem());
        let mut header = header();
        header["kid"] = json!(id);
        it.signer.token(&header, &json!({"email": "alice@example.com"}))
    };
    for number in (0..9).chain(1..9) {
        assert_eq!(it.get("/enrol", &token_of(number), "").await.status, StatusCode::OK);
    }
    assert_eq!(it.keys_asked(), 9);
    // The oldest had to go.
    assert_eq!(it.get("/enrol", &token_of(0), "").await.status, StatusCode::OK);
    assert_eq!(it.keys_asked(), 10);
}
