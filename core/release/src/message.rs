//! What comes back about a release.

use names::Object;
use serde::{Deserialize, Serialize};

use crate::request::Ticket;

/// One message of the feedback, or one line of a container's log.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Message {
    /// A line of output.
    Line(Line),
    /// The release has ended.
    End(End),
    /// A request was refused, and nothing was started.
    Refusal(Refusal),
}

/// A line that what was released has printed, or a part of one.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Line {
    /// `pipelineExecutionId` of the release.
    pub release: String,
    /// Its number, from 1. `None` if something other than `relay run` has written it.
    pub number: Option<u64>,
    /// The text, without the line break.
    pub text: String,
    /// Whether it goes on in the line with the next number.
    pub more: bool,
}

/// The end of a release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct End {
    /// `pipelineExecutionId` of the release.
    pub release: String,
    /// How many lines there are, if `relay run` says so. The state machine does not know.
    pub lines: Option<u64>,
    /// The exit code of the container. `None` if it has none, because it did not start.
    pub exit_code: Option<i32>,
    /// How it ended, in words.
    pub reason: Option<String>,
}

/// A refused request.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Refusal {
    /// What its sender called it.
    pub ticket: Option<Ticket>,
    /// Why, a sentence each.
    pub reasons: Vec<String>,
}

/// All members of all messages. Unknown ones are left out, so that a newer sender can add some.
#[derive(Default, Deserialize, Serialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    release: Option<String>,
    #[serde(skip_serializing_if = "Option::is_none")]
    line: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    text: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    more: bool,
    #[serde(default, skip_serializing_if = "is_false")]
    end: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    lines: Option<u64>,
    #[serde(skip_serializing_if = "Option::is_none")]
    exit_code: Option<i32>,
    #[serde(skip_serializing_if = "Option::is_none")]
    reason: Option<String>,
    #[serde(default, skip_serializing_if = "is_false")]
    refused: bool,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket>,
    #[serde(default, skip_serializing_if = "Vec::is_empty")]
    reasons: Vec<String>,
}

#[expect(clippy::trivially_copy_pass_by_ref, reason = "serde hands over a reference")]
fn is_false(flag: &bool) -> bool {
    !*flag
}

impl Message {
    /// Reads a message. Returns `None` if the text is not one.
    #[must_use]
    pub fn parse(json: &str) -> Option<Self> {
        let Object(written): Object<Written> = serde_json::from_str(json).ok()?;
        let Written { line, more, lines, exit_code, reason, ticket, reasons, .. } = written;
        // A line after it would have no number, and a reader in order would begin again.
        if line == Some(u64::MAX) {
            return None;
        }
        match (written.refused, written.end, written.release, written.text) {
            (true, false, _, None) => Some(Self::Refusal(Refusal { ticket, reasons })),
            (false, true, Some(release), None) => {
                Some(Self::End(End { release, lines, exit_code, reason }))
            }
            (false, false, Some(release), Some(text)) => {
                Some(Self::Line(Line { release, number: line, text, more }))
            }
            _ => None,
        }
    }

    /// The message as one line of JSON.
    ///
    /// # Errors
    /// Never for values of this type, but `serde_json` says that it may.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let none = Written::default();
        serde_json::to_string(&match self.clone() {
            Self::Line(Line { release, number, text, more }) => {
                Written { release: Some(release), line: number, text: Some(text), more, ..none }
            }
            Self::End(End { release, lines, exit_code, reason }) => {
                Written { release: Some(release), end: true, lines, exit_code, reason, ..none }
            }
            Self::Refusal(Refusal { ticket, reasons }) => {
                Written { refused: true, ticket, reasons, ..none }
            }
        })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_message_is_read_as_it_is_written() {
        for json in [
            r#"{"release":"x","line":17,"text":"a \"b\" é"}"#,
            r#"{"release":"x","line":18,"text":"","more":true}"#,
            r#"{"release":"x","text":"from somewhere else"}"#,
            r#"{"release":"x","end":true,"lines":17,"exitCode":3}"#,
            r#"{"release":"x","end":true,"exitCode":1,"reason":"the task did not start"}"#,
            r#"{"refused":true,"ticket":"t","reasons":["Too old."]}"#,
        ] {
            assert_eq!(Message::parse(json).expect(json).to_json().unwrap(), json);
        }
    }

    #[test]
    fn what_is_not_a_message_is_not_taken_for_one() {
        for text in [
            "",
            "deploying",
            "{}",
            "[]",
            r#"["x",1,"text"]"#,
            r#"{"text":"x"}"#,
            r#"{"release":"x"}"#,
            r#"{"release":"x","line":-1,"text":""}"#,
            r#"{"release":"x","end":true,"text":"y"}"#,
            r#"{"release":"x","end":true,"refused":true}"#,
            r#"{"release":"x","line":1,"line":2,"text":""}"#,
            r#"{"release":"x","line":18446744073709551615,"text":""}"#,
        ] {
            assert_eq!(Message::parse(text), None, "{text}");
        }
    }
}
