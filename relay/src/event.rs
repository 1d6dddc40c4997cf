//! What the function is invoked with.

use std::io::Read as _;

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use flate2::read::GzDecoder;
use names::Object;
use serde::Deserialize;
use serde_json::value::RawValue;

/// The most that the lines of one event may take when they are unpacked, in bytes. CloudWatch Logs
/// sends less than a tenth of it.
const UNPACKED_LIMIT: u64 = 64 << 20;

/// An event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Event {
    /// A request: what the door's state machine sends.
    Request(String),
    /// Records of SNS: a request each.
    Records(Vec<String>),
    /// Lines of a log.
    Lines(Lines),
}

/// Lines of one stream of a log, in their order.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Lines {
    /// The name of the stream.
    pub(crate) stream: String,
    /// The lines.
    pub(crate) events: Vec<LogEvent>,
}

/// One line of a log.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
pub(crate) struct LogEvent {
    /// Its id, unique in CloudWatch Logs.
    pub(crate) id: String,
    /// The text.
    pub(crate) message: String,
}

/// Why an event cannot be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum EventError {
    #[error("the records of the event are not those of SNS: {0}")]
    Records(String),
    #[error("the lines of the event cannot be read: {0}")]
    Lines(String),
}

#[derive(Deserialize)]
struct OfLogs {
    awslogs: Object<Packed>,
}

/// Base64 of gzip of JSON (Lambda Developer Guide, "Using Lambda with CloudWatch Logs").
#[derive(Deserialize)]
struct Packed {
    data: String,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Unpacked {
    message_type: String,
    #[serde(default)]
    log_stream: String,
    #[serde(default)]
    log_events: Vec<Object<LogEvent>>,
}

/// (SNS Developer Guide, "Fanout to Lambda functions".)
#[derive(Deserialize)]
struct OfSns {
    #[serde(rename = "Records")]
    records: Vec<Object<Record>>,
}

#[derive(Deserialize)]
struct Record {
    #[serde(rename = "Sns")]
    sns: Object<Message>,
}

#[derive(Deserialize)]
struct Message {
    #[serde(rename = "Message")]
    message: String,
}

/// Which member decides what an event is.
#[derive(Deserialize)]
struct Kind {
    awslogs: Option<serde::de::IgnoredAny>,
    #[serde(rename = "Records")]
    records: Option<serde::de::IgnoredAny>,
}

impl Event {
    /// Reads an event. A request is not looked at yet.
    pub(crate) fn parse(json: &RawValue) -> Result<Self, EventError> {
        let json = json.get();
        match serde_json::from_str(json) {
            Ok(Object(Kind { awslogs: Some(_), records: None })) => {
                Lines::parse(json).map(Self::Lines)
            }
            Ok(Object(Kind { awslogs: None, records: Some(_) })) => {
                let read: Result<OfSns, _> = serde_json::from_str(json);
                let of_sns = read.map_err(|error| EventError::Records(error.to_string()))?;
                let records = of_sns.records.into_iter();
                let records = records.map(|Object(Record { sns: Object(sns) })| sns.message);
                Ok(Self::Records(records.collect()))
            }
            Ok(Object(Kind { .. })) | Err(_) => Ok(Self::Request(json.to_owned())),
        }
    }
}

impl Lines {
    fn parse(json: &str) -> Result<Self, EventError> {
        let wrong = |problem: &dyn std::fmt::Display| EventError::Lines(problem.to_string());
        let OfLogs { awslogs: Object(packed) } =
            serde_json::from_str(json).map_err(|error| wrong(&error))?;
        let packed = STANDARD.decode(packed.data).map_err(|error| wrong(&error))?;
        let mut unpacked = String::new();
        let mut limited = GzDecoder::new(&*packed).take(UNPACKED_LIMIT);
        limited.read_to_string(&mut unpacked).map_err(|error| wrong(&error))?;
        let Object(unpacked): Object<Unpacked> =
            serde_json::from_str(&unpacked).map_err(|error| wrong(&error))?;
        let Unpacked { message_type, log_stream, log_events } = unpacked;
        // CloudWatch Logs tries a new subscription with a `CONTROL_MESSAGE`.
        match message_type.as_str() {
            "DATA_MESSAGE" => {
                let events = log_events.into_iter().map(|Object(event)| event).collect();
                Ok(Self { stream: log_stream, events })
            }
            _ => Ok(Self::default()),
        }
    }
}

#[cfg(test)]
mod tests {
    use std::io::Write as _;

