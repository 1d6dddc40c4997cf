//! The entries of CodePipeline's two lists as the AWS CLI prints them (CodePipeline API model,
//! `PipelineExecutionSummary` and `ActionExecutionDetail`).

use std::fmt;

use jiff::Timestamp;
use serde::de::{Error as _, Visitor};
use serde::{Deserialize, Deserializer};
use serde_with::{As, DefaultOnNull, Map, Same};

use super::history::{
    ActionError, ActionExecution, ActionType, ExecutionStatus, PipelineExecution, RawAction,
    Revision, Texts, Trigger, to_millisecond,
};

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct ExecutionSummary {
    pipeline_execution_id: Option<String>,
    status: Option<String>,
    #[serde(default, deserialize_with = "time")]
    start_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "time")]
    last_update_time: Option<Timestamp>,
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    source_revisions: Vec<SourceRevision>,
    /// GetPipelineExecution has these instead: one for each artifact.
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    artifact_revisions: Vec<SourceRevision>,
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    trigger: ExecutionTrigger,
    stop_trigger: Option<StopTrigger>,
    execution_mode: Option<String>,
    execution_type: Option<String>,
}

impl ExecutionSummary {
    /// Returns `None` if it has no id.
    pub(super) fn into_execution(self) -> Option<PipelineExecution> {
        let mut revisions = self.source_revisions;
        for revision in self.artifact_revisions {
            if revisions.iter().all(|known| known.revision_id != revision.revision_id) {
                revisions.push(revision);
            }
        }
        let revision = |it: SourceRevision| {
            Revision::new(it.action_name, it.revision_id, it.revision_summary, it.revision_url)
        };
        Some(PipelineExecution {
            id: self.pipeline_execution_id?,
            status: ExecutionStatus::from_aws(self.status.as_deref()),
            started: self.start_time,
            updated: self.last_update_time,
            revisions: revisions.into_iter().map(revision).collect(),
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
pub(super) struct ActionDetail {
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
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    input: Input,
    #[serde(default, deserialize_with = "OrDefault::deserialize")]
    output: Output,
}

impl ActionDetail {
    /// Returns `None` if it has no id of an execution.
    pub(super) fn into_action(self) -> Option<ActionExecution> {
        let execution_id = self.pipeline_execution_id?;
        let result = self.output.execution_result;
        let raw = RawAction {
            pipeline_version: self.pipeline_version,
            stage: self.stage_name,
            action: self.action_name,
            id: self.action_execution_id,
            started: self.start_time,
            updated: self.last_update_time,
            updated_by: self.updated_by,
            kind: self.input.action_type_id.and_then(TypeId::into_action_type),
            region: self.input.region,
            role: self.input.role_arn,
            configuration: self.input.configuration,
            resolved_configuration: self.input.resolved_configuration,
            external_id: result.external_execution_id,
            summary: result.external_execution_summary,
            error: result
                .error_details
                .map(|error| ActionError { code: error.code, message: error.message }),
            outputs: self.output.output_variables,
        };
        Some(raw.into_action(execution_id, self.status.as_deref()))
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Input {
    action_type_id: Option<TypeId>,
    #[serde(deserialize_with = "texts")]
    configuration: Texts,
    #[serde(deserialize_with = "texts")]
    resolved_configuration: Texts,
    region: Option<String>,
    role_arn: Option<String>,
}

#[derive(Deserialize)]
struct TypeId {
    category: Option<String>,
    owner: Option<String>,
    provider: Option<String>,
}

impl TypeId {
    fn into_action_type(self) -> Option<ActionType> {
        Some(ActionType { category: self.category?, owner: self.owner?, provider: self.provider? })
    }
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Output {
    #[serde(deserialize_with = "OrDefault::deserialize")]
    execution_result: ExecutionResult,
    #[serde(deserialize_with = "texts")]
    output_variables: Texts,
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

/// Reads a time as the AWS CLI prints it: ISO 8601 with an offset, or seconds since 1970 if
/// `cli_timestamp_format` is `wire`. To be used with serde's `deserialize_with`.
///
/// # Errors
/// If it is neither, or out of range.
pub fn time<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Option<Timestamp>, D::Error> {
    struct Time;
    struct Printed(Timestamp);

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
                reason = "a number out of range saturates, and is then refused as a time"
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

    impl<'de> Deserialize<'de> for Printed {
        fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
            deserializer.deserialize_any(Time).map(Self).map_err(D::Error::custom)
        }
    }

    let printed: Option<Printed> = Option::deserialize(deserializer)?;
    Ok(printed.map(|Printed(at)| at))
}

/// Treats `null` as absent. Programs that use other SDKs than the AWS CLI print every member.
pub(crate) type OrDefault = As<DefaultOnNull>;

/// Reads a map, and treats `null` as absent for the map and for each of its values.
fn texts<'de, D: Deserializer<'de>>(deserializer: D) -> Result<Texts, D::Error> {
    let texts: Vec<(String, Option<String>)> =
        As::<DefaultOnNull<Map<Same, Same>>>::deserialize(deserializer)?;
    Ok(texts.into_iter().filter_map(|(name, text)| Some((name, text?))).collect())
}
