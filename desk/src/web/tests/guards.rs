//! What every request must satisfy.

use axum::body::Body;
use axum::http::{Request, StatusCode};
use serde_json::json;

use super::fake::Fake;
use super::{Desk, HOST, ORIGIN, ours};

#[tokio::test]
async fn a_page_of_another_origin_cannot_make_a_browser_post() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    for path in ["/answer/ask", "/answer/give", "/sign-in", "/sign-out", "/enrol"] {
        for (name, value) in [
            ("origin", Some("https://attacker.example")),
            ("origin", Some("null")),
            ("origin", Some("https://approve.example.com.attacker.example")),
            ("origin", None),
            ("sec-fetch-site", Some("cross-site")),
            ("sec-fetch-site", Some("same-site")),
        ] {
            let mut request = ours(path).header("cookie", &cookie).body(Body::from("{}")).unwrap();
            request.headers_mut().remove(name);
            if let Some(value) = value {
                request.headers_mut().insert(name, value.parse().unwrap());
            }
            let reply = desk.send(request).await;
            assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path} {name} {value:?}");
            assert!(!reply.headers.contains_key("set-cookie"));
        }
        // Two headers, and one of them is right.
        let twice =
            ours(path).header("origin", "https://attacker.example").header("cookie", &cookie);
        let reply = desk.send(twice.body(Body::from("{}")).unwrap()).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN, "{path}");
    }
}

#[tokio::test]
async fn another_name_for_this_address_is_refused() {
    let desk = Desk::new(Fake::new());
    for host in ["attacker.example", "127.0.0.1:4580", "approve.example.com:444", ""] {
        let request = Request::get("/enrol").header("host", host).body(Body::empty()).unwrap();
        let reply = desk.send(request).await;
        assert_eq!(reply.status, StatusCode::MISDIRECTED_REQUEST, "{host}");
        assert!(reply.text.contains(ORIGIN));
    }
    let none = Request::get("/enrol").body(Body::empty()).unwrap();
    assert_eq!(desk.send(none).await.status, StatusCode::MISDIRECTED_REQUEST);
    assert_eq!(desk.get("/enrol", "").await.status, StatusCode::OK);
}

#[tokio::test]
async fn every_reply_has_the_policy_and_nothing_is_inline() {
    let desk = Desk::new(Fake::new());
    for path in ["/", "/enrol", "/nothing", "/desk.js", "/desk.css", "/icon.svg", "/session"] {
        let reply = desk.get(path, "").await;
        let policy = reply.headers["content-security-policy"].to_str().unwrap();
        for directive in ["default-src 'none'", "script-src 'self'", "frame-ancestors 'none'"] {
            assert!(policy.contains(directive), "{path}: {policy}");
        }
        assert!(!policy.contains("unsafe"));
        assert_eq!(reply.headers["x-content-type-options"], "nosniff");
        assert!(reply.headers.contains_key("cache-control"), "{path}");
        assert!(!reply.text.contains("<style") && !reply.text.contains("style=\""), "{path}");
        assert_eq!(
            reply.text.matches("<script").count(),
            reply.text.matches("<script src=\"/desk.js\" defer></script>").count()
        );
    }
}

#[tokio::test]
async fn a_large_body_and_another_method_are_refused_before_anything_reads_them() {
    let desk = Desk::new(Fake::new());
    let large = ours("/sign-in").body(Body::from("x".repeat(10_000_000))).unwrap();
    assert_eq!(desk.send(large).await.status, StatusCode::PAYLOAD_TOO_LARGE);
    let put = Request::put("/").header("host", HOST).header("origin", ORIGIN);
    let put = desk.send(put.body(Body::empty()).unwrap()).await;
    assert_eq!(put.status, StatusCode::METHOD_NOT_ALLOWED);
}

#[tokio::test(start_paused = true)]
async fn a_body_that_does_not_arrive_is_given_up() {
    let desk = Desk::new(Fake::new());
    let never = futures_util::stream::pending::<Result<String, std::io::Error>>();
    let slow = ours("/sign-in").body(Body::from_stream(never)).unwrap();
    assert_eq!(desk.send(slow).await.status, StatusCode::REQUEST_TIMEOUT);
}

#[tokio::test]
async fn what_the_script_did_not_write_is_refused_in_words() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    for path in ["/answer/ask", "/answer/give", "/sign-in", "/enrol"] {
        let reply = desk.post(path, &cookie, &json!({"other": 1})).await;
        assert_eq!(reply.status, StatusCode::BAD_REQUEST, "{path}");
        // A browser without the script sends a form.
        let mut form = ours(path).header("cookie", &cookie).body(Body::from("a=b")).unwrap();
        let kind = "application/x-www-form-urlencoded".parse().unwrap();
        form.headers_mut().insert("content-type", kind);
        let reply = desk.send(form).await;
        assert_eq!(reply.status, StatusCode::UNSUPPORTED_MEDIA_TYPE, "{path}");
    }
}

#[tokio::test]
async fn without_a_session_no_page_shows_anything_and_nothing_is_answered() {
    let desk = Desk::new(Fake::new());
    for path in ["/", "/e/payments/3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001"] {
        let reply = desk.get(path, "").await;
        assert_eq!(reply.status, StatusCode::UNAUTHORIZED);
        assert!(!reply.text.contains("payments"), "{}", reply.text);
    }
    for path in ["/answer/ask", "/answer/give"] {
        assert_eq!(desk.post(path, "", &json!({})).await.status, StatusCode::UNAUTHORIZED);
    }
    assert_eq!(desk.get("/session", "").await.status, StatusCode::UNAUTHORIZED);
}

#[tokio::test]
async fn an_address_of_nothing_leads_nowhere_else() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    for path in [
        "//attacker.example/",
        "/e/payments/../../attacker",
        "/e/other/3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
        "/e/payments/3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0002",
        "/e/%3Cscript%3E/3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
    ] {
        let reply = desk.get(path, &cookie).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}");
        assert!(!reply.headers.contains_key("location") && !reply.text.contains("attacker"));
    }
    let out = desk.post("/sign-out?next=https://attacker.example/", &cookie, &json!({})).await;
    assert_eq!(
        (out.status, &out.headers["location"]),
        (StatusCode::SEE_OTHER, &"/".parse().unwrap())
    );
}
