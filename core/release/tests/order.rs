//! Feedback in any order, doubled and delayed.

#![cfg(test)]

use proptest::prelude::*;
use proptest::sample::Index;
use release::{End, Line, Message, Order, Taken};

const OURS: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";

fn line(release: &str, number: u64) -> Message {
    let text = format!("line {number}");
    Message::Line(Line { release: release.to_owned(), number: Some(number), text, more: false })
}

fn end(lines: Option<u64>, exit_code: i32) -> Message {
    let release = OURS.to_owned();
    Message::End(End { release, lines, exit_code: Some(exit_code), reason: None })
}

fn numbers(taken: Vec<Taken>) -> Vec<u64> {
    let lines = taken.into_iter().flat_map(|taken| match taken {
        Taken::Lines(lines) => lines,
        Taken::Foreign => Vec::new(),
    });
    lines.filter_map(|line| line.number).collect()
}

proptest! {
    /// The queue delivers each message at least once, in any order, and other releases' too.
    #[test]
    fn each_line_is_printed_once_and_in_order(
        count in 0..60_u64,
        again in prop::collection::vec(any::<Index>(), 0..60),
        order in prop::collection::vec(any::<Index>(), 200),
        batch in 1..11_usize,
    ) {
        let mut messages: Vec<Message> = (1..=count).map(|number| line(OURS, number)).collect();
        messages.push(end(Some(count), 3));
        messages.push(end(None, 1));
        let doubled: Vec<Message> =
            again.iter().map(|index| index.get(&messages).clone()).collect();
        messages.extend(doubled);
        messages.extend((1..5).map(|number| line("another", number)));
        for (at, index) in order.iter().take(messages.len()).enumerate() {
            let other = index.index(messages.len());
            messages.swap(at, other);
        }
        let mut feedback = Order::new(OURS);
        let mut printed = Vec::new();
        for batch in messages.chunks(batch) {
            printed.extend(numbers(feedback.take(batch.to_vec())));
        }
        prop_assert_eq!(printed, (1..=count).collect::<Vec<_>>());
        prop_assert!(feedback.is_complete());
        prop_assert_eq!(feedback.exit_code(), Some(3));
        prop_assert!(feedback.missing().is_empty());
    }

    /// Lines that never come are known by their numbers, and no other line is held back.
    #[test]
    fn lost_lines_are_named(lost in prop::collection::btree_set(1..40_u64, 1..20)) {
        let mut feedback = Order::new(OURS);
        let arrived: Vec<u64> = (1..=40).filter(|number| !lost.contains(number)).collect();
        let mut printed =
            numbers(feedback.take(arrived.iter().map(|number| line(OURS, *number))));
        feedback.take([end(Some(40), 0)]);
        let mut named = Vec::new();
        while feedback.has_gap() {
            let (gap, lines) = feedback.skip().unwrap();
            named.extend(gap);
            printed.extend(lines.into_iter().filter_map(|line| line.number));
        }
        prop_assert_eq!(printed, arrived);
        prop_assert_eq!(&named, &lost.iter().copied().collect::<Vec<_>>());
        let missing = feedback.missing().iter().cloned().flatten().collect::<Vec<_>>();
        prop_assert_eq!(missing, named);
        // One that comes late after all is printed, once.
        let late = *lost.first().unwrap();
        prop_assert_eq!(numbers(feedback.take([line(OURS, late), line(OURS, late)])), [late]);
        prop_assert_eq!(feedback.missing().iter().cloned().flatten().count(), lost.len() - 1);
    }
}

#[test]
fn lines_without_a_number_are_printed_at_once() {
    let mut feedback = Order::new(OURS);
    let text = "no relay here".to_owned();
    let unnumbered = Line { release: OURS.to_owned(), number: None, text, more: false };
    let taken = feedback.take([line(OURS, 2), Message::Line(unnumbered.clone())]);
    assert_eq!(taken, [Taken::Lines(Vec::new()), Taken::Lines(vec![unnumbered])]);
    assert!(feedback.has_gap());
}

#[test]
fn a_follower_begins_where_the_last_reader_stopped() {
    let mut feedback = Order::following(OURS);
    assert_eq!(feedback.take([line("another", 1)]), [Taken::Foreign]);
    assert_eq!(numbers(feedback.take([line(OURS, 9), line(OURS, 8)])), [8, 9]);
    assert_eq!(numbers(feedback.take([line(OURS, 10), line(OURS, 8)])), [10]);
    feedback.take([end(Some(10), 0), end(None, 0)]);
    assert!(feedback.is_complete());
    // One that nobody has read comes late rather than never.
    assert_eq!(numbers(feedback.take([line(OURS, 5), line(OURS, 5)])), [5]);
    assert!(feedback.missing().is_empty());
}

#[test]
fn no_number_makes_a_reader_begin_again() {
    let mut feedback = Order::new(OURS);
    assert_eq!(numbers(feedback.take([line(OURS, 1)])), [1]);
    let last = format!(r#"{{"release":"{OURS}","line":{},"text":"x"}}"#, u64::MAX);
    feedback.take(Message::parse(&last));
    feedback.skip();
    assert_eq!(numbers(feedback.take([line(OURS, 1)])), Vec::<u64>::new());
}

#[test]
fn a_failed_task_is_not_hidden_by_a_container_that_ended_well() {
    for (container, machine, code) in [(0, 0, 0), (3, 1, 3), (0, 1, 1), (3, 0, 3)] {
        let mut feedback = Order::new(OURS);
        feedback.take([end(None, machine)]);
        assert!(feedback.has_end() && !feedback.is_complete());
        feedback.take([end(Some(0), container)]);
        assert!(feedback.is_complete());
        assert_eq!(feedback.exit_code(), Some(code));
    }
}

#[test]
fn the_end_of_another_release_ends_nothing() {
    let mut feedback = Order::new(OURS);
    let release = "another".to_owned();
    let foreign = End { release, lines: Some(0), exit_code: Some(0), reason: None };
    assert_eq!(feedback.take([Message::End(foreign)]), [Taken::Foreign]);
    assert!(!feedback.has_end() && !feedback.counts_lines() && !feedback.is_complete());
}

#[test]
fn only_the_container_counts_lines() {
    let mut feedback = Order::new(OURS);
    feedback.take([end(None, 0)]);
    assert!(feedback.has_end() && !feedback.counts_lines());
    feedback.take([end(Some(0), 0)]);
    assert!(feedback.counts_lines());
}

#[test]
fn nothing_is_given_up_if_nothing_is_missing() {
    let mut feedback = Order::new(OURS);
    assert_eq!(feedback.skip(), None);
    feedback.take([line(OURS, 1), end(Some(1), 0)]);
    assert_eq!(feedback.skip(), None);
    assert!(feedback.missing().is_empty());
}

#[test]
fn the_state_machine_says_first_how_it_ended() {
    let because = |lines, reason: &str| {
        let (release, reason) = (OURS.to_owned(), Some(reason.to_owned()));
        Message::End(End { release, lines, exit_code: Some(1), reason })
    };
    let mut feedback = Order::new(OURS);
    assert_eq!(feedback.reason(), None);
    feedback.take([because(Some(0), "the program was killed")]);
    assert_eq!(feedback.reason(), Some("the program was killed"));
    feedback.take([because(None, "the task was stopped")]);
    assert_eq!(feedback.reason(), Some("the task was stopped"));
}
