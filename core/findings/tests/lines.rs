//! Words that are wider than the screen, or than the rest of a line.

#![cfg(test)]

use findings::Lines;

fn labelled(width: usize, label: &str, text: &str) -> String {
    let mut lines = Lines::new(width);
    lines.paragraph(label, label.len(), 0, text);
    lines.finish()
}

fn written(width: usize, text: &str) -> String {
    labelled(width, "", text)
}

#[test]
fn a_first_word_that_fits_in_a_line_is_not_broken_after_a_label() {
    assert_eq!(labelled(10, "label: ", "abc"), "label: abc\n");
    assert_eq!(labelled(10, "label: ", "ab:defghij"), "label:\nab:defghij\n");
    assert_eq!(labelled(10, "label: ", "ab:defghijk"), "label: ab:\ndefghijk\n");
}

#[test]
fn a_first_word_wider_than_the_screen_begins_at_once_and_goes_on_in_the_next_lines() {
    assert_eq!(written(10, "abcdefghijklmnopqrstuvwxyz"), "abcdefghij\nklmnopqrst\nuvwxyz\n");
    assert_eq!(written(10, "abcdefghijkl/mn:op"), "abcdefghij\nkl/mn:op\n");
}

#[test]
fn a_screen_without_columns_has_a_character_in_each_line() {
    assert_eq!(written(0, "ab"), "a\nb\n");
}
