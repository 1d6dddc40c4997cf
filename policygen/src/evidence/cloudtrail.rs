//! The second witness: what CloudTrail recorded of each approval.
//!
//! Members of an event: AWS CloudTrail User Guide, "CloudTrail record contents" and "CloudTrail userIdentity element".

use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use rule::{Attempt, Principal, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::approvals::ApprovalAttempt;
use super::evaluate::{Evaluated, Verdict};
use super::exception::{Exception, ExceptionCode};
use super::period::Period;

/// The events that are looked at.
pub(crate) const EVENT_NAME: &str = "PutApprovalResult";
/// How far CloudTrail's time of an approval and CodePipeline's may lie apart.
const NEAR: SignedDuration = SignedDuration::from_secs(60);

/// Where events come from.
pub(crate) trait CloudTrail {
    type Error;

    /// LookupEvents, by [`EVENT_NAME`]: each event as the JSON that CloudTrail wrote, of all pages.
    fn approval_events(&self, period: Period) -> impl Future<Output = Result<Vec<String>, Self::Error>>;
}

/// A PutApprovalResult that AWS carried out.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct ApprovalEvent {
    pub(crate) id: Option<String>,
    pub(crate) at: Timestamp,
    pub(crate) principal: Option<String>,
    /// `sts:SourceIdentity` of the session.
    pub(crate) source_identity: Option<String>,
    /// Whether a second factor was used; none where CloudTrail does not say.
    pub(crate) mfa: Option<bool>,
    pub(crate) source_ip: Option<String>,
    pub(crate) user_agent: Option<String>,
    request: Request,
}

/// Why there are no events.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EventError {
    #[error(
        "it is neither the log of a trail (`Records`) nor what `aws cloudtrail lookup-events` prints (`Events`); export the events again"
    )]
    File(#[source] serde_json::Error),
    #[error(
        "it ends with a `NextToken`, so it is only the first part of a list; save it without `--max-items` and `--no-paginate`"
    )]
    Cut,
    #[error("an event of {EVENT_NAME} cannot be read; export the events again")]
    Event(#[source] serde_json::Error),
}

/// Reads a file of events: the log of a trail, or what the AWS CLI prints.
pub(crate) fn read_file(json: &[u8]) -> Result<Vec<ApprovalEvent>, EventError> {
    #[derive(Deserialize)]
    struct File<'a> {
        #[serde(rename = "Records", borrow)]
        records: Option<Vec<&'a RawValue>>,
        #[serde(rename = "Events")]
        events: Option<Vec<LookedUp>>,
        #[serde(rename = "NextToken", alias = "nextToken")]
        next_token: Option<String>,
    }
    #[derive(Deserialize)]
    struct LookedUp {
        #[serde(rename = "CloudTrailEvent")]
        event: String,
    }
    let file: File<'_> = serde_json::from_slice(json).map_err(EventError::File)?;
    if file.next_token.is_some() {
        return Err(EventError::Cut);
    }
    if file.records.is_none() && file.events.is_none() {
        return Err(EventError::File(serde::de::Error::custom("it has neither")));
    }
    let records = file.records.iter().flatten().map(|record| record.get());
    let events = file.events.iter().flatten().map(|event| event.event.as_str());
    let read = records.chain(events).map(read_event);
    read.filter_map(Result::transpose).collect()
}

