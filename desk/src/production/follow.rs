//! A release until its end.

use std::ops::RangeInclusive;
use std::pin::Pin;
use std::time::Duration;

use facts::aws::StateMachine;
use facts::{Budget, CallError};
use release::{Line, Order, Ticket};
use tokio::time::Instant;

use super::inbox::{Arrived, Inbox};
use super::port::{Door, Relay};

/// How often the door is asked for its answer.
const ASK: Duration = Duration::from_secs(2);
/// How long the door's answer may take, with retries.
const PATIENCE: Duration = Duration::from_secs(10);

/// What is shown to people while a release runs.
pub(crate) trait Printer {
    /// Prints lines of the release.
    fn lines(&mut self, lines: &[Line]) -> std::io::Result<()>;
    /// Says something that is not a line of it.
    fn note(&mut self, text: &str);
    /// Says that something is wrong, and that it goes on.
    fn warning(&mut self, text: &str);
}

/// How a release is followed.
#[derive(Debug)]
pub(crate) struct Follow<'a, R> {
    pub(crate) relay: &'a R,
    /// What the request is called, if this program has sent one.
    pub(crate) ticket: Option<&'a Ticket>,
    /// When to give up.
    pub(crate) timeout: Duration,
    /// How long to wait for lines that are late.
    pub(crate) grace: Duration,
}

/// How it ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Ended {
    /// The release has ended with this exit code. `None` if its container has none.
    Released(Option<i32>),
    /// The relay has refused it, for these reasons.
    Refused(Vec<String>),
    /// It ran before, so nothing was started.
    ReleasedBefore(String),
    /// The relay has failed.
    NotJudged(String),
    /// It takes longer than this program may wait.
    TimedOut,
    /// A person has ended this program.
    Interrupted,
}

/// Why it cannot be followed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FollowError {
    #[error("the release cannot be followed")]
    Call(#[from] CallError),
    #[error("its lines cannot be printed")]
    Print(#[from] std::io::Error),
}

impl<R: Relay> Follow<'_, R> {
    /// Prints the lines of a release in the order of their numbers, each once, until it ends.
    ///
    /// # Errors
    /// [`FollowError`] if the queue cannot be read, or the lines not be printed.
    pub(crate) async fn until_end(
        &self,
        mut order: Order,
        printer: &mut impl Printer,
        mut interrupted: Pin<&mut impl Future<Output = ()>>,
        mut attempt: impl FnMut() -> String,
    ) -> Result<Ended, FollowError> {
        let Self { relay, ticket, timeout, grace } = *self;
        let mut inbox = Inbox::new(relay, ticket);
        let deadline = Instant::now() + timeout;
        let mut late_since = None;
        let mut has_begun = false;
        let mut ask_at = Instant::now();
        let mut door = ticket.map_or(Door::Silent, |_| Door::Open);
        let ended = loop {
            if order.is_complete() {
                break Ended::Released(order.exit_code());
            }
            if Instant::now() >= deadline {
                break Ended::TimedOut;
            }
            if door == Door::Open && Instant::now() >= ask_at {
                ask_at = Instant::now() + ASK;
                door = self.door().await;
                if let Door::Started(words) = &door {
                    printer.note(words);
                }
            }
            let name = attempt();
            let most = grace.min(deadline.saturating_duration_since(Instant::now()));
            let received = tokio::select! {
                () = &mut interrupted => break Ended::Interrupted,
                received = inbox.wait(&name, most) => received?,
            };
            let is_empty = received.is_empty();
            let Arrived { lines, is_ours, refusal } = inbox.sort(received, &mut order).await?;
            printer.lines(&lines)?;
            has_begun |= is_ours;
            if let Some(reasons) = refusal {
                break Ended::Refused(reasons);
            }
            // The relay tells the queue first, so this waits until the queue has nothing more. What
            // an earlier reader has left there is printed.
            match &door {
                Door::Refused(reasons) if is_empty => break Ended::Refused(reasons.clone()),
                Door::ReleasedBefore(words) if is_empty && !has_begun => {
                    break Ended::ReleasedBefore(words.clone());
                }
                Door::Failed(problem) if is_empty => break Ended::NotJudged(problem.clone()),
                Door::Refused(_) | Door::ReleasedBefore(_) | Door::Failed(_) => {}
                Door::Open | Door::Silent | Door::Started(_) => {}
            }
            if !lines.is_empty() || !(order.has_gap() || order.has_end()) {
                late_since = None;
                continue;
            }
            let since = *late_since.get_or_insert_with(Instant::now);
            if since.elapsed() < grace || is_ours {
                continue;
            }
            late_since = None;
            let mut had_gap = false;
            while let Some((_, lines)) = order.skip() {
                had_gap = true;
                printer.lines(&lines)?;
                if !order.has_end() {
                    break;
                }
            }
            if order.has_end() && !had_gap {
                break Ended::Released(order.exit_code());
            }
        };
        // Others may get what is theirs when its time is up, at the latest.
        if let Err(error) = inbox.give_back().await {
            printer.warning(&format!("messages of other releases come back late: {error}"));
        }
        summary(&order, &ended, printer);
        Ok(ended)
    }

    /// What became of the request. If nobody here may know, the queue tells.
    async fn door(&self) -> Door {
        let Some(name) = self.ticket else { return Door::Silent };
        let call = || self.relay.answer(name);
        match Budget::of(PATIENCE).call(StateMachine::DESCRIBE, call).await {
            Ok(door) => door,
            Err(CallError::AccessDenied { .. }) => Door::Silent,
            Err(_) => Door::Open,
        }
    }
}

/// Says what a reader of the lines must know in addition.
fn summary(order: &Order, ended: &Ended, printer: &mut impl Printer) {
    let missing = order.missing();
    if !missing.is_empty() {
        let length =
            |gap: &RangeInclusive<u64>| gap.end().saturating_sub(*gap.start()).saturating_add(1);
        let count: u64 = missing.iter().map(length).sum();
        let which: Vec<String> = missing.iter().map(named).collect();
        printer.warning(&format!("{count} lines did not arrive: {}", which.join(", ")));
    }
    if let Ended::Released(code) = ended {
        if !order.counts_lines() {
            printer.warning(
                "the container has not said how many lines there are, so some may be missing",
            );
        }
        if let Some(reason) = order.reason().filter(|_| *code != Some(0)) {
            printer.note(reason);
        }
    }
}

fn named(gap: &RangeInclusive<u64>) -> String {
    match (gap.start(), gap.end()) {
        (start, end) if start == end => start.to_string(),
        (start, end) => format!("{start} to {end}"),
    }
}
