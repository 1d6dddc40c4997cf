//! Events of an Application Load Balancer. Its target group says whether headers and queries are
//! lists (`lambda.multi_value_headers.enabled`), and the reply has to be of the same form.
//!
//! <https://docs.aws.amazon.com/elasticloadbalancing/latest/application/lambda-functions.html>

use std::collections::BTreeMap;

use serde::de::IgnoredAny;
use serde::{Deserialize, Serialize};

use super::{Asked, Replied, values};

/// The greatest reply, by the same page.
pub(super) const LIMIT: usize = 1024 * 1024;

/// By their names: each once, or as often as they came.
type Once = BTreeMap<String, String>;
type Lists = BTreeMap<String, Vec<String>>;

/// A request. Not `Debug`, because it has cookies.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Event {
    #[serde(rename = "requestContext")]
    _context: Context,
    http_method: String,
    path: String,
    /// Escaped as the client wrote it.
    query_string_parameters: Option<Once>,
    multi_value_query_string_parameters: Option<Lists>,
    headers: Option<Once>,
    multi_value_headers: Option<Lists>,
    body: Option<String>,
    #[serde(default)]
    is_base64_encoded: bool,
}

/// Only events of load balancers have it.
#[derive(Deserialize)]
struct Context {
    #[serde(rename = "elb")]
    _elb: IgnoredAny,
}

impl Event {
    pub(super) fn has_lists(&self) -> bool {
        self.multi_value_headers.is_some()
    }
}

fn pairs(once: Option<Once>, lists: Option<Lists>) -> Vec<(String, String)> {
    let lists = lists.unwrap_or_default().into_iter();
    let lists =
        lists.flat_map(|(name, values)| values.into_iter().map(move |value| (name.clone(), value)));
    once.unwrap_or_default().into_iter().chain(lists).collect()
}

impl From<Event> for Asked {
    fn from(event: Event) -> Self {
        let query = pairs(event.query_string_parameters, event.multi_value_query_string_parameters);
        let query: Vec<String> =
            query.iter().map(|(name, value)| format!("{name}={value}")).collect();
        Self {
            method: event.http_method,
            path: event.path,
            query: query.join("&"),
            headers: pairs(event.headers, event.multi_value_headers),
            body: event.body,
            is_base64_encoded: event.is_base64_encoded,
        }
    }
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Reply {
    status_code: u16,
    /// The code and the reason, with one space between.
    status_description: String,
    #[serde(skip_serializing_if = "Option::is_none")]
    headers: Option<Once>,
    #[serde(skip_serializing_if = "Option::is_none")]
    multi_value_headers: Option<Lists>,
    body: String,
    is_base64_encoded: bool,
}

impl Reply {
    /// Without lists, of a header that occurs twice the last one is kept, as of a request.
    pub(super) fn of(replied: Replied, has_lists: bool) -> Self {
        let names = replied.headers.keys();
        let lists = names.map(|name| (name.to_string(), values(&replied.headers, name)));
        let (headers, multi_value_headers) = if has_lists {
            (None, Some(lists.collect()))
        } else {
            let last = |(name, mut values): (_, Vec<String>)| Some((name, values.pop()?));
            (Some(lists.filter_map(last).collect()), None)
        };
        Self {
            status_code: replied.status.as_u16(),
            status_description: replied.status.to_string(),
            headers,
            multi_value_headers,
            body: replied.body,
            is_base64_encoded: replied.is_base64_encoded,
        }
    }
}
