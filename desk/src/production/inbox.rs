//! What the queue delivers.

use std::time::Duration;

use facts::aws::{Queue, Received};
use facts::{Budget, CallError};
use release::{Line, Message, Order, Refusal, Taken, Ticket};
use tokio::time::Instant;

use super::port::Relay;

/// How long the queue waits for a message: SQS's long polling.
const LONG: u64 = 3;
/// How long messages of others are kept back while the queue is asked for ours.
const HELD: Duration = Duration::from_secs(1);
/// How long others may take what went back to them, in milliseconds.
const PAUSE: std::ops::Range<u64> = 200..1_000;
/// How long a request to the queue may take, with its retries.
const PATIENCE: Duration = Duration::from_secs(60);

/// One release's share of a queue.
#[derive(Debug)]
pub(super) struct Inbox<'a, R> {
    relay: &'a R,
    /// What a refusal of our request has.
    ticket: Option<&'a Ticket>,
    /// Messages of others. While they are kept back, the queue delivers what is behind them. It
    /// would deliver the same ones again and again if each went back at once.
    held: Vec<String>,
    held_since: Option<Instant>,
    /// When to ask again. Others get a moment for what went back to them.
    ask_at: Instant,
}

/// What arrived together.
#[derive(Debug, Default)]
pub(super) struct Arrived {
    /// Lines that can be printed.
    pub(super) lines: Vec<Line>,
    /// Whether anything was ours.
    pub(super) is_ours: bool,
    /// Why our request was refused.
    pub(super) refusal: Option<Vec<String>>,
}

impl<'a, R: Relay> Inbox<'a, R> {
    pub(super) fn new(relay: &'a R, ticket: Option<&'a Ticket>) -> Self {
        Self { relay, ticket, held: Vec::new(), held_since: None, ask_at: Instant::now() }
    }

    /// Waits for messages, for about `most` at most. It may be dropped while it waits: what it
    /// would have got comes again.
    pub(super) async fn wait(
        &self,
        attempt: &str,
        most: Duration,
    ) -> Result<Vec<Received>, CallError> {
        let seconds = if self.held.is_empty() { most.as_secs().clamp(1, LONG) } else { 1 };
        tokio::time::sleep_until(self.ask_at).await;
        let call = || self.relay.receive(attempt, seconds);
        Budget::of(PATIENCE).call(Queue::RECEIVE, call).await
    }

    /// Sorts messages. Ours are deleted, and those of others go back.
    pub(super) async fn sort(
        &mut self,
        received: Vec<Received>,
        order: &mut Order,
    ) -> Result<Arrived, CallError> {
        let is_empty = received.is_empty();
        let mut arrived = Arrived::default();
        let mut ours = Vec::new();
        let messages = received.iter().map(|it| Message::parse(&it.body)).collect::<Vec<_>>();
        let taken = order.take(messages.iter().flatten().cloned());
        let mut taken = taken.into_iter();
        for (Received { receipt_handle, .. }, message) in received.into_iter().zip(messages) {
            let taken = message.as_ref().and_then(|_| taken.next());
            match (message, taken) {
                (_, Some(Taken::Lines(lines))) => {
                    arrived.is_ours = true;
                    arrived.lines.extend(lines);
                    ours.push(receipt_handle);
                }
                (Some(Message::Refusal(Refusal { ticket, reasons })), _)
                    if ticket.is_some() && ticket.as_ref() == self.ticket =>
                {
                    arrived.refusal = Some(reasons);
                    ours.push(receipt_handle);
                }
                _ => self.held.push(receipt_handle),
            }
        }
        if !ours.is_empty() {
            let call = || self.relay.delete(&ours);
            Budget::of(PATIENCE).call(Queue::DELETE, call).await?;
        }
        if !self.held.is_empty() {
            let since = *self.held_since.get_or_insert_with(Instant::now);
            if is_empty || arrived.is_ours || since.elapsed() >= HELD {
                self.give_back().await?;
                if !arrived.is_ours {
                    // Two readers that wait equally long would take each other's again.
                    let pause = fastrand::u64(PAUSE);
                    self.ask_at = Instant::now() + Duration::from_millis(pause);
                }
            }
        }
        Ok(arrived)
    }

    /// Lets others receive what is theirs.
    pub(super) async fn give_back(&mut self) -> Result<(), CallError> {
        self.held_since = None;
        let held = std::mem::take(&mut self.held);
        for receipts in held.chunks(Queue::BATCH) {
            let call = || self.relay.give_back(receipts);
            Budget::of(PATIENCE).call(Queue::GIVE_BACK, call).await?;
        }
        Ok(())
    }
}
