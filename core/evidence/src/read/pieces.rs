//! Reads a saved list piece by piece, so that its text is never in memory as a whole.

use std::io::{self, Read};

use serde::Deserialize;
use serde::de::{DeserializeOwned, IgnoredAny};

use super::saved::{Listed, Saved};

/// How much is read at once, in bytes.
const PIECE: usize = 1 << 20;

/// Why a text cannot be read piece by piece.
enum Whole {
    /// The reader failed.
    Io(io::Error),
    /// It is not UTF-8, or not JSON of the expected form. [`Saved::parse`] knows what is wrong.
    Form,
}

impl Saved {
    /// Reads a file piece by piece, to its end. Returns `None` if it must be read as a whole: it is
    /// in another encoding, or [`Saved::parse`] has to say what is wrong with it.
    ///
    /// # Errors
    /// Those of the reader.
    pub fn from_reader(reader: impl Read) -> io::Result<Option<Self>> {
        read(reader, PIECE)
    }
}

/// Reads pieces of at most this many bytes at first.
fn read(reader: impl Read, piece: usize) -> io::Result<Option<Saved>> {
    let mut window = Window { reader, piece, text: String::new(), at: 0, cut: Vec::new() };
    match saved(&mut window) {
        Ok(saved) => Ok(Some(saved)),
        Err(Whole::Form) => Ok(None),
        Err(Whole::Io(error)) => Err(error),
    }
}

fn saved(window: &mut Window<impl Read>) -> Result<Saved, Whole> {
    let (mut executions, mut actions, mut next_token, mut pipeline_arn) = (None, None, None, None);
    window.expect(b'{')?;
    while window.peek()? != Some(b'}') {
        let key: String = window.value()?;
        window.expect(b':')?;
        match key.as_str() {
            "pipelineExecutionSummaries" => once(&mut executions, window.list()?)?,
            "actionExecutionDetails" => once(&mut actions, window.list()?)?,
            "nextToken" | "NextToken" => once(&mut next_token, window.value()?)?,
            "pipelineArn" => once(&mut pipeline_arn, window.value()?)?,
            _ => {
                window.value::<IgnoredAny>()?;
            }
        }
        if window.peek()? != Some(b'}') {
            window.expect(b',')?;
            // A comma before the brace is not JSON.
            window.is_next(b'"')?;
        }
    }
    window.expect(b'}')?;
    if window.peek()?.is_some() {
        return Err(Whole::Form);
    }
    Ok(Saved {
        executions: executions.flatten(),
        actions: actions.flatten(),
        next_token: next_token.flatten(),
        pipeline_arn: pipeline_arn.flatten(),
    })
}

/// A member may occur once.
fn once<T>(member: &mut Option<T>, value: T) -> Result<(), Whole> {
    if member.replace(value).is_some() { Err(Whole::Form) } else { Ok(()) }
}

/// The part of a text that is in memory.
struct Window<R> {
    reader: R,
    piece: usize,
    text: String,
    /// How much of the text is done with.
    at: usize,
    /// The first bytes of a character whose others are not read yet.
    cut: Vec<u8>,
}

impl<R: Read> Window<R> {
    fn rest(&self) -> &str {
        self.text.get(self.at..).unwrap_or_default()
    }

    /// Reads another piece. Returns whether there was one.
    fn grow(&mut self) -> Result<bool, Whole> {
        drop(self.text.drain(..self.at));
        self.at = 0;
        // A long value is tried again after each piece, so pieces grow with it.
        let length = self.piece.max(self.text.len());
        let mut bytes = std::mem::take(&mut self.cut);
        bytes.reserve(length);
        let mut piece = self.reader.by_ref().take(u64::try_from(length).unwrap_or(u64::MAX));
        let read = piece.read_to_end(&mut bytes).map_err(Whole::Io)?;
        match str::from_utf8(&bytes) {
            Ok(text) => self.text.push_str(text),
            Err(error) if error.error_len().is_none() && read > 0 => {
                self.cut = bytes.split_off(error.valid_up_to());
                self.text.push_str(str::from_utf8(&bytes).map_err(|_| Whole::Form)?);
            }
            Err(_) => return Err(Whole::Form),
        }
        Ok(read > 0)
    }

    /// The next byte that is not white space. Returns `None` at the end of the text.
    fn peek(&mut self) -> Result<Option<u8>, Whole> {
        loop {
            let rest = self.rest();
            let trimmed = rest.trim_start_matches([' ', '\n', '\r', '\t']);
            let (skipped, next) = (rest.len() - trimmed.len(), trimmed.bytes().next());
            self.at += skipped;
            if next.is_some() || !self.grow()? {
                return Ok(next);
            }
        }
    }

    fn is_next(&mut self, byte: u8) -> Result<(), Whole> {
        if self.peek()? == Some(byte) { Ok(()) } else { Err(Whole::Form) }
    }

    fn expect(&mut self, byte: u8) -> Result<(), Whole> {
        self.is_next(byte)?;
        self.at += 1;
        Ok(())
    }