    use flate2::Compression;
    use flate2::write::GzEncoder;
    use serde_json::{Value, json};

    use super::*;

    fn parse(event: &Value) -> Result<Event, EventError> {
        Event::parse(&serde_json::value::to_raw_value(event).unwrap())
    }

    fn packed(document: &[u8]) -> Value {
        let mut packer = GzEncoder::new(Vec::new(), Compression::fast());
        packer.write_all(document).unwrap();
        json!({"awslogs": {"data": STANDARD.encode(packer.finish().unwrap())}})
    }

    #[test]
    fn each_kind_of_event_is_told_from_the_others() {
        let request = json!({"pipeline": "payments", "executionId": "x"});
        assert_eq!(parse(&request), Ok(Event::Request(request.to_string())));
        let records = json!({"Records": [
            {"EventSource": "aws:sns", "Sns": {"MessageId": "1", "Message": "{}"}},
            {"EventSource": "aws:sns", "Sns": {"MessageId": "2", "Message": "nonsense"}},
        ]});
        let messages = ["{}", "nonsense"].map(str::to_owned);
        assert_eq!(parse(&records), Ok(Event::Records(messages.to_vec())));
        let lines = json!({
            "messageType": "DATA_MESSAGE",
            "owner": "111122223333",
            "logGroup": "/ecs/release",
            "logStream": "release/deploy/1",
            "subscriptionFilters": ["relay"],
            "logEvents": [{"id": "3", "timestamp": 1, "message": "hello"}],
        });
        let event = LogEvent { id: "3".to_owned(), message: "hello".to_owned() };
        assert_eq!(
            parse(&packed(lines.to_string().as_bytes())),
            Ok(Event::Lines(Lines { stream: "release/deploy/1".to_owned(), events: vec![event] }))
        );
        let control = json!({"messageType": "CONTROL_MESSAGE", "logEvents": [
            {"id": "", "timestamp": 1, "message": "CWL CONTROL MESSAGE"}
        ]});
        assert_eq!(
            parse(&packed(control.to_string().as_bytes())),
            Ok(Event::Lines(Lines::default()))
        );
    }

    #[test]
    fn what_cannot_be_read_is_an_error_in_words() {
        for (event, told) in [
            (json!({"awslogs": {"data": "%"}}), "the lines of the event cannot be read"),
            (json!({"awslogs": {"data": "AAAA"}}), "the lines of the event cannot be read"),
            (json!({"awslogs": {}}), "missing field `data`"),
            (packed(b"{}"), "missing field `messageType`"),
            (packed(b"\xff"), "UTF-8"),
            (packed(br#"["DATA_MESSAGE", "stream", []]"#), "expected an object"),
            (
                packed(br#"{"messageType": "DATA_MESSAGE", "logEvents": [["1", "hello"]]}"#),
                "expected an object",
            ),
            (json!({"awslogs": ["AAAA"]}), "expected an object"),
            (json!({"Records": [[["{}"]]]}), "expected an object"),
            (json!({"Records": [{"Sns": ["{}"]}]}), "expected an object"),
            (json!({"Records": [{"s3": {}}]}), "not those of SNS"),
        ] {
            let error = parse(&event).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
        // Neither one nor the other: as a request, it is refused.
        let both = json!({"awslogs": {"data": ""}, "Records": []});
        assert!(matches!(parse(&both), Ok(Event::Request(_))));
    }
}
