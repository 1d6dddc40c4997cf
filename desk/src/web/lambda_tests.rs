//! Events through a router.

use axum::http::header;
use axum::routing::{get, post};
use serde_json::{Value, json};

use super::*;

/// What AWS's documentation shows (AWS Lambda Developer Guide, "Invoking Lambda function URLs"),
/// with this method, path, query and body.
const URL: &str = include_str!("lambda/url_event.json");
/// What AWS's documentation shows (Application Load Balancers, "Use Lambda functions as targets").
const LOAD_BALANCER: &str = include_str!("lambda/load_balancer_event.json");

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
    asked_by(URL, changes).await
}

async fn asked_by(event: &str, changes: &Value) -> Value {
    let mut event: Value = serde_json::from_str(event).unwrap();
    json_patch(&mut event, changes);
    let event = serde_json::from_value(event).unwrap();
    let shown = |request: Request<Body>| async {
        let (parts, body) = request.into_parts();
        let body = to_bytes(body, url::LIMIT).await.unwrap();
        let header = |name: &str| values(&parts.headers, &name.parse().unwrap());
        let told = json!({
            "method": parts.method.as_str(),
            "address": parts.uri.to_string(),
            "host": header("host"),
            "cookie": header("cookie"),
            "body": String::from_utf8_lossy(&body),
            "isByLoadBalancer": parts.extensions.get::<ByLoadBalancer>().is_some(),
        });
        let cookies = [(header::SET_COOKIE, "a=1; Path=/"), (header::SET_COOKIE, "b=2")];
        let cookies = axum::response::AppendHeaders(cookies);
        (cookies, [(header::CONTENT_TYPE, "application/json")], told.to_string())
    };
    let router = Router::new()
        .route("/my/path", get(shown).post(shown))
        .route("/bytes", get(|| async { vec![0xff, 0x00] }))
        .route("/large", get(|| async { "x".repeat(load_balancer::LIMIT + 1) }))
        .route("/", post(|| async {}));
    serde_json::to_value(answer(router, event).await.unwrap()).unwrap()
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
            "isByLoadBalancer": false,
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
    for changes in [
        json!({"queryStringParameters": {"<": ""}}),
        json!({"path": "/a b"}),
        json!({"headers": {"a": "b\nc: d"}}),
        json!({"multiValueHeaders": {"a": ["b\nc: d"]}}),
        json!({"body": "*", "isBase64Encoded": true}),
        json!({"httpMethod": "A B"}),
    ] {
        let status = asked_by(LOAD_BALANCER, &changes).await["statusCode"].clone();
        assert_eq!(status, 400, "{changes}");
    }
}

#[tokio::test]
async fn a_load_balancers_event_is_a_request_and_the_reply_is_of_its_form() {
    let path = json!({"path": "/my/path", "queryStringParameters": {"a%20b": "1%2f2", "c": ""}});
    let reply = asked_by(LOAD_BALANCER, &path).await;
    assert_eq!(
        (&reply["statusCode"], &reply["statusDescription"]),
        (&json!(200), &json!("200 OK"))
    );
    assert_eq!(reply["headers"]["content-type"], "application/json");
    assert_eq!(reply["headers"]["set-cookie"], "b=2");
    assert_eq!(reply.get("multiValueHeaders"), None);
    let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    assert_eq!(
        told,
        json!({
            "method": "GET",
            "address": "/my/path?a%20b=1%2f2&c=",
            "host": ["lambda-846800462-us-east-2.elb.amazonaws.com"],
            "cookie": ["cookies"],
            "body": "request_body",
            "isByLoadBalancer": true,
        })
    );

    let lists = json!({
        "path": "/my/path",
        "queryStringParameters": null,
        "multiValueQueryStringParameters": {"a": ["1", "2"]},
        "headers": null,
        "multiValueHeaders": {"host": ["one", "two"], "cookie": ["a=1", "b=2"]},
    });
    let reply = asked_by(LOAD_BALANCER, &lists).await;
    assert_eq!(reply["multiValueHeaders"]["set-cookie"], json!(["a=1; Path=/", "b=2"]));
    assert_eq!(reply.get("headers"), None);
    let told: Value = serde_json::from_str(reply["body"].as_str().unwrap()).unwrap();
    assert_eq!(told["address"], "/my/path?a=1&a=2");
    assert_eq!((&told["host"], &told["cookie"]), (&json!(["one", "two"]), &json!(["a=1", "b=2"])));
}

#[tokio::test]
async fn a_reply_that_a_load_balancer_would_drop_is_an_error() {
    let large = json!({"path": "/large"});
    let reply = asked_by(LOAD_BALANCER, &large).await;
    assert_eq!(reply["statusDescription"], "500 Internal Server Error");
    let get = json!({"rawPath": "/large", "requestContext": {"http": {"method": "GET"}}});
    assert_eq!(asked(&get).await["statusCode"], 200);
}

#[test]
fn an_event_of_another_kind_is_refused() {
    let gateway = json!({"httpMethod": "GET", "path": "/", "requestContext": {"stage": "prod"}});
    for other in [json!({}), json!({"CodePipeline.job": {"id": "1"}}), json!("text"), gateway] {
        assert!(serde_json::from_value::<Event>(other.clone()).is_err(), "{other}");
    }
}
