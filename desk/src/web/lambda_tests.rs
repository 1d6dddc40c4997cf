//! Events of a function URL through a router.

use axum::routing::{get, post};
use serde_json::{Value, json};

use super::*;

/// What AWS's documentation shows (AWS Lambda Developer Guide, "Invoking Lambda function URLs"),
/// with this method, path, query and body.
fn event(changes: &Value) -> Event {
    let mut event: Value = serde_json::from_str(include_str!("lambda_event.json")).unwrap();
    json_patch(&mut event, changes);
    serde_json::from_value(event).unwrap()
}

fn json_patch(event: &mut Value, changes: &Value) {
    match (event, changes) {
        (Value::Object(event), Value::Object(changes)) => {
            for (name, change) in changes {
                json_patch(event.entry(name).or_insert(Value::Null), change);
            }
        }
        (event, change) => *event = change.clone(),
    }
}

async fn asked(changes: &Value) -> Value {
    let shown = |request: Request<Body>| async {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, REPLY).await.unwrap();
        let header = |name: &str| values(&parts.headers, &name.parse().unwrap());
        let told = json!({
            "method": parts.method.as_str(),
            "address": parts.uri.to_string(),
            "host": header("host"),
            "cookie": header("cookie"),
            "body": String::from_utf8_lossy(&body),
        });
        let cookies = [(header::SET_COOKIE, "a=1; Path=/"), (header::SET_COOKIE, "b=2")];
        let cookies = axum::response::AppendHeaders(cookies);
        (cookies, [(header::CONTENT_TYPE, "application/json")], told.to_string())
    };
    let router = Router::new()
        .route("/my/path", get(shown).post(shown))
        .route("/bytes", get(|| async { vec![0xff, 0x00] }))
        .route("/", post(|| async {}));
    serde_json::to_value(answer(router, event(changes)).await.unwrap()).unwrap()
}

#[tokio::test]
async fn a_function_urls_event_is_a_request_and_the_reply_is_what_it_expects() {
    let reply = asked(&json!({})).await;
    assert_eq!(reply["statusCode"], 200);
    assert_eq!(reply["cookies"], json!(["a=1; Path=/", "b=2"]));
    assert_eq!(reply["headers"]["content-type"], "application/json");
    assert_eq!(reply["headers"].get("set-cookie"), None);
    assert_eq!(reply["isBase64Encoded"], false);
    let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        told,
        json!({
            "method": "POST",
            "address": "/my/path?parameter1=value1&parameter1=value2&parameter2=value",
            "host": ["abcdefg.lambda-url.us-east-1.on.aws"],
            "cookie": ["cookie1=1; cookie2=2"],
            "body": "Hello from client!",
        })
    );
}

#[tokio::test]
async fn bodies_that_are_no_text_travel_in_base64() {
    let reply = asked(&json!({"body": "aMOk", "isBase64Encoded": true})).await;
    assert!(reply["body"].as_str().unwrap().contains("hä"), "{reply}");
    let get = json!({"rawPath": "/bytes", "requestContext": {"http": {"method": "GET"}}});
    let reply = asked(&get).await;
    assert_eq!((&reply["body"], &reply["isBase64Encoded"]), (&json!("/wA="), &json!(true)));
}

#[tokio::test]
async fn what_is_no_request_is_refused_and_does_not_end_the_process() {
    for changes in [
        json!({"rawQueryString": "<"}),
        json!({"rawPath": "/a b"}),
        json!({"rawPath": ""}),
        json!({"headers": {"a b": "c"}}),
        json!({"headers": {"a": "b\nc: d"}}),
        json!({"cookies": ["a\r\nb"]}),
        json!({"body": "*", "isBase64Encoded": true}),
        json!({"requestContext": {"http": {"method": "A B"}}}),
    ] {
        let status = asked(&changes).await["statusCode"].clone();
        assert!(status == 400 || status == 404, "{changes}: {status}");
    }
}

#[test]
fn an_event_of_another_kind_is_refused() {
    for other in [json!({}), json!({"CodePipeline.job": {"id": "1"}}), json!("text")] {
        assert!(serde_json::from_value::<Event>(other.clone()).is_err(), "{other}");
    }
}
