//! The gate's log. Each invocation writes what it saw of AWS in a line like
//! `{"facts": {"getJobDetails": {…}, "ownRunBy": "id"}}`.
//!
//! The file may be the output of `aws logs filter-log-events`, as JSON or text, or raw log lines.

use serde::Deserialize;

/// Why a file is not the gate's log.
#[derive(Debug, thiserror::Error)]
pub enum LogError {
    /// No line holds facts.
    #[error(
        "it has no line of the gate that begins with {{\"facts\":; save what \
         `aws logs filter-log-events --log-group-name /aws/lambda/FUNCTION --filter-pattern facts` prints"
    )]
    NoLine,
}

/// What one invocation of the gate saw.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub struct LogLine {
    pub(super) get_job_details: Option<Details>,
    pub(super) own_run_by: Option<Found>,
}

/// Which members GetJobDetails returned.
#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Details {
    pub(super) pipeline_execution_id: bool,
    pub(super) action_name: bool,
    pub(super) action_execution_id: bool,
    pub(super) function_name: bool,
    pub(super) user_parameters: Parameters,
}

/// What GetJobDetails returned as UserParameters.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Parameters {
    None,
    /// The same text as in the event.
    Event,
    /// A text with an unresolved variable.
    Variable,
    Other,
}

/// How the gate found its own run in the history.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) enum Found {
    Id,
    Place,
}

/// Returns the facts lines of a log.
///
/// # Errors
/// [`LogError`] if there are not any.
pub fn read(text: &str) -> Result<Vec<LogLine>, LogError> {
    #[derive(Deserialize)]
    struct Printed {
        events: Vec<Event>,
    }
    #[derive(Deserialize)]
    struct Event {
        message: String,
    }
    let lines: Vec<LogLine> = match serde_json::from_str::<Printed>(text) {
        Ok(printed) => printed.events.iter().filter_map(|event| line(&event.message)).collect(),
        Err(_) => text.lines().filter_map(line).collect(),
    };
    if lines.is_empty() {
        return Err(LogError::NoLine);
    }
    Ok(lines)
}

/// The facts in a line. A log group and a time may come first.
fn line(text: &str) -> Option<LogLine> {
    #[derive(Deserialize)]
    struct Facts {
        facts: LogLine,
    }
    let start = text.find("{\"facts\"").or_else(|| text.find('{'))?;
    let mut values = serde_json::Deserializer::from_str(text.get(start..)?).into_iter::<Facts>();
    Some(values.next()?.ok()?.facts)
}

#[cfg(test)]
mod tests {
    use super::*;

    const LINE: &str = r#"{"facts":{"getJobDetails":{"pipelineExecutionId":true,"actionName":true,"actionExecutionId":true,"functionName":true,"userParameters":"event"},"ownRunBy":"id"}}"#;

    #[test]
    fn raw_lines_and_both_printed_forms_are_read() {
        let printed = serde_json::json!({
            "events": [
                {"logStreamName": "s", "timestamp": 1, "message": format!("{LINE}\n"), "eventId": "1"},
                {"logStreamName": "s", "timestamp": 1, "message": "START RequestId: facts\n", "eventId": "2"},
            ],
            "searchedLogStreams": [],
        });
        for text in [
            LINE.to_owned(),
            format!("START facts\n{LINE}\nEND\n"),
            format!("EVENTS\t3912\t1790625214874\t{LINE}\ts\t1790625214874\n"),
            format!("2026-09-28T20:53:19 2026/09/28/[$LATEST]0 {LINE}"),
            printed.to_string(),
            serde_json::to_string_pretty(&printed).unwrap(),
        ] {
            let lines = read(&text).unwrap();
            assert_eq!(lines.len(), 1, "{text}");
            assert_eq!(lines[0].own_run_by, Some(Found::Id), "{text}");
        }
        let early = read("{\"facts\":{}}").unwrap();
        assert_eq!(early[0].get_job_details, None);
    }

    #[test]
    fn a_text_without_facts_is_refused() {
        for text in ["", "{}", "{\"events\": []}", "facts", "{\"facts\": 7}", "{\"facts\""] {
            assert!(read(text).is_err(), "{text}");
        }
    }
}
