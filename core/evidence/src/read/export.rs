//! Reads exported CloudTrail events: the log of a trail, the output of the AWS CLI, the events of
//! CloudWatch Logs and EventBridge, and the console's event record. A file may hold one of them, a
//! list, or one per line.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{EVENTS, Event, EventError, read_event};

/// How many of these forms may be nested.
const DEEPEST: usize = 4;

/// Reads the approvals and session starts in a file of any of these forms.
///
/// # Errors
/// [`EventError`] if the file has another form, is only the first part of a list, or holds such an
/// event that cannot be read.
pub fn read(json: &[u8]) -> Result<Vec<Event>, EventError> {
    let mut events = Vec::new();
    let values = serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>();
    let mut is_empty = true;
    for value in values {
        is_empty = false;
        take(value.map_err(not_json)?.get(), DEEPEST, &mut events)?;
    }
    if is_empty {
        return Err(EventError::Form);
    }
    Ok(events)
}

/// An object of any of the forms. Its parts stay raw until they are known to be of interest.
#[derive(Deserialize)]
struct Form<'a> {
    /// The log of a trail.
    #[serde(rename = "Records", borrow)]
    records: Option<Vec<&'a RawValue>>,
    /// The output of `aws cloudtrail lookup-events`, and an entry of that list.
    #[serde(rename = "Events", borrow)]
    looked_up: Option<Vec<&'a RawValue>>,
    #[serde(rename = "CloudTrailEvent")]
    event: Option<String>,
    /// The output of `aws logs filter-log-events`, and an entry of that list.
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    message: Option<String>,
    /// An event of EventBridge, whose detail is the event of CloudTrail.
    #[serde(rename = "detail-type")]
    detail_type: Option<String>,
    #[serde(borrow)]
    detail: Option<&'a RawValue>,
    /// An event itself.
    #[serde(rename = "eventName")]
    event_name: Option<String>,
    #[serde(rename = "NextToken", alias = "nextToken")]
    next_token: Option<String>,
}

fn not_json(error: serde_json::Error) -> EventError {
    EventError::Json(error.into())
}

fn take(json: &str, depth: usize, events: &mut Vec<Event>) -> Result<(), EventError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(EventError::Form);
    };
    if json.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(json).map_err(not_json)?;
        return take_all(&list, depth, events);
    }
    if !json.starts_with('{') {
        return Err(EventError::Form);
    }
    let form: Form<'_> = serde_json::from_str(json).map_err(not_json)?;
    if form.next_token.is_some() {
        return Err(EventError::Cut);
    }
    if form.event_name.is_some() {
        events.extend(read_event(json)?);
        return Ok(());
    }
    let lists = [form.records, form.looked_up, form.events];
    let texts = [form.event, form.message];
    let detail = form.detail.filter(|_| form.detail_type.is_some());
    if lists.iter().all(Option::is_none) && texts.iter().all(Option::is_none) && detail.is_none() {
        return Err(EventError::Form);
    }
    for list in lists.iter().flatten() {
        take_all(list, depth, events)?;
    }
    for text in texts.iter().flatten().filter(|text| matters(text)) {
        take(text.trim(), depth, events)?;
    }
    detail.map_or(Ok(()), |detail| take(detail.get(), depth, events))
}

fn take_all(list: &[&RawValue], depth: usize, events: &mut Vec<Event>) -> Result<(), EventError> {
    list.iter()
        .filter(|item| matters(item.get()))
        .try_for_each(|item| take(item.get(), depth, events))
}

/// Whether a text may hold an approval or a session start. Most events of a trail do not, and
/// parsing them would take most of the time.
fn matters(text: &str) -> bool {
    EVENTS.iter().any(|name| text.contains(name))
}
