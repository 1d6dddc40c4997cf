//! Text that fits on a terminal of 80 columns.

use jiff::{SignedDuration, Timestamp};

/// The width of lines.
const COLUMNS: usize = 80;
/// The width of labels.
const LABEL: usize = 12;

/// Lines with a label in front, wrapped at words.
#[derive(Debug, Default)]
pub(crate) struct Lines(String);

impl Lines {
    /// A line without a label.
    pub(crate) fn title(&mut self, text: &str) {
        self.wrap("", 0, text);
    }

    /// A line with a label.
    pub(crate) fn row(&mut self, label: &str, text: &str) {
        self.wrap(&format!("  {label:<width$}", width = LABEL - 2), LABEL, text);
    }

    /// A text with its own line breaks, below the last line.
    pub(crate) fn below(&mut self, text: &str) {
        for line in text.lines() {
            self.row("", line);
        }
    }

    /// An empty line.
    pub(crate) fn gap(&mut self) {
        self.0.push('\n');
    }

    /// The text.
    pub(crate) fn finish(self) -> String {
        self.0
    }

    /// A word that is longer than a line is not broken, so that it can be copied.
    fn wrap(&mut self, start: &str, indent: usize, text: &str) {
        let mut line = start.to_owned();
        let mut is_empty = true;
        for word in text.split_whitespace() {
            let width = line.chars().count() + usize::from(!is_empty) + word.chars().count();
            if width > COLUMNS && !is_empty {
                self.push(&line);
                line = " ".repeat(indent);
                is_empty = true;
            }
            if !is_empty {
                line.push(' ');
            }
            line.push_str(word);
            is_empty = false;
        }
        self.push(&line);
    }

    fn push(&mut self, line: &str) {
        self.0.push_str(line.trim_end());
        self.0.push('\n');
    }
}

/// The most names in a sentence.
const NAMES: usize = 3;

/// Names in a sentence: `A`, `A and B`, `A, B, C and 2 more`.
pub(crate) fn listed(names: &[String]) -> String {
    let (named, rest) = match names.len() {
        ..=NAMES => match names.split_last() {
            Some((last, first)) if !first.is_empty() => (first, last.clone()),
            Some(_) | None => return names.concat(),
        },
        many => (names.get(..NAMES).unwrap_or_default(), format!("{} more", many - NAMES)),
    };
    format!("{} and {rest}", named.join(", "))
}

/// A time, to the minute.
pub(crate) fn at(time: Timestamp) -> String {
    time.strftime("%Y-%m-%d %H:%M UTC").to_string()
}

/// A length of time in its greatest unit: `3 h`.
pub(crate) fn since(duration: SignedDuration) -> String {
    let minutes = duration.as_mins();
    match minutes {
        ..1 => "less than a minute".to_owned(),
        1..120 => format!("{minutes} min"),
        120..2880 => format!("{} h", minutes / 60),
        _ => format!("{} d", minutes / 1440),
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn long_text_wraps_below_its_label() {
        let mut lines = Lines::default();
        lines.title("payments");
        lines.row("releases", &"word ".repeat(30));
        lines.row("you", &"x".repeat(100));
        let text = lines.finish();
        let expected = format!(
            "payments\n  releases  {}\n            {}\n            word word word word\n  you       {}\n",
            ["word"; 13].join(" "),
            ["word"; 13].join(" "),
            "x".repeat(100)
        );
        assert_eq!(text, expected);
    }

    #[test]
    fn many_names_in_a_sentence_are_counted() {
        let names = ["A", "B", "C", "D", "E"].map(str::to_owned);
        let said: Vec<String> = (0..=5).map(|count| listed(&names[..count])).collect();
        assert_eq!(
            said,
            ["", "A", "A and B", "A, B and C", "A, B, C and 1 more", "A, B, C and 2 more"]
        );
    }

    #[test]
    fn lengths_of_time_have_one_unit() {
        let lengths =
            [0, 5, 119, 120, 2879, 2880, 10_080].map(SignedDuration::from_mins).map(since);
        let expected = ["less than a minute", "5 min", "119 min", "2 h", "47 h", "2 d", "7 d"];
        assert_eq!(lengths, expected);
    }
}
