//! Reads saved output of the AWS CLI, `list-pipeline-executions` and `list-action-executions`.
//! Which of the two a file holds follows from its content.
//!
//! Unknown members are ignored, so AWS can add some. A missing member becomes `None`. But an entry
//! without the id of its execution is an error, because it could belong to any.

use std::collections::HashSet;

use names::Object;
use serde::{Deserialize, Deserializer};

use super::history::{ActionExecution, ExecutionStatus, History, PipelineExecution};
use super::origin::{Origin, OriginError};
use super::shape::{ActionDetail, ExecutionSummary};

/// Why a file cannot be used as output of the AWS CLI.
#[derive(Debug, thiserror::Error)]
pub enum SavedError {
    /// The JSON is broken, or a member has the wrong type.
    #[error("it is not JSON as the AWS CLI prints it{}; save it with `--output json`", at(place))]
    Json {
        /// The path of the member. `.` or `?` if the error is not inside of one.
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

/// Where in a file, if that helps.
fn at(place: &str) -> String {
    match place {
        "." | "?" => String::new(),
        place => format!(" (at `{place}`)"),
    }
}

impl SavedError {
    /// Tracking the place slows reading down, so a file is read with it only after an error.
    fn at_its_place(json: &str, error: serde_json::Error) -> Self {
        let deserializer = &mut serde_json::Deserializer::from_str(json);
        match serde_path_to_error::deserialize::<_, Saved>(deserializer) {
            Err(placed) => {
                Self::Json { place: placed.path().to_string(), source: placed.into_inner() }
            }
            Ok(_) => Self::Json { place: ".".to_owned(), source: error },
        }
    }
}

/// Which of the two lists the files of a history hold.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Lists {
    /// A list of executions.
    pub executions: bool,
    /// A list of action executions.
    pub actions: bool,
}

/// Why the files of a history do not answer for any execution.
#[derive(Debug, thiserror::Error)]
pub enum Incomplete {
    /// No file has the list of executions.
    #[error(
        "no --input has the list of pipeline executions; save what \
         `aws codepipeline list-pipeline-executions --pipeline-name {0}` prints, and give it with \
         another --input"
    )]
    Executions(String),
    /// No file has the list of action executions.
    #[error(
        "no --input has the list of action executions; save what \
         `aws codepipeline list-action-executions --pipeline-name {0}` prints, and give it with \
         another --input"
    )]
    Actions(String),
    /// The lists are of different pipelines, or one of them is not complete.
    #[error(
        "none of the {listed} executions in one --input occurs among the action executions in the \
         other; save both lists of pipeline {pipeline} again"
    )]
    Unrelated {
        /// The number of executions.
        listed: usize,
        /// The pipeline.
        pipeline: String,
    },
}

impl Lists {
    /// The lists of these files and of others.
    #[must_use]
    pub fn and(self, other: Self) -> Self {
        Self {
            executions: self.executions || other.executions,
            actions: self.actions || other.actions,
        }
    }

    /// Checks that a history has both lists, and that they belong together.
    ///
    /// # Errors
    /// [`Incomplete`] if no execution could be judged, so that it is said once and not for each of
    /// them.
    pub fn check(self, history: &History, pipeline: &str) -> Result<(), Incomplete> {
        let pipeline = pipeline.to_owned();
        if !self.executions {
            return Err(Incomplete::Executions(pipeline));
        }
        if !self.actions {
            return Err(Incomplete::Actions(pipeline));
        }
        let ran = |execution: &&PipelineExecution| {
            matches!(execution.status, ExecutionStatus::Succeeded | ExecutionStatus::Failed)
        };
        let known: HashSet<&str> =
            history.executions.iter().map(|execution| execution.id.as_str()).collect();
        let is_known = |action: &ActionExecution| known.contains(action.execution_id.as_str());
        if history.executions.iter().any(|it| ran(&it)) && !history.actions.iter().any(is_known) {
            return Err(Incomplete::Unrelated { listed: known.len(), pipeline });
        }
        Ok(())
    }
}

