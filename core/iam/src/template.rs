//! A text of a policy with policy variables in it.
//!
//! IAM User Guide, "IAM policy elements: Variables and tags": variables are replaced in policies of
//! Version 2012-10-17 only; `${*}`, `${?}` and `${$}` stand for the characters themselves; a
//! default stands in single quotes after a comma.

use std::iter::Peekable;
use std::str::Chars;

use thiserror::Error;

use crate::context::{Context, Value};
use crate::pattern::Pattern;
use crate::truth::Truth;

/// A text of a policy in which `*` and `?` are wildcards and, where the policy's version has them,
/// `${...}` are policy variables.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    source: String,
    /// What it is made of, where it has policy variables. Most have none: their characters say it
    /// all.
    parts: Option<Vec<Part>>,
}

#[derive(Clone, Debug, PartialEq, Eq, Hash)]
enum Part {
    Piece(Piece),
    Variable { key: String, default: Option<String> },
}

/// A template in a context.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Resolved {
    /// What the pattern is made of.
    Pieces(Vec<Piece>),
    /// A variable has no value and no default: matches nothing.
    NoValue,
}

/// A piece of a resolved template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// This character, be it written so or of a variable's value. A `*` in a user's name is no
    /// wildcard.
    Char(char),
    /// `?`: one character, whichever.
    AnyOne,
    /// `*`: characters, or none.
    AnyRun,
    /// A variable whose value is not known before the request: may become any text, or have no
    /// value.
    Unknown,
}

impl Piece {
    /// What a character of a policy is, outside of policy variables.
    fn written(c: char) -> Self {
        match c {
            '*' => Self::AnyRun,
            '?' => Self::AnyOne,
            c => Self::Char(c),
        }
    }
}

/// Why a text is no template.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `${aws:username`.
    #[error(
        "the policy variable `${{{0}` in `{1}` is not closed: add `}}`, or write `${{$}}` for a plain `$`"
    )]
    Open(String, String),
    /// `${}`, `${ aws:username }`, `${aws:user name}`.
    #[error("`${{{0}}}` in `{1}` names no condition key: write `${{key}}`, without spaces")]
    Key(String, String),
    /// `${aws:username, none}`.
    #[error(
        "the default of the policy variable `${{{0}` in `{1}` is not in single quotes: write `${{key, 'default'}}`"
    )]
    Default(String, String),
}

impl Template {
    /// Reads a text. Without `variables` (Version 2008-10-17, which is what a policy without a
    /// Version has), `${` is plain text.
    ///
    /// # Errors
    /// [`TemplateError`] when a policy variable is malformed.
    pub fn parse(text: &str, variables: bool) -> Result<Self, TemplateError> {
        let template = |parts| Self { source: text.to_owned(), parts };
        if !variables || !text.contains("${") {
            return Ok(template(None));
        }
        let mut parts = Vec::new();
        let mut rest = text.chars().peekable();
        while let Some(c) = rest.next() {
            parts.push(match c {
                '$' if rest.next_if_eq(&'{').is_some() => variable(&mut rest, text)?,
                c => Part::Piece(Piece::written(c)),
            });
        }
        Ok(template(Some(parts)))
    }

    /// Whether it names a condition key.
    #[must_use]
    pub fn has_variables(&self) -> bool {
        self.keys().next().is_some()
    }

    /// The condition keys that it names.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        self.parts.iter().flatten().filter_map(|part| match part {
            Part::Variable { key, .. } => Some(key.as_str()),
            Part::Piece(_) => None,
        })
    }

    /// Whether it is the value of this condition key, and nothing else: `${aws:username}`.
    #[must_use]
    pub fn is_value_of(&self, key: &str) -> bool {
        match self.parts.as_deref() {
            Some([Part::Variable { key: named, default: None }]) => named.eq_ignore_ascii_case(key),
            _ => false,
        }
    }

    /// Whether it matches every text: `*`.
    #[must_use]
    pub(crate) fn is_any_text(&self) -> bool {
        self.parts.is_none() && !self.source.is_empty() && self.source.chars().all(|c| c == '*')
    }

    /// The text as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// What it stands for in a context.
    #[must_use]
    pub fn resolve(&self, context: &Context) -> Resolved {
        let Some(parts) = &self.parts else {
            return Resolved::Pieces(self.source.chars().map(Piece::written).collect());
        };
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Piece(piece) => pieces.push(*piece),
                Part::Variable { key, default } => match (context.get(key), default) {
                    (Value::Known([value]), _) | (Value::Absent, Some(value)) => {
                        pieces.extend(value.chars().map(Piece::Char));
                    }
                    // Only single-valued keys can be variables; what several values would do is not
                    // documented.
                    (Value::Present | Value::Unknown | Value::Known(_), _) => {
                        pieces.push(Piece::Unknown)
                    }
                    (Value::Absent, None) => return Resolved::NoValue,
                },
            }
        }
        Resolved::Pieces(pieces)
    }
}

/// Reads what follows `${`.
fn variable(rest: &mut Peekable<Chars<'_>>, text: &str) -> Result<Part, TemplateError> {
    let mut key = String::new();
    loop {
        match rest.next() {
            Some('}') => break,
            Some(',') => {
                let default = default(rest, &key, text)?;
                return Ok(Part::Variable { key: checked(key, text)?, default: Some(default) });
            }
            Some(c) => key.push(c),
            None => return Err(TemplateError::Open(key, text.to_owned())),
        }
    }
    Ok(match key.as_str() {
        "*" => Part::Piece(Piece::Char('*')),
        "?" => Part::Piece(Piece::Char('?')),
        "$" => Part::Piece(Piece::Char('$')),
        _ => Part::Variable { key: checked(key, text)?, default: None },
    })
}

/// Reads what follows the comma, to the closing brace.
fn default(rest: &mut Peekable<Chars<'_>>, key: &str, text: &str) -> Result<String, TemplateError> {
    while rest.next_if_eq(&' ').is_some() {}
    let not_quoted = || TemplateError::Default(key.to_owned(), text.to_owned());
    rest.next_if_eq(&'\'').ok_or_else(not_quoted)?;
    let mut value = String::new();
    loop {
        match rest.next() {
            Some('\'') => break,
            Some(c) => value.push(c),
            None => return Err(not_quoted()),
        }
    }
    while rest.next_if_eq(&' ').is_some() {}
    rest.next_if_eq(&'}').ok_or_else(not_quoted)?;
    Ok(value)
}

/// A condition key; tag keys may hold spaces inside.
fn checked(key: String, text: &str) -> Result<String, TemplateError> {
    if key.is_empty() || key.trim() != key || key.contains(['$', '{', '*', '?']) {
        return Err(TemplateError::Key(key, text.to_owned()));
    }
    Ok(key)
}

impl Resolved {
    /// With each piece made another.
    #[must_use]
    pub(crate) fn map(self, piece: impl Fn(Piece) -> Piece) -> Self {
        match self {
            Self::Pieces(pieces) => Self::Pieces(pieces.into_iter().map(piece).collect()),
            Self::NoValue => Self::NoValue,
        }
    }

    /// Whether it matches the whole text.
    #[must_use]
    pub fn matches(&self, text: &str) -> Truth {
        match self {
            Self::NoValue => Truth::No,
            Self::Pieces(pieces) => {
                if !Pattern::from_pieces(pieces).matches(text) {
                    Truth::No
                } else if pieces.contains(&Piece::Unknown) {
                    Truth::Unknown
                } else {
                    Truth::Yes
                }
            }
        }
    }
}
