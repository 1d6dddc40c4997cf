//! Joins several readings of one execution or of one attempt. Lists that are saved again and again
//! describe each of them many times, from its beginning to its end.
//!
//! The newest reading wins where it knows something, and an older one where only that does.
//!
//! INVARIANT (fail closed): readings that cannot both be true are a contradiction, which makes the
//! execution an error. The result does not depend on the order of the files.

use std::cmp::Ordering;

use rule::Status;
use serde_json::Value;

use super::history::{ActionExecution, ExecutionStatus, PipelineExecution, Texts};
use super::kept::{detail, summary};

/// AWS's name of the member that two readings contradict each other about.
pub(super) type Member = &'static str;

/// Joins the readings of one execution. Returns `None` if there is none.
pub(super) fn execution(
    mut readings: Vec<PipelineExecution>,
) -> Option<(PipelineExecution, Option<Member>)> {
    // An execution gets its revisions one after another, at the same time of the last update.
    let age = |reading: &PipelineExecution| {
        (reading.updated, progress(reading.status), reading.revisions.len())
    };
    readings.sort_by(|a, b| age(a).cmp(&age(b)).then_with(|| by_content(a, b, summary)));
    let mut readings = readings.into_iter();
    let mut joined = readings.next()?;
    let mut contradiction = None;
    for newer in readings {
        let found = joined.take(newer);
        contradiction = contradiction.or(found);
    }
    Some((joined, contradiction))
}

/// Joins the readings of one attempt. If they contradict each other, all of them are returned, so
/// that no attempt is shown that nobody has seen.
pub(super) fn attempt(
    mut readings: Vec<ActionExecution>,
) -> (Vec<ActionExecution>, Option<Member>) {
    // Nearly every attempt is described once.
    if readings.len() == 1 {
        return (readings, None);
    }
    let age =
        |reading: &ActionExecution| (has_ended(reading.attempt.status), reading.attempt.updated);
    readings.sort_by(|a, b| age(a).cmp(&age(b)).then_with(|| by_content(a, b, detail)));
    readings.dedup();
    let mut newer = readings.iter().cloned();
    let Some(mut joined) = newer.next() else { return (readings, None) };
    match newer.find_map(|newer| joined.take(newer)) {
        Some(member) => (readings, Some(member)),
        None => (vec![joined], None),
    }
}

/// Orders readings by their content if nothing else does. The order of the files must not matter.
pub(super) fn by_content<T: PartialEq>(a: &T, b: &T, content: impl Fn(&T) -> Value) -> Ordering {
    // Nearly all readings of the same time are equal.
    if a == b {
        return Ordering::Equal;
    }
    content(a).to_string().cmp(&content(b).to_string())
}

/// How far an execution is, for readings of the same time. CodePipeline dates an execution at its
/// start until it ends (recorded from the real service, September 2026).
fn progress(status: ExecutionStatus) -> u8 {
    match status {
        ExecutionStatus::Unknown => 0,
        ExecutionStatus::InProgress => 1,
        ExecutionStatus::Stopping => 2,
        ExecutionStatus::Stopped
        | ExecutionStatus::Succeeded
        | ExecutionStatus::Superseded
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => 3,
    }
}

/// Whether nothing can change in an execution any more. A failed or stopped stage can be retried.
fn is_over(status: ExecutionStatus) -> bool {
    match status {
        ExecutionStatus::Succeeded | ExecutionStatus::Superseded | ExecutionStatus::Cancelled => {
            true
        }
        ExecutionStatus::InProgress
        | ExecutionStatus::Stopping
        | ExecutionStatus::Stopped
        | ExecutionStatus::Failed
        | ExecutionStatus::Unknown => false,
    }
}

/// Whether an attempt has ended. A retry is another attempt.
fn has_ended(status: Status) -> bool {
    match status {
        Status::Succeeded | Status::Failed | Status::Abandoned => true,
        Status::InProgress | Status::Unknown => false,
    }
}

/// Compares what two readings know, and finds the first member that differs.
#[derive(Default)]
struct Comparison(Option<Member>);

