//! What CloudTrail recorded: who answered approvals, and who took the sessions in which they did.

use std::collections::HashMap;
use std::future::Future;

use jiff::{SignedDuration, Timestamp};
use rule::{Attempt, Status};

use super::event::{ApprovalEvent, Event, SessionEvent};
use super::period::Period;
use super::sessions::Sessions;

/// How far CloudTrail's time of an approval and the time at which CodePipeline noticed it may lie
/// apart: 16 to 35 seconds were recorded.
const NEAR: SignedDuration = SignedDuration::from_secs(60);

/// CloudTrail writes no fractions of a second.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// Where events come from.
pub trait CloudTrail {
    type Error;

    /// LookupEvents, by the name of the approvals' event: each event as the JSON that CloudTrail
    /// wrote, of all pages.
    fn approval_events(
        &self,
        period: Period,
    ) -> impl Future<Output = Result<Vec<String>, Self::Error>>;

    /// LookupEvents, by a resource: an access key, or the principal id of a session, which
    /// CloudTrail lists among the resources of the event that made them. With a time, only what
    /// happened within seconds of it.
    fn events_of_resource(
        &self,
        name: &str,
        around: Option<Timestamp>,
    ) -> impl Future<Output = Result<Vec<String>, Self::Error>>;
}

/// The events of one pipeline's approvals, found by token or by time, and the sessions.
#[derive(Debug, Default)]
pub struct Trail {
    by_token: HashMap<String, ApprovalEvent>,
    /// By stage and action, oldest first.
    by_action: HashMap<(String, String), Vec<ApprovalEvent>>,
    pub sessions: Sessions,
}

impl Trail {
    /// The events that are about this pipeline.
    pub fn new(pipeline: &str, events: Vec<Event>) -> Self {
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

    /// The event of an answer: by its token, or if CodePipeline does not show that, the nearest in
    /// time that says the same.
    pub fn of(&self, attempt: &Attempt, token: Option<&str>) -> Option<&ApprovalEvent> {
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
    attempt.started.is_none_or(|opened| opened.duration_since(event.at) <= SECOND)
}

fn says_the_same(event: &ApprovalEvent, attempt: &Attempt) -> bool {
    match attempt.status {
        Status::Succeeded => event.answer() == "Approved",
        Status::Failed => event.answer() == "Rejected",
        Status::InProgress | Status::Abandoned | Status::Unknown => false,
    }
}