/// Reads one event; none where it is of another kind, or AWS refused what was asked.
pub(crate) fn read_event(json: &str) -> Result<Option<ApprovalEvent>, EventError> {
    let kind: Kind = serde_json::from_str(json).map_err(EventError::Event)?;
    if kind.event_name.as_deref() != Some(EVENT_NAME) || kind.error_code.is_some() {
        return Ok(None);
    }
    let event: Event = serde_json::from_str(json).map_err(EventError::Event)?;
    let session = event.user_identity.session_context;
    Ok(Some(ApprovalEvent {
        id: event.event_id,
        at: event.event_time,
        principal: event.user_identity.arn,
        source_identity: session.source_identity,
        mfa: session.attributes.mfa_authenticated.map(|used| used == "true"),
        source_ip: event.source_ip_address,
        user_agent: event.user_agent,
        request: event.request_parameters,
    }))
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Kind {
    event_name: Option<String>,
    error_code: Option<String>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Event {
    #[serde(rename = "eventID")]
    event_id: Option<String>,
    event_time: Timestamp,
    #[serde(rename = "sourceIPAddress")]
    source_ip_address: Option<String>,
    user_agent: Option<String>,
    user_identity: UserIdentity,
    request_parameters: Request,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct UserIdentity {
    arn: Option<String>,
    #[serde(default)]
    session_context: SessionContext,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct SessionContext {
    source_identity: Option<String>,
    attributes: Attributes,
}

#[derive(Default, Deserialize)]
#[serde(rename_all = "camelCase", default)]
struct Attributes {
    mfa_authenticated: Option<String>,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Request {
    pipeline_name: String,
    stage_name: String,
    action_name: String,
    token: Option<String>,
    result: Answer,
}

#[derive(Clone, Debug, PartialEq, Eq, Deserialize)]
struct Answer {
    status: String,
}

/// Puts beside each answered approval what CloudTrail has on it. A principal that differs from CodePipeline's is an error: then nobody
/// knows who approved.
pub(crate) fn confirm(evaluated: &mut Evaluated, pipeline: &str, events: &[ApprovalEvent]) {
    for approval in &mut evaluated.approvals {
        let Some(principal) = approval.attempt.approver.history.clone() else {
            continue;
        };
        let action = approval.attempt.action.clone().unwrap_or_default();
        let Some(event) = event_of(approval, pipeline, events) else {
            evaluated.exceptions.push(Exception::new(
                ExceptionCode::NoTrail,
                format!("CloudTrail has no event for the answer to {action}. LookupEvents goes back 90 days."),
            ));
            continue;
        };
        if let Some(other) = event.principal.as_deref().filter(|other| !same(other, &principal)) {
            let problem = format!("CodePipeline says that {principal} answered {action}, CloudTrail says {other}.");
            evaluated
                .exceptions
                .insert(0, Exception::new(ExceptionCode::PrincipalDiffers, problem.clone()));
            evaluated.verdict = Verdict::Error;
            evaluated.problem = Some(problem);
        }
        approval.trail = Some(event.clone());
    }
}

fn same(a: &str, b: &str) -> bool {
    Principal::parse(a).is(&Principal::parse(b))
}

/// The event of an answer: by its token, or where CodePipeline does not show that, the nearest in time that says the same.
fn event_of<'a>(approval: &ApprovalAttempt, pipeline: &str, events: &'a [ApprovalEvent]) -> Option<&'a ApprovalEvent> {
    let attempt = &approval.attempt;
    let of_action = events.iter().filter(|event| {
        event.request.pipeline_name == pipeline
            && attempt.stage.as_ref() == Some(&event.request.stage_name)
            && attempt.action.as_ref() == Some(&event.request.action_name)
    });
    let by_token = of_action
        .clone()
        .find(|event| event.request.token.is_some() && event.request.token == approval.token);
    let distance = |event: &ApprovalEvent| attempt.updated.map(|at| event.at.duration_since(at).abs());
    let near = of_action
        .filter(|event| says_the_same(event, attempt) && distance(event).is_some_and(|distance| distance <= NEAR));
    by_token.or_else(|| near.min_by_key(|event| distance(event)))
}

fn says_the_same(event: &ApprovalEvent, attempt: &Attempt) -> bool {
    match attempt.status {
        Status::Succeeded => event.request.result.status == "Approved",
        Status::Failed => event.request.result.status == "Rejected",
        Status::InProgress | Status::Abandoned | Status::Unknown => false,
    }
}
