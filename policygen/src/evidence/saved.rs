//! What the AWS CLI printed and somebody saved: `list-pipeline-executions` and `list-action-executions`, told apart by their content.
//!
//! Members that AWS adds later are fine. What is missing becomes an `Option`; only an action execution that does not say to which
//! execution it belongs is an error, since it could belong to any.

use std::collections::BTreeMap;
use std::fmt;

use jiff::Timestamp;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};

use super::history::{
    ActionError, ActionType, ExecutionStatus, History, PipelineExecution, RawAction, Revision, Trigger, to_millisecond,
};

/// Why a file is not what the AWS CLI prints.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SavedError {
    #[error("it is not JSON of the form that the AWS CLI prints (at `{place}`); save it with `--output json`")]
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
    #[error("`{list}[{index}]` lacks `pipelineExecutionId`, so nobody knows where it belongs; save the list again")]
    NoExecution { list: &'static str, index: usize },
}

impl SavedError {
    /// Keeping track of the place takes time, so it is looked for only where there is an error.
    fn at_its_place(json: &[u8], error: serde_json::Error) -> Self {
        let deserializer = &mut serde_json::Deserializer::from_slice(json);
        match serde_path_to_error::deserialize::<_, File>(deserializer) {
            Err(placed) => Self::Json {
                place: placed.path().to_string(),
                source: placed.into_inner(),
            },
            Ok(_) => Self::Json {
                place: ".".to_owned(),
                source: error,
            },
        }
    }
}

/// Adds what one file holds to a history.
pub(crate) fn read(json: &[u8], history: &mut History) -> Result<(), SavedError> {
    let file: File = serde_json::from_slice(json).map_err(|error| SavedError::at_its_place(json, error))?;
    if file.executions.is_none() && file.actions.is_none() {
        return Err(SavedError::OfNoKind);
    }
    if file.next_token.is_some() {
        return Err(SavedError::Cut);
    }
    for (index, summary) in file.executions.into_iter().flatten().enumerate() {
        let list = "pipelineExecutionSummaries";
        history
            .executions
            .push(summary.read().ok_or(SavedError::NoExecution { list, index })?);
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
    /// `NextToken` is the AWS CLI's own, after `--max-items`; `nextToken` is the service's, after `--no-paginate`.
    #[serde(rename = "nextToken", alias = "NextToken")]
    next_token: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionSummary {
    pipeline_execution_id: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "time")]
    start_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    last_update_time: Option<Timestamp>,
    #[serde(default)]
    source_revisions: Vec<SourceRevision>,
    #[serde(default)]
    trigger: ExecutionTrigger,
    stop_trigger: Option<StopTrigger>,
    execution_mode: Option<String>,
    execution_type: Option<String>,
}

