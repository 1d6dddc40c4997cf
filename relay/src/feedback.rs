//! Lines of a log, as messages of the queue.

use std::time::Duration;

use facts::aws::{Outgoing, Queue, Untaken};
use facts::{Budget, CallError};
use release::{End, Line, Message, Refusal, TEXT_LIMIT, parts};

use crate::event::{Lines, LogEvent};
use crate::port::Feedback;

/// How often what was not taken is sent again.
const TRIES: u32 = 8;
/// The wait before that, the first time; it doubles.
const WAIT: Duration = Duration::from_millis(50);

/// Why messages did not arrive.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotSent {
    #[error("the feedback could not be sent: {0}")]
    Call(#[from] CallError),
    #[error("the queue did not take {count} of the lines: {code}")]
    Untaken { count: usize, code: String },
}

/// The messages of some lines, in their order.
///
/// What `relay run` has not written has no number. It belongs to the release that the other lines
/// of the stream name; if none does, nobody could tell whose it is, so it stays in the log.
pub(crate) fn messages(lines: &Lines) -> Vec<Outgoing> {
    let parsed = lines.events.iter().map(|event| (event, of_release(event)));
    let parsed = Vec::from_iter(parsed);
    let release = parsed.iter().find_map(|(_, message)| Some(release_of(message.as_ref()?)));
    let messages = parsed.iter().flat_map(|(event, message)| match (message, release) {
        (Some(message), _) => outgoing(release_of(message), id_of(message, event), message),
        (None, Some(release)) => unnumbered(release, event),
        (None, None) => Vec::new(),
    });
    messages.collect()
}

/// What says that a request was refused. Its group is not that of a release: its sender could
/// name any.
pub(crate) fn refusal(refusal: Refusal, request_id: &str) -> Vec<Outgoing> {
    let id = format!("refused-{request_id}");
    let group = refusal.ticket.as_deref().map_or_else(|| id.clone(), str::to_owned);
    outgoing(&group, id.clone(), &Message::Refusal(refusal))
}

/// Sends messages in their order. What the queue does not take is sent again before what follows.
///
/// # Errors
/// [`NotSent`] if some of them did not arrive, or nobody knows. Lambda then invokes the function
/// again, and the queue does not take twice what it has.
pub(crate) async fn send(
    feedback: &impl Feedback,
    messages: Vec<Outgoing>,
    budget: Budget,
) -> Result<usize, NotSent> {
    let sent = messages.len();
    for batch in batches(messages) {
        let mut left = batch;
        let mut wait = WAIT;
        for try_number in 1.. {
            let untaken = budget.call(Queue::SEND, || feedback.send(&left)).await?;
            let Some(Untaken { code, .. }) = untaken.first() else { break };
            let is_hopeless = untaken.iter().any(|it| it.for_good);
            if is_hopeless || try_number >= TRIES {
                return Err(NotSent::Untaken { count: untaken.len(), code: code.clone() });
            }
            let again = |index: &usize| untaken.iter().any(|it| it.index == *index);
            let indexed = left.into_iter().enumerate();
            left = indexed.filter(|(index, _)| again(index)).map(|(_, it)| it).collect();
            tokio::time::sleep(wait).await;
            wait = wait.saturating_mul(2);
        }
    }
    Ok(sent)
}

/// Batches that SQS takes, in order.
fn batches(messages: Vec<Outgoing>) -> Vec<Vec<Outgoing>> {
    let mut batches: Vec<Vec<Outgoing>> = Vec::new();
    let mut bytes = 0_usize;
    for message in messages {
        bytes = bytes.saturating_add(message.body.len());
        match batches.last_mut() {
            Some(last) if last.len() < Queue::BATCH && bytes <= Queue::BATCH_BYTES => {
                last.push(message);
            }
            _ => {
                bytes = message.body.len();
                batches.push(vec![message]);
            }
        }
    }
    batches
}

/// The message that an event holds. A refusal is none: only the function itself refuses.
fn of_release(event: &LogEvent) -> Option<Message> {
    let message = Message::parse(event.message.trim_end())?;
    match message {
        Message::Line(_) | Message::End(_) => Some(message),
        Message::Refusal(_) => None,
    }
}

fn release_of(message: &Message) -> &str {
    match message {
        Message::Line(Line { release, .. }) | Message::End(End { release, .. }) => release,
        Message::Refusal(_) => "",
    }
}

/// What tells a message from all others.
fn id_of(message: &Message, event: &LogEvent) -> String {
    let release = release_of(message);
    match message {
        Message::Line(Line { number: Some(number), .. }) => format!("{release}-{number}"),
        Message::End(_) => format!("{release}-end"),
        Message::Line(_) | Message::Refusal(_) => format!("{release}-{}", event.id),
    }
}

fn unnumbered(release: &str, event: &LogEvent) -> Vec<Outgoing> {
    let mut parts = parts(event.message.trim_end(), TEXT_LIMIT).enumerate().peekable();
    let mut messages = Vec::new();
    while let Some((index, part)) = parts.next() {
        let line = Line {
            release: release.to_owned(),
            number: None,
            text: part.to_owned(),
            more: parts.peek().is_some(),
        };
        let id = format!("{release}-{}-{index}", event.id);
        messages.extend(outgoing(release, id, &Message::Line(line)));
    }
    messages
}

