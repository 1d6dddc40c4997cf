//! What the AWS CLI printed and somebody saved: `list-pipeline-executions` and
//! `list-action-executions`, told apart by their content.
//!
//! Members that AWS adds later are fine. What is missing becomes an `Option`; only an action
//! execution that does not say to which execution it belongs is an error, since it could belong to
//! any.

use serde::Deserialize;

use super::history::History;
use super::shape::{ActionDetail, ExecutionSummary};

/// Why a file is not what the AWS CLI prints.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    #[error(
        "it is not JSON of the form that the AWS CLI prints (at `{place}`); save it with `--output json`"
    )]
    Json { place: String, source: serde_json::Error },
    #[error(
        "it holds neither `pipelineExecutionSummaries` nor `actionExecutionDetails`; save what \
         `aws codepipeline list-pipeline-executions` and `list-action-executions` print"
    )]
    OfNoKind,
    #[error(
        "it ends with a `nextToken`, so it is only the first part of a list; save it without `--max-items` and `--no-paginate`"
    )]
    Cut,
    #[error(
        "`{list}[{index}]` lacks `pipelineExecutionId`, so nobody knows where it belongs; save the list again"
    )]
    NoExecution { list: &'static str, index: usize },
}

impl SavedError {
    /// Keeping track of the place takes time, so it is looked for only where there is an error.
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

/// Adds what one file holds to a history.
pub fn read(json: &[u8], history: &mut History) -> Result<(), SavedError> {
    let file: File =
        serde_json::from_slice(json).map_err(|error| SavedError::at_its_place(json, error))?;
    if file.executions.is_none() && file.actions.is_none() {
        return Err(SavedError::OfNoKind);
    }
    if file.next_token.is_some() {
        return Err(SavedError::Cut);
    }
    for (index, summary) in file.executions.into_iter().flatten().enumerate() {
        let list = "pipelineExecutionSummaries";
        history.executions.push(summary.read().ok_or(SavedError::NoExecution { list, index })?);
    }
    for (index, mut detail) in file.actions.into_iter().flatten().enumerate() {
        let list = "actionExecutionDetails";
        let id = detail.pipeline_execution_id.take();
        let id = id.ok_or(SavedError::NoExecution { list, index })?;
        history.actions.push(detail.read(id));
    }
    Ok(())
}

#[derive(Deserialize)]
struct File {
    #[serde(rename = "pipelineExecutionSummaries")]
    executions: Option<Vec<ExecutionSummary>>,
    #[serde(rename = "actionExecutionDetails")]
    actions: Option<Vec<ActionDetail>>,
    /// `NextToken` is the AWS CLI's own, after `--max-items`; `nextToken` is the service's, after
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
    fn both_ways_of_printing_a_time_mean_the_same() {
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
    fn what_is_not_such_a_list_is_refused_with_the_reason() {
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
                "`actionExecutionDetails[0]` lacks `pipelineExecutionId`",
            ),
            (r#"{"pipelineExecutionSummaries": [{}]}"#, "`pipelineExecutionSummaries[0]` lacks"),
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
