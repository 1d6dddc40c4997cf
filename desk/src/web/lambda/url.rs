//! Events of a function URL. An HTTP API of API Gateway, which can have a domain of your own, sends
//! the same.
//!
//! <https://docs.aws.amazon.com/lambda/latest/dg/urls-invocation.html#urls-payloads>

use std::collections::BTreeMap;

use axum::http::{HeaderName, header};
use serde::{Deserialize, Serialize};

use super::{Asked, Replied, values};

/// The greatest reply (AWS Lambda Developer Guide, "Lambda quotas").
pub(super) const LIMIT: usize = 6 * 1024 * 1024;

/// A request. Not `Debug`, because it has cookies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    raw_path: String,
    #[serde(default)]
    raw_query_string: String,
    #[serde(default)]
    headers: BTreeMap<String, String>,
    /// They are not among the headers.
    #[serde(default)]
    cookies: Vec<String>,
    request_context: Context,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

#[derive(Deserialize)]
struct Context {
    http: Http,
}

#[derive(Deserialize)]
struct Http {
    method: String,
}

impl From<Event> for Asked {
    fn from(event: Event) -> Self {
        let mut headers: Vec<(String, String)> = event.headers.into_iter().collect();
        if !event.cookies.is_empty() {
            headers.push((header::COOKIE.to_string(), event.cookies.join("; ")));
        }
        Self {
            method: event.request_context.http.method,
            path: event.raw_path,
            query: event.raw_query_string,
            headers,
            body: event.body,
            is_base64_encoded: event.is_base64_encoded,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    status_code: u16,
    headers: BTreeMap<String, String>,
    cookies: Vec<String>,
    body: String,
    is_base64_encoded: bool,
}

impl From<Replied> for Reply {
    fn from(replied: Replied) -> Self {
        let names = replied.headers.keys().filter(|name| *name != header::SET_COOKIE);
        let joined =
            |name: &HeaderName| (name.to_string(), values(&replied.headers, name).join(", "));
        Self {
            status_code: replied.status.as_u16(),
            headers: names.map(joined).collect(),
            cookies: values(&replied.headers, &header::SET_COOKIE),
            body: replied.body,
            is_base64_encoded: replied.is_base64_encoded,
        }
    }
}
