//! What CloudTrail recorded: who answered approvals, and who took the sessions in which they did.

use std::collections::HashMap;
use std::future::Future;

use jiff::SignedDuration;
use rule::{Attempt, Status};
use serde::Deserialize;
use serde_json::value::RawValue;

use super::event::{ApprovalEvent, EVENTS, Event, EventError, SessionEvent, read_event};
use super::period::Period;
use super::sessions::Sessions;

/// How far CloudTrail's time of an approval and the time at which CodePipeline noticed it may lie apart: 16 to 35 seconds were recorded.
const NEAR: SignedDuration = SignedDuration::from_secs(60);

/// CloudTrail writes no fractions of a second.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Where events come from.
pub(crate) trait CloudTrail {
    type Error;

    /// LookupEvents, by the name of the approvals' event: each event as the JSON that CloudTrail wrote, of all pages.
    fn approval_events(&self, period: Period) -> impl Future<Output = Result<Vec<String>, Self::Error>>;

    /// LookupEvents, by a resource: the events that made this access key, as far as CloudTrail goes back.
    fn events_of_key(&self, access_key: &str) -> impl Future<Output = Result<Vec<String>, Self::Error>>;
}

/// The events of one pipeline's approvals, found by token or by time, and the sessions.
#[derive(Debug, Default)]
pub(crate) struct Trail {
    by_token: HashMap<String, ApprovalEvent>,
    /// By stage and action, oldest first.
    by_action: HashMap<(String, String), Vec<ApprovalEvent>>,
    pub(crate) sessions: Sessions,
}

impl Trail {
    /// The events that are about this pipeline.
    pub(crate) fn new(pipeline: &str, events: Vec<Event>) -> Self {
        let mut trail = Self::default();
        let mut sessions: Vec<SessionEvent> = Vec::new();
        for event in events {
            match event {
                Event::Session(session) => sessions.push(session),
                Event::Approval(approval) if approval.pipeline() == pipeline => {
                    if let Some(token) = approval.token() {
                        trail.by_token.insert(token.to_owned(), approval.clone());
                    }
                    trail.by_action.entry(approval.place()).or_default().push(approval);
                }
                Event::Approval(_) => {}
            }
        }
        for events in trail.by_action.values_mut() {
            events.sort_by_key(|event| event.at);
        }
        trail.sessions = Sessions::new(sessions);
        trail
    }

    /// The event of an answer: by its token, or if CodePipeline does not show that, the nearest in time that says the same.
    pub(crate) fn of(&self, attempt: &Attempt, token: Option<&str>) -> Option<&ApprovalEvent> {
        let place = (attempt.stage.clone()?, attempt.action.clone()?);
        // The token of an approval is the id of its attempt (recorded of the real service).
        let tokens = [token, attempt.id.as_deref()];
        let by_token = tokens.into_iter().flatten().find_map(|token| self.by_token.get(token));
        by_token.filter(|event| event.place() == place).or_else(|| {
            let noticed = attempt.updated?;
            let of_action = self.by_action.get(&place)?;
            let first = of_action.partition_point(|event| noticed.duration_since(event.at) > NEAR);
            let near = of_action.iter().skip(first);
            let near = near.take_while(|event| event.at.duration_since(noticed) <= NEAR);
            // An answer with another token is to another execution's approval.
            let may_be_it = |event: &&ApprovalEvent| token.is_none() || event.token().is_none();
            near.filter(|event| says_the_same(event, attempt))
                .filter(|event| may_be_it(event) && is_after_opening(event, attempt))
                .min_by_key(|event| event.at.duration_since(noticed).abs())
        })
    }
}

/// Whether an answer was given when the approval had been opened.
pub(super) fn is_after_opening(event: &ApprovalEvent, attempt: &Attempt) -> bool {
    attempt
        .started
        .is_none_or(|opened| opened.duration_since(event.at) <= SECOND)
}

fn says_the_same(event: &ApprovalEvent, attempt: &Attempt) -> bool {
    match attempt.status {
        Status::Succeeded => event.answer() == "Approved",
        Status::Failed => event.answer() == "Rejected",
        Status::InProgress | Status::Abandoned | Status::Unknown => false,
    }
}

/// Reads a file of events: the log of a trail, or what the AWS CLI prints.
pub(crate) fn read_file(json: &[u8]) -> Result<Vec<Event>, EventError> {
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
    // Most events of a whole trail are of other kinds: those are not parsed.
    let wanted = |json: &&str| EVENTS.iter().any(|name| json.contains(name));
    let read = records.chain(events).filter(wanted).map(read_event);
    read.filter_map(Result::transpose).collect()
}
