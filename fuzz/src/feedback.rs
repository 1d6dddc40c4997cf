//! What comes back about a release.

use std::collections::BTreeSet;

use release::{Line, Message, Order, TEXT_LIMIT, Taken, parts};

/// Messages, one on each line, in pairs that arrive together. Each is written as it is read. Each
/// numbered line is printed at most once, and in order unless it was given up.
pub fn check(data: &[u8]) {
    let Ok(text) = str::from_utf8(data) else { return };
    for limit in [6, 40, TEXT_LIMIT] {
        assert_eq!(parts(text, limit).collect::<String>(), text);
    }
    let messages: Vec<Message> = text.lines().filter_map(Message::parse).collect();
    for message in &messages {
        let written = message.to_json().unwrap_or_default();
        assert_eq!(Message::parse(&written).as_ref(), Some(message), "{written}");
        assert!(!written.contains('\n'));
    }
    for mut order in [Order::new("r"), Order::following("r")] {
        let mut printed = BTreeSet::new();
        let mut print = |lines: Vec<Line>| {
            for number in lines.into_iter().filter_map(|line| line.number) {
                assert!(printed.insert(number), "line {number} is printed twice");
            }
        };
        for pair in messages.chunks(2) {
            for taken in order.take(pair.iter().cloned()) {
                match taken {
                    Taken::Lines(lines) => print(lines),
                    Taken::Foreign => {}
                }
            }
        }
        while let Some((gap, lines)) = order.skip() {
            assert!(!gap.is_empty());
            print(lines);
        }
        assert!(!order.has_gap() || !order.counts_lines() || order.skip().is_none());
        for gap in order.missing() {
            assert!(printed.range(gap.clone()).next().is_none(), "a printed line is missing");
        }
        let _ = (order.is_complete(), order.exit_code(), order.reason().is_some());
    }
}
