//! Lines of text that are not wider than the terminal.

use std::fmt::Display;
use std::fmt::Write as _;

use anstyle::Style;

/// Text that is written with a width.
pub struct Lines {
    out: String,
    width: usize,
}

impl Lines {
    /// Nothing yet. `width` is in columns.
    #[must_use]
    pub fn new(width: usize) -> Self {
        Self { out: String::new(), width }
    }

    /// Everything written.
    #[must_use]
    pub fn finish(self) -> String {
        self.out
    }

    /// An empty line.
    pub fn blank(&mut self) {
        self.out.push('\n');
    }

    /// A paragraph. It begins with `label`, which takes `columns` columns and may have colours, and
    /// its further lines are indented.
    pub fn paragraph(&mut self, label: impl Display, columns: usize, indent: usize, text: &str) {
        // Writing to a string cannot fail.
        let _ = write!(self.out, "{label}");
        self.words(columns, indent, text);
        self.out.push('\n');
    }

    /// An indented paragraph in a style.
    pub fn styled(&mut self, style: Style, indent: usize, text: &str) {
        let _ = write!(self.out, "{:indent$}{style}", "");
        self.words(indent, indent, text);
        let _ = writeln!(self.out, "{style:#}");
    }

    /// Writes words from a column on.
    fn words(&mut self, mut column: usize, indent: usize, text: &str) {
        for (at, word) in text.split(' ').enumerate() {
            let length = word.chars().count();
            let space = usize::from(at > 0);
            if column + space + length <= self.width {
                self.out.extend(std::iter::repeat_n(' ', space));
                self.out.push_str(word);
                column += space + length;
                continue;
            }
            // The first word follows the label, unless it is an ARN that fits on its own line.
            if at > 0 || indent + length <= self.width {
                column = self.new_line(indent);
            }
            column = self.long_word(word, column, indent);
        }
    }

    /// Writes a word. One that is wider than a line is usually an ARN, and breaks after a colon, a
    /// slash or a comma if it can.
    fn long_word(&mut self, word: &str, mut column: usize, indent: usize) -> usize {
        for piece in word.split_inclusive([':', '/', ',']) {
            if column + piece.chars().count() > self.width && column > indent {
                column = self.new_line(indent);
            }
            for c in piece.chars() {
                if column >= self.width && column > indent {
                    column = self.new_line(indent);
                }
                self.out.push(c);
                column += 1;
            }
        }
        column
    }

    fn new_line(&mut self, indent: usize) -> usize {
        self.out.truncate(self.out.trim_end_matches(' ').len());
        self.out.push('\n');
        self.out.extend(std::iter::repeat_n(' ', indent));
        indent
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    #[test]
    fn lines_end_at_the_width_and_long_words_break_after_their_parts() {
        let mut lines = Lines::new(20);
        lines.paragraph("note: ", 6, 2, "one two three four arn:aws:iam::111122223333:user/ann x");
        let expected =
            ["note: one two three", "  four", "  arn:aws:iam::", "  111122223333:user/", "  ann x"];
        assert_eq!(lines.finish(), expected.join("\n") + "\n");
    }

    proptest! {
        #[test]
        fn no_line_is_wider_and_no_character_is_lost(
            text in "[a-z:/ ]{0,200}", width in 10_usize..60, indent in 0_usize..8,
        ) {
            let mut lines = Lines::new(width);
            lines.paragraph("  x ", 4, indent, &text);
            let written = lines.finish();
            prop_assert!(written.lines().all(|line| line.chars().count() <= width), "{written}");
            let bare = |text: &str| text.replace([' ', '\n'], "");
            prop_assert_eq!(bare(&written), format!("x{}", bare(&text)));
        }
    }
}