fn outgoing(group: &str, id: String, message: &Message) -> Vec<Outgoing> {
    let body = message.to_json().ok();
    let group = group.to_owned();
    body.map(|body| Outgoing { group, id, body }).into_iter().collect()
}

#[cfg(test)]
mod tests {
    use std::cell::RefCell;
    use std::collections::VecDeque;

    use proptest::prelude::*;

    use super::*;

    const ID: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";

    /// A queue that does not take every message, and loses some of its replies.
    struct Moody {
        moods: RefCell<VecDeque<(Vec<bool>, bool)>>,
        has: RefCell<Vec<Outgoing>>,
        asked: RefCell<Vec<usize>>,
    }

    impl Feedback for Moody {
        async fn send(&self, messages: &[Outgoing]) -> Result<Vec<Untaken>, CallError> {
            let (mood, is_lost) = self.moods.borrow_mut().pop_front().unwrap_or_default();
            self.asked.borrow_mut().push(messages.len());
            let mut untaken = Vec::new();
            for (index, message) in messages.iter().enumerate() {
                let mut has = self.has.borrow_mut();
                match mood.get(index) {
                    Some(true) => untaken.push(Untaken {
                        index,
                        code: "InternalError".to_owned(),
                        for_good: false,
                    }),
                    // SQS does not take twice what has the same id.
                    _ if has.iter().any(|it| it.id == message.id) => {}
                    _ => has.push(message.clone()),
                }
            }
            match is_lost {
                true => Err(CallError::Transient {
                    operation: Queue::SEND,
                    problem: "no reply".to_owned(),
                }),
                false => Ok(untaken),
            }
        }
    }

    fn lines(count: usize) -> Lines {
        let event = |number: usize| {
            let text = format!("line {number}");
            let number = u64::try_from(number).ok();
            let line = Line { release: ID.to_owned(), number, text, more: false };
            let message = Message::Line(line).to_json().unwrap();
            LogEvent { id: format!("{number:?}"), message }
        };
        Lines { stream: "s".to_owned(), events: (1..=count).map(event).collect() }
    }

    fn sent(queue: &Moody, count: usize) -> Result<usize, NotSent> {
        let mut builder = tokio::runtime::Builder::new_current_thread();
        let runtime = builder.enable_time().start_paused(true).build().unwrap();
        runtime.block_on(async {
            let budget = Budget::of(Duration::from_secs(600)).unwatched();
            send(queue, messages(&lines(count)), budget).await
        })
    }

    proptest! {
        #![proptest_config(ProptestConfig::with_cases(64))]

        #[test]
        fn every_line_arrives_once_though_the_queue_takes_only_some(
            count in 0..45_usize,
            moods in prop::collection::vec(
                (prop::collection::vec(any::<bool>(), 10), prop::bool::weighted(0.3)), 0..6),
        ) {
            let queue = Moody {
                moods: RefCell::new(moods.into()),
                has: RefCell::default(),
                asked: RefCell::default(),
            };
            prop_assert_eq!(sent(&queue, count), Ok(count));
            let mut ids: Vec<String> = queue.has.into_inner().into_iter().map(|it| it.id).collect();
            ids.sort();
            let mut wanted: Vec<String> =
                (1..=count).map(|number| format!("{ID}-{number}")).collect();
            wanted.sort();
            prop_assert_eq!(ids, wanted);
            prop_assert!(queue.asked.into_inner().into_iter().all(|asked| asked <= Queue::BATCH));
        }
    }

    #[test]
    fn a_queue_that_never_takes_a_line_ends_the_invocation() {
        let moods = (0..50).map(|_| (vec![true], false)).collect();
        let queue = Moody {
            moods: RefCell::new(moods),
            has: RefCell::default(),
            asked: RefCell::default(),
        };
        let untaken = NotSent::Untaken { count: 1, code: "InternalError".to_owned() };
        assert_eq!(sent(&queue, 2), Err(untaken));
    }

    #[test]
    fn a_batch_is_never_larger_than_sqs_takes() {
        let message =
            |size| Outgoing { group: ID.to_owned(), id: String::new(), body: "x".repeat(size) };
        let sizes = |sizes: &[usize]| -> Vec<usize> {
            batches(sizes.iter().map(|size| message(*size)).collect())
                .iter()
                .map(Vec::len)
                .collect()
        };
        assert_eq!(sizes(&[100; 25]), [10, 10, 5]);
        assert_eq!(sizes(&[100_000; 5]), [2, 2, 1]);
        assert_eq!(sizes(&[262_144, 1]), [1, 1]);
        assert_eq!(sizes(&[]), [0; 0]);
    }

    #[test]
    fn a_line_without_a_number_belongs_to_the_release_of_its_stream() {
        let mut some = lines(1);
        let text = "x".repeat(40_000);
        some.events.insert(0, LogEvent { id: "9".to_owned(), message: text.clone() });
        let found = messages(&some);
        assert_eq!(found.len(), 4);
        assert!(found.iter().all(|it| it.group == ID && it.body.len() < 16 << 10));
        let whole: String = found
            .iter()
            .filter_map(|it| match Message::parse(&it.body) {
                Some(Message::Line(Line { number: None, text, .. })) => Some(text),
                _ => None,
            })
            .collect();
        assert_eq!(whole, text);
    }
}
