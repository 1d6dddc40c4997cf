//! Jobs of Lambda actions, and their deadlines.

use std::fmt;

use jiff::{SignedDuration, Timestamp};

use super::ids::IdSource;
use super::report::{Outcome, Report};
use super::{World, lag};

/// A job without a report fails after 20 minutes. A report that asks for more time restarts that
/// clock. <https://docs.aws.amazon.com/codepipeline/latest/userguide/limits.html>
const REPORT_TIMEOUT: SignedDuration = SignedDuration::from_mins(20);
/// A job ends within a day, even if its reports ask for more time.
const TOTAL_TIMEOUT: SignedDuration = SignedDuration::from_hours(24);

/// The job of one attempt of a Lambda action.
#[derive(Debug)]
pub struct Job {
    /// The id for the next report.
    pub id: String,
    /// The token that the function wants back at its next invocation.
    pub continuation_token: Option<String>,
    /// The time at which the action fails without a report.
    deadline: Timestamp,
    last_deadline: Timestamp,
    /// The time of the next invocation of the function.
    invocation: Option<Timestamp>,
    /// The reports, each with the id of the job at that time.
    pub(super) reports: Vec<(String, Report)>,
    pub(super) credentials: Credentials,
}

/// Synthetic, but as secret as AWS's: the derived `Debug` would print them.
pub(super) struct Credentials {
    pub(super) access_key_id: String,
    pub(super) secret_access_key: String,
    pub(super) session_token: String,
}

impl fmt::Debug for Credentials {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Credentials(..)")
    }
}

impl Job {
    /// The job of an action that starts at a point in time.
    pub(super) fn new(started: Timestamp, world: &mut World) -> Self {
        let ids = world.ids.as_mut();
        Self {
            id: ids.uuid(),
            continuation_token: None,
            deadline: started + REPORT_TIMEOUT,
            last_deadline: started + TOTAL_TIMEOUT,
            invocation: Some(started + world.lag.draw(lag::INVOCATION)),
            reports: Vec::new(),
            credentials: Credentials::new(ids),
        }
    }

    /// Whether the job has, or once had, an id.
    pub(super) fn had_id(&self, id: &str) -> bool {
        self.id == id || self.report(id).is_some()
    }

    pub(super) fn report(&self, id: &str) -> Option<&Report> {
        let mut reports = self.reports.iter();
        reports.find(|(reported, _)| reported == id).map(|(_, report)| report)
    }

    /// The time of the next invocation, or else the deadline for a report.
    pub(super) fn next_event(&self) -> Timestamp {
        self.invocation.unwrap_or(self.deadline)
    }

    /// Whether the function is due to be invoked.
    pub(super) fn is_to_be_invoked(&self, now: Timestamp) -> bool {
        self.invocation.is_some_and(|invocation| invocation <= now)
    }

    pub(super) fn invoked(&mut self) {
        self.invocation = None;
    }

    /// Takes the last report, which CodePipeline notices now. A job that continues gets a new id,
    /// because the report has used up the old one.
    pub(super) fn take_outcome(&mut self, world: &mut World) -> Option<Outcome> {
        let outcome = self.reports.last().map(|(_, report)| report.outcome.clone());
        if let Some(Outcome::Continue { token }) = &outcome {
            self.id = world.ids.uuid();
            self.continuation_token = Some(token.clone());
            self.deadline = self.last_deadline.min(world.now + REPORT_TIMEOUT);
            self.invocation = Some(world.now);
        }
        outcome
    }
}

impl Credentials {
    fn new(ids: &mut dyn IdSource) -> Self {
        Self {
            access_key_id: format!("EMULATOR-{}", ids.uuid()),
            secret_access_key: ids.uuid(),
            session_token: ids.uuid(),
        }
    }
}