impl Comparison {
    /// Takes what the newer reading knows. Members that `must_agree` are a contradiction if both
    /// readings know them and they differ.
    fn take<T: PartialEq>(
        &mut self,
        name: Member,
        must_agree: bool,
        older: &mut Option<T>,
        newer: Option<T>,
    ) {
        let Some(newer) = newer else { return };
        if must_agree && older.as_ref().is_some_and(|older| *older != newer) {
            self.0 = self.0.or(Some(name));
        }
        *older = Some(newer);
    }

    /// The same for a list, which is not known if it is empty.
    fn take_list<T: PartialEq>(
        &mut self,
        name: Member,
        must_agree: bool,
        older: &mut Vec<T>,
        newer: Vec<T>,
    ) {
        if newer.is_empty() {
            return;
        }
        if must_agree && !older.is_empty() && *older != newer {
            self.0 = self.0.or(Some(name));
        }
        *older = newer;
    }

    /// The same for each entry of a map.
    fn take_map(&mut self, name: Member, must_agree: bool, older: &mut Texts, newer: Texts) {
        for (key, value) in newer {
            let differs = older.get(&key).is_some_and(|older| *older != value);
            if must_agree && differs {
                self.0 = self.0.or(Some(name));
            }
            older.insert(key, value);
        }
    }

    fn require(&mut self, name: Member, holds: bool) {
        if !holds {
            self.0 = self.0.or(Some(name));
        }
    }
}

impl PipelineExecution {
    fn take(&mut self, newer: Self) -> Option<Member> {
        let mut members = Comparison::default();
        let both_ended = progress(self.status) == 3 && progress(newer.status) == 3;
        let settled = both_ended && (self.updated == newer.updated || is_over(self.status));
        let same_status = self.status == newer.status || newer.status == ExecutionStatus::Unknown;
        members.require("status", same_status || !(settled || is_over(self.status)));
        if newer.status != ExecutionStatus::Unknown {
            self.status = newer.status;
        }
        members.take("startTime", true, &mut self.started, newer.started);
        members.take("triggerType", true, &mut self.trigger.kind, newer.trigger.kind);
        members.take("triggerDetail", true, &mut self.trigger.detail, newer.trigger.detail);
        members.take("executionMode", true, &mut self.mode, newer.mode);
        members.take("executionType", true, &mut self.kind, newer.kind);
        members.take("stopTrigger", settled, &mut self.stop_reason, newer.stop_reason);
        members.take_list("sourceRevisions", settled, &mut self.revisions, newer.revisions);
        members.take("lastUpdateTime", false, &mut self.updated, newer.updated);
        members.0
    }
}

impl ActionExecution {
    fn take(&mut self, newer: Self) -> Option<Member> {
        let mut members = Comparison::default();
        let (before, after) = (&mut self.attempt, *newer.attempt);
        let settled = has_ended(before.status);
        members.require("status", before.status == after.status || !settled);
        // An attempt that has ended does not change again.
        let changed_later = before.updated > after.updated && after.updated.is_some();
        members.require("lastUpdateTime", settled || !changed_later);
        if after.status != Status::Unknown {
            before.status = after.status;
        }
        members.take("stageName", true, &mut before.stage, after.stage);
        members.take("actionName", true, &mut before.action, after.action);
        members.take("startTime", true, &mut before.started, after.started);
        members.take("lastUpdateTime", settled, &mut before.updated, after.updated);
        let approver = &mut before.approver.history;
        members.take("updatedBy", true, approver, after.approver.history);
        let summary = "externalExecutionSummary";
        members.take(summary, settled, &mut before.comment, after.comment);
        members.take("errorDetails", settled, &mut before.error, after.error);
        members.take("externalExecutionId", settled, &mut before.revision, after.revision);
        if newer.kind.is_some() {
            before.kind = after.kind;
        }
        members.take("actionTypeId", true, &mut self.kind, newer.kind);
        members.take("pipelineVersion", true, &mut self.pipeline_version, newer.pipeline_version);
        members.take("region", true, &mut self.region, newer.region);
        members.take("roleArn", true, &mut self.role, newer.role);
        let external_id = &mut self.external_id;
        members.take("externalExecutionId", settled, external_id, newer.external_id);
        members.take("errorDetails", settled, &mut self.error, newer.error);
        let configuration = &mut self.configuration;
        members.take_map("configuration", settled, configuration, newer.configuration);
        members.take_map("outputVariables", settled, &mut self.outputs, newer.outputs);
        members.0
    }
}
