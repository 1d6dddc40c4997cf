//! The lines of a stream, as they come.

use std::cell::RefCell;
use std::io::Write;

use tokio::io::{AsyncRead, AsyncReadExt as _};

use super::numbered::Numbered;

/// How much of a line is kept until its end comes.
const LONGEST: usize = 1 << 20;
/// How much is read at once.
const READ: usize = 1 << 16;

/// Numbers the lines of a stream until its end. Lines of two streams never mix, because a line is
/// written when it has ended.
pub(super) async fn copy<R: AsyncRead + Unpin, W: Write>(
    from: Option<R>,
    numbered: &RefCell<Numbered<W>>,
) {
    let Some(mut from) = from else { return };
    let mut buffer = vec![0; READ];
    let mut line = Vec::new();
    loop {
        let read = match from.read(&mut buffer).await {
            Ok(read) => read,
            Err(error) => {
                numbered.borrow_mut().note(&format!("the output cannot be read: {error}"));
                0
            }
        };
        let mut numbered = numbered.borrow_mut();
        let mut pieces = buffer.get(..read).unwrap_or_default().split(|byte| *byte == b'\n');
        // The first piece goes on with the line so far, and so does each after a line break.
        line.extend_from_slice(pieces.next().unwrap_or_default());
        for piece in pieces {
            numbered.line(&line);
            line.clear();
            line.extend_from_slice(piece);
        }
        if line.len() > LONGEST {
            let rest = line.split_off(line.len().saturating_sub(unfinished(&line)));
            numbered.line(&line);
            numbered.note("the line above is longer than 1 MiB, and goes on below");
            line = rest;
        }
        if read == 0 {
            if !line.is_empty() {
                numbered.line(&line);
            }
            numbered.flush();
            return;
        }
        numbered.flush();
    }
}

/// How many bytes at the end begin a character whose other bytes have not come.
fn unfinished(bytes: &[u8]) -> usize {
    match std::str::from_utf8(bytes.rchunks(3).next().unwrap_or_default()) {
        Ok(_) => 0,
        // The first bytes of these three may end a character, so what counts is the last of them
        // that begins one.
        Err(_) => {
            let tail = bytes.iter().rev().take(3);
            let begun = tail.enumerate().find(|(_, byte)| **byte & 0b1100_0000 != 0b1000_0000);
            begun
                .filter(|(_, byte)| **byte >= 0b1100_0000)
                .map_or(0, |(at, _)| at.saturating_add(1))
        }
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;
    use release::Message;

    use super::*;

    /// What a stream that delivers these pieces becomes.
    fn numbered(pieces: &[&[u8]]) -> Vec<Message> {
        let mut written = Vec::new();
        let to = RefCell::new(Numbered::new("x", &mut written));
        let runtime = tokio::runtime::Builder::new_current_thread().build().unwrap();
        let mut stream: Box<dyn AsyncRead + Unpin> = Box::new(tokio::io::empty());
        for piece in pieces {
            stream = Box::new(stream.chain(std::io::Cursor::new(piece.to_vec())));
        }
        runtime.block_on(copy(Some(stream), &to));
        let written = String::from_utf8(written).unwrap();
        written.lines().map(|line| Message::parse(line).expect(line)).collect()
    }

    /// The text of the lines; each ends with a line break unless it goes on.
    fn text(messages: &[Message]) -> String {
        let of = |message: &Message| match message {
            Message::Line(line) => format!("{}{}", line.text, if line.more { "" } else { "\n" }),
            Message::End(_) | Message::Refusal(_) => String::new(),
        };
        messages.iter().map(of).collect()
    }

    proptest! {
        #[test]
        fn nothing_is_lost_however_it_is_cut(
            lines in prop::collection::vec("[^\n]{0,40}", 1..20),
            cuts in prop::collection::vec(any::<prop::sample::Index>(), 0..8),
        ) {
            let whole = lines.iter().map(|line| format!("{line}\n")).collect::<String>();
            let mut at: Vec<usize> = cuts.iter().map(|cut| cut.index(whole.len())).collect();
            at.extend([0, whole.len()]);
            at.sort_unstable();
            let pieces: Vec<&[u8]> =
                at.windows(2).map(|ends| &whole.as_bytes()[ends[0]..ends[1]]).collect();
            let read = numbered(&pieces);
            prop_assert_eq!(text(&read), whole);
            let in_order = read.iter().zip(1..).all(|(message, expected)| {
                matches!(message, Message::Line(line) if line.number == Some(expected))
            });
            prop_assert!(in_order && read.len() == lines.len());
        }
    }

    #[test]
    fn the_last_line_needs_no_line_break_and_bad_bytes_are_replaced() {
        assert_eq!(text(&numbered(&[b"a\n\nb\xff"])), "a\n\nb\u{fffd}\n");
        assert_eq!(numbered(&[]), []);
    }

    #[test]
    fn a_long_line_is_cut_and_says_so() {
        let long = "é\"".repeat(20_000);
        let read = numbered(&[long.as_bytes(), b"\nnext\n"]);
        assert_eq!(text(&read), format!("{long}\nnext\n"));
        assert!(read.len() > 4);
        for message in &read {
            assert!(message.to_json().unwrap().len() < 16 << 10);
        }
    }

    #[test]
    fn a_line_without_an_end_does_not_fill_the_memory() {
        let endless = "é".repeat(1_200_000);
        let pieces: Vec<&[u8]> = endless.as_bytes().chunks(4_097).collect();
        let text = text(&numbered(&pieces));
        let notes = text.matches("longer than 1 MiB").count();
        assert_eq!(notes, 2);
        let without: String =
            text.lines().filter(|line| !line.starts_with("relay run: ")).collect();
        assert_eq!(without, endless);
    }
}
