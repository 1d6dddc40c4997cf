//! Lines as JSON, with their numbers.

use std::io::Write;

use release::{End, Line, Message, TEXT_LIMIT, parts};

/// Writes numbered lines. If they cannot be written, the command runs on: it is in the middle of a
/// deployment.
#[derive(Debug)]
pub(super) struct Numbered<W> {
    release: String,
    /// How many there are so far.
    lines: u64,
    out: W,
    is_broken: bool,
}

impl<W: Write> Numbered<W> {
    pub(super) fn new(release: &str, out: W) -> Self {
        Self { release: release.to_owned(), lines: 0, out, is_broken: false }
    }

    /// Writes a line without its line break, in parts if it is long. What is not UTF-8 is replaced.
    pub(super) fn line(&mut self, bytes: &[u8]) {
        let text = String::from_utf8_lossy(bytes);
        let mut parts = parts(&text, TEXT_LIMIT).peekable();
        while let Some(part) = parts.next() {
            self.lines = self.lines.saturating_add(1);
            self.write(&Message::Line(Line {
                release: self.release.clone(),
                number: Some(self.lines),
                text: part.to_owned(),
                more: parts.peek().is_some(),
            }));
        }
    }

    /// Writes a line that `relay run` itself prints.
    pub(super) fn note(&mut self, text: &str) {
        self.line(format!("relay run: {text}").as_bytes());
    }

    /// Writes how the command ended.
    pub(super) fn end(&mut self, exit_code: i32, reason: Option<String>) {
        self.write(&Message::End(End {
            release: self.release.clone(),
            lines: Some(self.lines),
            exit_code: Some(exit_code),
            reason,
        }));
        self.flush();
    }

    /// Lets others see what was written.
    pub(super) fn flush(&mut self) {
        let flushed = self.out.flush();
        self.unless_broken(flushed);
    }

    fn write(&mut self, message: &Message) {
        let line = message.to_json().map_err(std::io::Error::other);
        let written = line.and_then(|line| writeln!(self.out, "{line}"));
        self.unless_broken(written);
    }

    fn unless_broken(&mut self, written: std::io::Result<()>) {
        if let Err(error) = written
            && !self.is_broken
        {
            self.is_broken = true;
            let _ = writeln!(std::io::stderr(), "relay run: the output cannot be written: {error}");
        }
    }
}
