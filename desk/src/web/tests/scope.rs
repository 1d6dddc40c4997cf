//! A desk for some pipelines is a desk for no other.

use axum::http::StatusCode;
use jiff::{SignedDuration, Timestamp};
use serde_json::json;

use super::super::seal::Purpose;
use super::answers::wanted;
use super::fake::{EXECUTION, Fake};
use super::{Desk, ORIGIN};

#[tokio::test]
async fn a_pipeline_that_the_desk_does_not_show_is_neither_read_nor_answered_nor_started() {
    let rule = json!({"requireSignature": true});
    let desk = Desk::showing(Some("refunds*"), Fake::new(), ORIGIN, rule.clone());
    let cookie = desk.sign_in(&desk.alice).await;
    for path in [format!("/e/payments/{EXECUTION}"), "/p/payments".to_owned()] {
        let reply = desk.get(&path, &cookie).await;
        assert_eq!(reply.status, StatusCode::NOT_FOUND, "{path}: {reply:?}");
    }
    assert!(!desk.get("/", &cookie).await.text.contains("payments"));
    let asked = desk.post("/answer/ask", &cookie, &wanted("A")).await;
    assert_eq!(asked.status, StatusCode::NOT_FOUND, "{asked:?}");
    let start = desk.post("/start", &cookie, &json!({"pipeline": "payments", "ask": ""})).await;
    assert_eq!(start.status, StatusCode::BAD_REQUEST, "{start:?}");

    // The question of another desk with the same key, which does show it.
    let value = json!({
        "person": "alice", "key": desk.alice.public().id().to_string(), "nonce": vec![0; 16],
        "wanted": wanted("A"),
    });
    let until = Timestamp::now() + SignedDuration::from_mins(1);
    let seal = desk.web.seal.close(Purpose::Answer, value, until).unwrap();
    let signed = desk.alice.sign(&json!({"seal": seal, "challenge": "AAAA"}));
    let given = desk.post("/answer/give", &cookie, &signed).await;
    assert_eq!(given.status, StatusCode::NOT_FOUND, "{given:?}");
    assert!(desk.web.ports.world().given.is_empty());

    let desk = Desk::showing(Some("pay*"), Fake::new(), ORIGIN, rule);
    let cookie = desk.sign_in(&desk.alice).await;
    assert_eq!(desk.post("/answer/ask", &cookie, &wanted("A")).await.status, StatusCode::OK);
}
