//! What the relay is invoked with.

#[path = "../../relay/src/event.rs"]
mod event;

use std::io::Write as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use event::Event;
use flate2::Compression;
use flate2::write::GzEncoder;
use release::Request;
use serde_json::value::RawValue;
use serde_json::{Value, json};

/// The input as an event, and as the lines of a log in one. A request is passed on as it is, and
/// what is read as lines are lines.
pub fn check(data: &[u8]) {
    let Ok(json) = serde_json::from_slice::<&RawValue>(data) else { return };
    match Event::parse(json) {
        Ok(Event::Request(text)) => {
            assert_eq!(text, json.get());
            let _ = Request::parse(&text);
        }
        Ok(Event::Records(messages)) => {
            for message in messages {
                let _ = Request::parse(&message);
            }
        }
        Ok(Event::Lines(_)) => {}
        Err(error) => assert!(!error.to_string().is_empty()),
    }
    let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
    if packer.write_all(data).is_err() {
        return;
    }
    let packed = STANDARD.encode(packer.finish().unwrap_or_default());
    let Ok(event) = serde_json::value::to_raw_value(&json!({"awslogs": {"data": packed}})) else {
        return;
    };
    // A number that is too large cannot be a value, even in a member that nobody reads.
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    if let Ok(Event::Lines(lines)) = Event::parse(&event) {
        let events = value.get("logEvents").and_then(Value::as_array).map_or(0, Vec::len);
        let is_data = value.get("messageType").is_some_and(|it| it == "DATA_MESSAGE");
        assert_eq!(lines.events.len(), if is_data { events } else { 0 });
    }
}