impl ExecutionSummary {
    fn read(self) -> Option<PipelineExecution> {
        let revisions = self.source_revisions.into_iter();
        let revision =
            |it: SourceRevision| Revision::new(it.action_name, it.revision_id, it.revision_summary, it.revision_url);
        Some(PipelineExecution {
            id: self.pipeline_execution_id?,
            status: ExecutionStatus::of(self.status.as_deref()),
            started: self.start_time,
            updated: self.last_update_time,
            revisions: revisions.map(revision).collect(),
            trigger: Trigger {
                kind: self.trigger.trigger_type,
                detail: self.trigger.trigger_detail,
            },
            mode: self.execution_mode,
            kind: self.execution_type,
            stop_reason: self.stop_trigger.and_then(|stop| stop.reason),
        })
    }
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceRevision {
    action_name: Option<String>,
    revision_id: Option<String>,
    revision_summary: Option<String>,
    revision_url: Option<String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase")]
struct ExecutionTrigger {
    trigger_type: Option<String>,
    trigger_detail: Option<String>,
}

#[derive(Deserialize)]
struct StopTrigger {
    reason: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct ActionDetail {
    pipeline_execution_id: Option<String>,
    action_execution_id: Option<String>,
    pipeline_version: Option<i32>,
    stage_name: Option<String>,
    action_name: Option<String>,
    #[serde(default, deserialize_with = "time")]
    start_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    last_update_time: Option<Timestamp>,
    updated_by: Option<String>,
    status: Option<String>,
    #[serde(default)]
    input: Input,
    #[serde(default)]
    output: Output,
}

impl ActionDetail {
    fn read(self, execution_id: String) -> super::history::ActionExecution {
        let result = self.output.execution_result;
        let raw = RawAction {
            pipeline_version: self.pipeline_version,
            stage: self.stage_name,
            action: self.action_name,
            id: self.action_execution_id,
            started: self.start_time,
            updated: self.last_update_time,
            updated_by: self.updated_by,
            kind: self.input.action_type_id.and_then(TypeId::read),
            region: self.input.region,
            configuration: self.input.configuration,
            resolved_configuration: self.input.resolved_configuration,
            external_id: result.external_execution_id,
            summary: result.external_execution_summary,
            error: result.error_details.map(|error| ActionError {
                code: error.code,
                message: error.message,
            }),
            outputs: self.output.output_variables,
        };
        raw.of(execution_id, self.status.as_deref())
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    action_type_id: Option<TypeId>,
    configuration: BTreeMap<String, String>,
    resolved_configuration: BTreeMap<String, String>,
    region: Option<String>,
}

#[derive(Deserialize)]
struct TypeId {
    category: Option<String>,
    owner: Option<String>,
    provider: Option<String>,
}

impl TypeId {
    fn read(self) -> Option<ActionType> {
        Some(ActionType {
            category: self.category?,
            owner: self.owner?,
            provider: self.provider?,
        })
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Output {
    execution_result: ExecutionResult,
    output_variables: BTreeMap<String, String>,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct ExecutionResult {
    external_execution_id: Option<String>,
    external_execution_summary: Option<String>,
    error_details: Option<ErrorDetails>,
}

#[derive(Deserialize)]
struct ErrorDetails {
    code: Option<String>,
    message: Option<String>,
}

/// A time as the AWS CLI prints it: ISO 8601 with an offset, or seconds since 1970 where `cli_timestamp_format` is `wire`.
fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    struct Time;

    impl Visitor<'_> for Time {
        type Value = Timestamp;

        fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
            f.write_str("a time: ISO 8601 with an offset, or seconds since 1970")
        }

        fn visit_str<E: serde::de::Error>(self, text: &str) -> Result<Timestamp, E> {
            let at: Timestamp = text
                .parse()
                .map_err(|error| E::custom(format!("`{text}` is not a time: {error}")))?;
            to_millisecond(at).ok_or_else(|| E::custom(format!("`{text}` is out of range")))
        }

        fn visit_f64<E: serde::de::Error>(self, seconds: f64) -> Result<Timestamp, E> {
            #[expect(
                clippy::cast_possible_truncation,
                reason = "what is out of range saturates, and is refused as a time"
            )]
            let milliseconds = (seconds * 1000.0).round() as i64;
            Timestamp::from_millisecond(milliseconds).map_err(E::custom)
        }

        fn visit_u64<E: serde::de::Error>(self, seconds: u64) -> Result<Timestamp, E> {
            Timestamp::from_second(i64::try_from(seconds).map_err(E::custom)?).map_err(E::custom)
        }

        fn visit_i64<E: serde::de::Error>(self, seconds: i64) -> Result<Timestamp, E> {
            Timestamp::from_second(seconds).map_err(E::custom)
        }
    }

    deserializer.deserialize_any(Time).map(Some).map_err(D::Error::custom)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn started(time: &str) -> Timestamp {
        let json =
            format!(r#"{{"pipelineExecutionSummaries": [{{"pipelineExecutionId": "e", "startTime": {time}}}]}}"#);
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
            (
                r#"{"pipelineExecutionSummaries": [{}]}"#,
                "`pipelineExecutionSummaries[0]` lacks",
            ),
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
