//! The forms in which CloudTrail's events are handed over.
//!
//! The log of a trail, what the AWS CLI prints, what CloudWatch Logs and EventBridge make of an
//! event, the console's event record; one of them, a list of them, or one a line.

use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{EVENTS, Event, EventError, read_event};

/// How deep forms are looked for inside forms.
const DEEPEST: usize = 4;

/// Reads the events that matter in a file of any of these forms.
///
/// # Errors
/// [`EventError`] if it has another form, is only a part of a list, or has such an event that
/// cannot be read.
pub fn read(json: &[u8]) -> Result<Vec<Event>, EventError> {
    let mut events = Vec::new();
    let values = serde_json::Deserializer::from_slice(json).into_iter::<&RawValue>();
    let mut is_empty = true;
    for value in values {
        is_empty = false;
        take(value.map_err(EventError::Json)?.get(), DEEPEST, &mut events)?;
    }
    if is_empty {
        return Err(EventError::Form);
    }
    Ok(events)
}

/// An object of one of the forms. What stands in it is only taken apart where it may hold an event
/// that matters.
#[derive(Deserialize)]
struct Form<'a> {
    /// The log of a trail.
    #[serde(rename = "Records", borrow)]
    records: Option<Vec<&'a RawValue>>,
    /// What `aws cloudtrail lookup-events` prints, and what is in that list.
    #[serde(rename = "Events", borrow)]
    looked_up: Option<Vec<&'a RawValue>>,
    #[serde(rename = "CloudTrailEvent")]
    event: Option<String>,
    /// What `aws logs filter-log-events` prints, and what is in that list.
    #[serde(borrow)]
    events: Option<Vec<&'a RawValue>>,
    message: Option<String>,
    /// An event of EventBridge, in which CloudTrail's is the detail.
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

fn take(json: &str, depth: usize, events: &mut Vec<Event>) -> Result<(), EventError> {
    let Some(depth) = depth.checked_sub(1) else {
        return Err(EventError::Form);
    };
    if json.starts_with('[') {
        let list: Vec<&RawValue> = serde_json::from_str(json).map_err(EventError::Json)?;
        return take_all(&list, depth, events);
    }
    if !json.starts_with('{') {
        return Err(EventError::Form);
    }
    let form: Form<'_> = serde_json::from_str(json).map_err(EventError::Json)?;
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

/// Whether a text may hold an event that matters. Most events of a whole trail do not, and are not
/// parsed.
fn matters(text: &str) -> bool {
    EVENTS.iter().any(|name| text.contains(name))
}