    /// Reads a value, however many pieces it takes.
    fn value<T: DeserializeOwned>(&mut self) -> Result<T, Whole> {
        loop {
            let mut values = serde_json::Deserializer::from_str(self.rest()).into_iter::<T>();
            let value = values.next();
            let end = self.at + values.byte_offset();
            match value {
                // A number at the end may go on in the next piece. Every value is in an object, so
                // the text goes on after it.
                Some(Ok(value)) if end < self.text.len() => {
                    self.at = end;
                    return Ok(value);
                }
                Some(_) | None => {
                    if !self.grow()? {
                        return Err(Whole::Form);
                    }
                }
            }
        }
    }

    /// Reads a list, or `null`.
    fn list<T>(&mut self) -> Result<Option<Vec<Listed<T>>>, Whole>
    where
        Listed<T>: for<'de> Deserialize<'de>,
    {
        if self.peek()? != Some(b'[') {
            return self.value();
        }
        self.at += 1;
        let mut entries = Vec::new();
        if self.peek()? != Some(b']') {
            entries.push(self.value()?);
        }
        while self.peek()? != Some(b']') {
            self.expect(b',')?;
            entries.push(self.value()?);
        }
        self.at += 1;
        Ok(Some(entries))
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::read::history::History;

    /// What a file adds to a history, or an error.
    fn history(saved: Saved) -> Result<History, String> {
        let mut history = History::default();
        saved.add_to(&mut history).map(|_| history).map_err(|error| error.to_string())
    }

    fn check(text: &str, size: usize) {
        let whole = Saved::parse(text).ok();
        let pieces = read(text.as_bytes(), size).unwrap();
        let origin = |saved: &Saved| format!("{:?}", saved.origin());
        assert_eq!(pieces.as_ref().map(origin), whole.as_ref().map(origin), "{text}");
        assert_eq!(pieces.map(history), whole.map(history), "{text}");
    }

    const TEXTS: [&str; 4] = [
        r#"{"pipelineExecutionSummaries": [{"pipelineExecutionId": "e", "startTime": 1767323045.5,
            "trigger": {"triggerDetail": "Zoë \u00eb \\ \" 🚀"}}, {"pipelineExecutionId": "f"}],
            "pipelineArn": "arn:aws:codepipeline:eu-west-1:111122223333:p", "x": [1, -2.5e3, true]}"#,
        r#"{"x": null, "actionExecutionDetails": [{"pipelineExecutionId": "e", "pipelineVersion": 12,
            "input": {"configuration": {"CustomData": "]},{"}}}], "nextToken": null}"#,
        r#"{"actionExecutionDetails": null, "pipelineExecutionSummaries": [], "NextToken": "t"}"#,
        " {\n\t\"a\": 1\r\n} ",
    ];

    #[test]
    fn a_text_in_pieces_is_read_as_the_whole_text() {
        for text in TEXTS {
            for size in 1..=text.len() + 1 {
                check(text, size);
            }
        }
    }

    #[test]
    fn what_is_wrong_as_a_whole_is_not_read_in_pieces() {
        for text in [
            "",
            "[]",
            "{",
            "{}}",
            "{,}",
            r#"{"a": 1,}"#,
            r#"{"a" 1}"#,
            r#"{"a": 1 "b": 2}"#,
            r#"{a: 1}"#,
            r#"{"pipelineArn": 5}"#,
            r#"{"pipelineArn": "a", "pipelineArn": null}"#,
            r#"{"nextToken": null, "NextToken": null}"#,
            r#"{"actionExecutionDetails": [], "actionExecutionDetails": []}"#,
            r#"{"actionExecutionDetails": {}}"#,
            r#"{"actionExecutionDetails": [,]}"#,
            r#"{"actionExecutionDetails": [{},]}"#,
            r#"{"actionExecutionDetails": [{} {}]}"#,
            r#"{"actionExecutionDetails": ["e"]}"#,
            r#"{"pipelineExecutionSummaries": [["e"]]}"#,
            r#"{"pipelineExecutionSummaries": [{"startTime": "yesterday"}]}"#,
        ] {
            assert!(text == "{}}" || Saved::parse(text).is_err(), "{text}");
            for size in [1, 2, 3, 100] {
                check(text, size);
            }
        }
        for bytes in [&b"{\"a\": \"\xff\"}"[..], b"\x1f\x8b", b"\xff\xfe{\0}\0", b"{} \xc3"] {
            assert!(read(bytes, 3).unwrap().is_none(), "{bytes:?}");
        }
    }

    #[test]
    fn a_reader_that_fails_is_an_error() {
        struct Broken;
        impl Read for Broken {
            fn read(&mut self, _: &mut [u8]) -> io::Result<usize> {
                Err(io::Error::other("unplugged"))
            }
        }
        let error = read((&b"{\"a\": "[..]).chain(Broken), 64).unwrap_err();
        assert_eq!(error.to_string(), "unplugged");
    }

    proptest! {
        #[test]
        fn a_damaged_text_is_refused_by_both_or_by_none(
            which in 0..TEXTS.len(), at in any::<prop::sample::Index>(), size in 1_usize..50,
            put in prop::sample::select(vec!["", "{", "}", "[", "]", ",", ":", "\"", "\\", "0", "é"]),
        ) {
            let mut characters: Vec<String> = TEXTS[which].chars().map(String::from).collect();
            let at = at.index(characters.len());
            characters[at] = put.to_owned();
            check(&characters.concat(), size);
        }
    }
}
