//! CloudTrail's events of one pipeline: the answers to its approvals, and the start of the
//! sessions behind them.

use std::collections::HashMap;

use jiff::SignedDuration;
use rule::{Attempt, Principal, Status};

use super::sessions::Sessions;
use crate::read::event::{ApprovalEvent, Event, SessionEvent};

/// The longest time between CloudTrail's time of an answer and the time CodePipeline noticed it. In
/// recordings it was 16 to 35 seconds.
const NEAR: SignedDuration = SignedDuration::from_secs(60);

/// CloudTrail's times have no fractions of a second.
const SECOND: SignedDuration = SignedDuration::from_secs(1);

/// The events of one pipeline's approvals, and the sessions behind them.
#[derive(Debug, Default)]
pub struct Trail {
    by_token: HashMap<String, ApprovalEvent>,
    /// By stage and action, oldest first.
    by_action: HashMap<(String, String), Vec<ApprovalEvent>>,
    pub(crate) sessions: Sessions,
}

impl Trail {
    /// Keeps the approvals of this pipeline and all sessions.
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

    /// The event of an answer, found by its token. If CodePipeline does not show the token, it is
    /// the event nearest in time with the same answer.
    pub(crate) fn event_of(
        &self,
        attempt: &Attempt,
        token: Option<&str>,
    ) -> Option<&ApprovalEvent> {
        let place = (attempt.stage.clone()?, attempt.action.clone()?);
        // An approval's token is the id of its attempt (recorded from the real service).
        let tokens = [token, attempt.id.as_deref()];
        let by_token = tokens.into_iter().flatten().find_map(|token| self.by_token.get(token));
        by_token.filter(|event| event.place() == place).or_else(|| {
            let noticed = attempt.updated?;
            let of_action = self.by_action.get(&place)?;
            let first = of_action.partition_point(|event| noticed.duration_since(event.at) > NEAR);
            let near = of_action.iter().skip(first);
            let near = near.take_while(|event| event.at.duration_since(noticed) <= NEAR);
            // An event with another token belongs to the approval of another execution.
            let may_be_it = |event: &&ApprovalEvent| token.is_none() || event.token().is_none();
            near.filter(|event| says_the_same(event, attempt))
                .filter(|event| may_be_it(event) && is_after_opening(event, attempt))
                .min_by_key(|event| event.at.duration_since(noticed).abs())
        })
    }
}

/// Whether two principals, as CloudTrail and CodePipeline write them, are the same.
pub(super) fn is_same_principal(a: &str, b: &str) -> bool {
    Principal::parse(a).is(&Principal::parse(b))
}

/// Whether an answer was given after the approval had been opened.
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