/// Adds the content of one file to a history, and returns which lists it holds.
///
/// # Errors
/// [`SavedError`] if it is not the whole output of one of the two commands.
pub fn read(json: &str, history: &mut History) -> Result<Lists, SavedError> {
    Saved::parse(json)?.add_to(history)
}

/// The content of one file.
#[derive(Debug, Deserialize)]
pub struct Saved {
    #[serde(rename = "pipelineExecutionSummaries")]
    pub(super) executions: Option<Vec<Listed<PipelineExecution>>>,
    #[serde(rename = "actionExecutionDetails")]
    pub(super) actions: Option<Vec<Listed<ActionExecution>>>,
    /// The AWS CLI adds `NextToken` after `--max-items`. `nextToken` is the service's, printed with
    /// `--no-paginate`.
    #[serde(rename = "nextToken", alias = "NextToken")]
    pub(super) next_token: Option<String>,
    /// Only the files of the archive have it.
    #[serde(rename = "pipelineArn")]
    pub(super) pipeline_arn: Option<String>,
}

impl Saved {
    /// Reads a file.
    ///
    /// # Errors
    /// [`SavedError::Json`].
    pub fn parse(json: &str) -> Result<Self, SavedError> {
        serde_json::from_str(json).map_err(|error| SavedError::at_its_place(json, error))
    }

    /// The pipeline that the file names with `pipelineArn`. Returns `None` if it names none.
    ///
    /// # Errors
    /// [`OriginError`].
    pub fn origin(&self) -> Result<Option<Origin>, OriginError> {
        self.pipeline_arn.clone().map(Origin::from_arn).transpose()
    }

    /// Adds the lists to a history, and returns which ones there are.
    ///
    /// # Errors
    /// [`SavedError`] if the file is not the whole output of one of the two commands.
    pub fn add_to(self, history: &mut History) -> Result<Lists, SavedError> {
        if self.executions.is_none() && self.actions.is_none() {
            return Err(SavedError::UnknownList);
        }
        if self.next_token.is_some() {
            return Err(SavedError::Cut);
        }
        let lists =
            Lists { executions: self.executions.is_some(), actions: self.actions.is_some() };
        add(self.executions, "pipelineExecutionSummaries", &mut history.executions)?;
        add(self.actions, "actionExecutionDetails", &mut history.actions)?;
        Ok(lists)
    }
}

/// An entry of a list, or `None` if it does not say which execution it belongs to. Each entry is
/// converted as soon as it is read, because a second list of all of them would take much memory.
#[derive(Debug)]
pub(super) struct Listed<T>(Option<T>);

impl<'de> Deserialize<'de> for Listed<PipelineExecution> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<ExecutionSummary>::deserialize(deserializer).map(|it| Self(it.0.into_execution()))
    }
}

impl<'de> Deserialize<'de> for Listed<ActionExecution> {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        Object::<ActionDetail>::deserialize(deserializer).map(|it| Self(it.0.into_action()))
    }
}

fn add<T>(
    listed: Option<Vec<Listed<T>>>,
    list: &'static str,
    all: &mut Vec<T>,
) -> Result<(), SavedError> {
    let entries = listed.unwrap_or_default().into_iter().enumerate();
    let entries =
        entries.map(|(index, entry)| entry.0.ok_or(SavedError::NoExecution { list, index }));
    let mut entries = entries.collect::<Result<Vec<T>, _>>()?;
    // Most histories are one file, and need no second copy of it.
    if all.is_empty() {
        *all = entries;
    } else {
        all.append(&mut entries);
    }
    Ok(())
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
        read(&json, &mut history).unwrap();
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
            let error = read(json, &mut History::default()).unwrap_err();
            let source = std::error::Error::source(&error).map(|source| format!(": {source}"));
            format!("{error}{}", source.unwrap_or_default())
        };
        for (json, reason) in [
            ("", "as the AWS CLI prints it; save it with"),
            ("{", "as the AWS CLI prints it; save it with"),
            ("[]", "as the AWS CLI prints it; save it with"),
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
            // It could be of any pipeline.
            (r#"{"actionExecutionDetails": [], "pipelineArn": 5}"#, "(at `pipelineArn`)"),
        ] {
            let error = refused(json);
            assert!(error.contains(reason), "{json}: {error}");
        }
    }
}
