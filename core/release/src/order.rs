//! Lines in the order of their numbers, each once.

use std::collections::BTreeMap;
use std::ops::RangeInclusive;

use crate::message::{End, Line, Message};

/// The feedback of one release, as far as it has arrived.
///
/// Messages may come in any order, twice, or never. Numbered lines leave it in the order of their
/// numbers, each once; it keeps those that came too early.
#[derive(Clone, Debug)]
pub struct Order {
    release: String,
    /// The number of the next line. `None` until the first arrives, if earlier ones may have been
    /// read by somebody else.
    next: Option<u64>,
    waiting: BTreeMap<u64, Line>,
    /// Lines that were given up, and have not arrived since.
    missing: Vec<RangeInclusive<u64>>,
    /// Lines that somebody may have read already, and that are printed if they arrive all the same.
    earlier: Vec<RangeInclusive<u64>>,
    /// How many lines there are.
    lines: Option<u64>,
    container: Option<End>,
    machine: Option<End>,
}

/// What a message was.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Taken {
    /// It is about another release, or is a refusal.
    Foreign,
    /// These lines can be printed now.
    Lines(Vec<Line>),
}

impl Order {
    /// The feedback of a release, from its first line.
    #[must_use]
    pub fn new(release: &str) -> Self {
        Self {
            release: release.to_owned(),
            next: Some(1),
            waiting: BTreeMap::new(),
            missing: Vec::new(),
            earlier: Vec::new(),
            lines: None,
            container: None,
            machine: None,
        }
    }

    /// The feedback of a release whose first lines somebody may have read already.
    #[must_use]
    pub fn following(release: &str) -> Self {
        Self { next: None, ..Self::new(release) }
    }

    /// Takes messages that arrived together.
    pub fn take(&mut self, messages: impl IntoIterator<Item = Message>) -> Vec<Taken> {
        let messages = messages.into_iter().collect::<Vec<_>>();
        if self.next.is_none() {
            let ours = messages.iter().filter_map(|message| match message {
                Message::Line(line) if line.release == self.release => line.number,
                Message::Line(_) | Message::End(_) | Message::Refusal(_) => None,
            });
            self.next = ours.min();
            self.earlier = self.next.map(|next| 1..=next.saturating_sub(1)).into_iter().collect();
        }
        messages.into_iter().map(|message| self.take_one(message)).collect()
    }

    fn take_one(&mut self, message: Message) -> Taken {
        match message {
            Message::Line(line) if line.release == self.release => Taken::Lines(self.line(line)),
            Message::End(end) if end.release == self.release => {
                let known = match end.lines {
                    Some(lines) => {
                        self.lines = Some(lines);
                        &mut self.container
                    }
                    None => &mut self.machine,
                };
                known.get_or_insert(end);
                Taken::Lines(Vec::new())
            }
            Message::Line(_) | Message::End(_) | Message::Refusal(_) => Taken::Foreign,
        }
    }

    fn line(&mut self, line: Line) -> Vec<Line> {
        let Some(number) = line.number else { return vec![line] };
        if self.next.is_some_and(|next| number < next) {
            return if self.found(number) { vec![line] } else { Vec::new() };
        }
        self.waiting.entry(number).or_insert(line);
        self.ready()
    }

    /// The lines that follow the last one without a gap.
    fn ready(&mut self) -> Vec<Line> {
        let mut ready = Vec::new();
        while let Some(line) = self.next.and_then(|next| self.waiting.remove(&next)) {
            ready.push(line);
            self.next = self.next.and_then(|next| next.checked_add(1));
        }
        ready
    }

    /// Whether a line was given up. It is not missing any more.
    fn found(&mut self, number: u64) -> bool {
        [&mut self.missing, &mut self.earlier].into_iter().any(|gaps| {
            let Some(at) = gaps.iter().position(|gap| gap.contains(&number)) else {
                return false;
            };
            let gap = gaps.remove(at);
            let parts =
                [*gap.start()..=number.saturating_sub(1), number.saturating_add(1)..=*gap.end()];
            gaps.extend(parts.into_iter().filter(|part| !part.is_empty()));
            true
        })
    }

    /// Gives up the lines before the next one that is here, or before the end. Returns their
    /// numbers, and what can be printed now.
    pub fn skip(&mut self) -> Option<(RangeInclusive<u64>, Vec<Line>)> {
        let next = self.next.unwrap_or(1);
        let waiting = self.waiting.keys().next().copied();
        let end = self.lines.and_then(|lines| lines.checked_add(1));
        let first = waiting.or(end).filter(|first| *first > next)?;
        let gap = next..=first.saturating_sub(1);
        self.missing.push(gap.clone());
        self.next = Some(first);
        Some((gap, self.ready()))
    }

    /// Whether lines wait for earlier ones, or the end has come and lines are still missing.
    #[must_use]
    pub fn has_gap(&self) -> bool {
        !self.waiting.is_empty() || self.lines.is_some_and(|lines| self.next.unwrap_or(1) <= lines)
    }

    /// The lines that were given up and have not arrived.
    #[must_use]
    pub fn missing(&self) -> &[RangeInclusive<u64>] {
        &self.missing
    }

    /// Whether everything has arrived: the container's end with all lines before it, and what the
    /// state machine says about it.
    #[must_use]
    pub fn is_complete(&self) -> bool {
        self.container.is_some() && self.machine.is_some() && !self.has_gap()
    }

    /// Whether one of the two ends has arrived.
    #[must_use]
    pub fn has_end(&self) -> bool {
        self.container.is_some() || self.machine.is_some()
    }

    /// Whether `relay run` has said how many lines there are.
    #[must_use]
    pub fn counts_lines(&self) -> bool {
        self.lines.is_some()
    }

    /// The exit code: the container's own unless it is 0 and the state machine reports a failure.
    /// `None` if there is none, because the container did not run to its end.
    #[must_use]
    pub fn exit_code(&self) -> Option<i32> {
        let container = self.container.as_ref().and_then(|end| end.exit_code);
        match (container, &self.machine) {
            (None | Some(0), Some(machine)) => machine.exit_code,
            (container, _) => container,
        }
    }

    /// How it ended, in words, according to the state machine or `relay run`.
    #[must_use]
    pub fn reason(&self) -> Option<&str> {
        let ends = [&self.machine, &self.container];
        ends.into_iter().flatten().find_map(|end| end.reason.as_deref())
    }
}
