//! Reads saved output of the AWS CLI, `list-pipeline-executions` and `list-action-executions`.
//! Which of the two a file holds follows from its content.
//!
//! Unknown members are ignored, so AWS can add some. A missing member becomes `None`. But an entry
//! without the id of its execution is an error, because it could belong to any.

use serde::Deserialize;

use super::history::History;
use super::shape::{ActionDetail, ExecutionSummary};

/// Why a file cannot be used as output of the AWS CLI.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The JSON is broken, or a member has the wrong type.
    #[error("it is not JSON as the AWS CLI prints it (at `{place}`); save it with `--output json`")]
    Json {
        /// The path of the member.
        place: String,
        /// What is wrong there.
        source: serde_json::Error,
    },
    /// It is the output of another command.
    #[error(
        "it holds neither `pipelineExecutionSummaries` nor `actionExecutionDetails`; save what \
         `aws codepipeline list-pipeline-executions` and `list-action-executions` print"
    )]
    UnknownList,
    /// The list goes on.
    #[error(
        "it ends with a `nextToken`, so it is only the first part of a list; \
         save it without `--max-items` and `--no-paginate`"
    )]
    Cut,
    /// An entry does not say which execution it belongs to.
    #[error(
        "`{list}[{index}]` has no `pipelineExecutionId`, so it could belong to any execution; \
         save the list again"
    )]
    NoExecution {
        /// The member that holds the list.
        list: &'static str,
        /// The position of the entry, from 0.
        index: usize,
    },
}

impl SavedError {
    /// Tracking the place slows reading down, so a file is read with it only after an error.
    fn at_its_place(json: &[u8], error: serde_json::Error) -> Self {
        let deserializer = &mut serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, File>(deserializer) {
            Err(placed) => {
                Self::Json { place: placed.path().to_string(), source: placed.into_inner() }
            }
            Ok(_) => Self::Json { place: ".".to_owned(), source: error },
        }
    }
}

/// Adds the content of one file to a history.
///
/// # Errors
/// [`SavedError`] if it is not the whole output of one of the two commands.
pub fn read(json: &[u8], history: &mut History) -> Result<(), SavedError> {
    let file: File =
        serde_json::from_slice(json).map_err(|error| SavedError::at_its_place(json, error))?;
    if file.executions.is_none() && file.actions.is_none() {
        return Err(SavedError::UnknownList);
    }
    if file.next_token.is_some() {
        return Err(SavedError::Cut);
    }
    for (index, summary) in file.executions.into_iter().flatten().enumerate() {
        let list = "pipelineExecutionSummaries";
        history
            .executions
            .push(summary.into_execution().ok_or(SavedError::NoExecution { list, index })?);
    }
    for (index, mut detail) in file.actions.into_iter().flatten().enumerate() {
        let list = "actionExecutionDetails";
        let id = detail.pipeline_execution_id.take();
        let id = id.ok_or(SavedError::NoExecution { list, index })?;
        history.actions.push(detail.into_action(id));
    }
    Ok(())
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "pipelineExecutionSummaries")]
    executions: Option<Vec<ExecutionSummary>>,
    #[serde(rename = "actionExecutionDetails")]
    actions: Option<Vec<ActionDetail>>,
    /// The AWS CLI adds `NextToken` after `--max-items`. `nextToken` is the service's, printed with
    /// `--no-paginate`.
    #[serde(rename = "nextToken", alias = "NextToken")]
    next_token: Option<String>,
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;

    fn started(time: &str) -> Timestamp {
        let json = format!(
            r#"{{"pipelineExecutionSummaries": [{{"pipelineExecutionId": "e", "startTime": {time}}}]}}"#
        );
        let mut history = History::default();
        read(json.as_bytes(), &mut history).unwrap();
        history.executions.pop().unwrap().started.unwrap()
    }

    #[test]
    fn a_time_may_be_iso_8601_or_seconds() {
        let expected: Timestamp = "2026-01-02T03:04:05.123Z".parse().unwrap();
        for time in [
            r#""2026-01-02T03:04:05.123000+00:00""#,
            r#""2026-01-02T05:04:05.123000+02:00""#,
            r#""2026-01-02T03:04:05.123Z""#,
            "1767323045.123",
        ] {
            assert_eq!(started(time), expected, "{time}");
        }
        assert_eq!(started("1767323045"), "2026-01-02T03:04:05Z".parse().unwrap());
    }

    #[test]
    fn another_file_is_refused_with_the_reason() {
        let refused = |json: &str| {
            let error = read(json.as_bytes(), &mut History::default()).unwrap_err();
            let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
            format!("{error}{}", source.unwrap_or_default())
        };
        for (json, reason) in [
            ("", "not JSON"),
            ("[]", "not JSON"),
            ("{}", "holds neither"),
            (r#"{"actionExecutionDetails": []} x"#, "not JSON"),
            (r#"{"actionExecutionDetails": [], "nextToken": "t"}"#, "first part"),
            (r#"{"actionExecutionDetails": [], "NextToken": "t"}"#, "first part"),
            (
                r#"{"actionExecutionDetails": [{}]}"#,
                "`actionExecutionDetails[0]` has no `pipelineExecutionId`",
            ),
            (r#"{"pipelineExecutionSummaries": [{}]}"#, "`pipelineExecutionSummaries[0]` has no"),
            (
                r#"{"pipelineExecutionSummaries": [{"startTime": "yesterday"}]}"#,
                "(at `pipelineExecutionSummaries[0].startTime`)",
            ),
            (r#"{"pipelineExecutionSummaries": [{"startTime": 1e300}]}"#, "startTime"),
        ] {
            let error = refused(json);
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
