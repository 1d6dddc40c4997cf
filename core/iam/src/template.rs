//! Texts of policies, with wildcards and policy variables.
//!
//! IAM User Guide, "IAM policy elements: Variables and tags": variables are replaced in policies of
//! Version 2012-10-17 only; `${*}`, `${?}` and `${$}` stand for the characters themselves; a
//! default value follows a comma, in single quotes.

use std::iter::Peekable;
use std::str::Chars;

use thiserror::Error;

use crate::context::{Context, Value};
use crate::pattern::{Class, Pattern, Token};
use crate::truth::Truth;

/// The colons before the resource of an ARN: `arn:partition:service:region:account:`.
pub(crate) const COLONS: usize = 5;

/// A text of a policy. `*` and `?` are wildcards; `${...}` are policy variables if the version of
/// the policy has them.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Template {
    source: String,
    /// `None` if the text has no policy variables, as most: then the source is enough.
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
    /// The pieces of its pattern.
    Pieces(Vec<Piece>),
    /// A variable has no value and no default, so the text matches nothing.
    NoValue,
}

/// A piece of a resolved template.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Piece {
    /// This character: written in the policy, or part of a variable's value. A `*` in the name of a
    /// user is not a wildcard.
    Char(char),
    /// `?`: any one character.
    AnyOne,
    /// `*`: any characters, or none.
    AnyRun,
    /// A variable whose value only the request shows. It may become any text, or have no value.
    Unknown,
}

impl Piece {
    /// Reads a character outside of policy variables.
    fn from_source(c: char) -> Self {
        match c {
            '*' => Self::AnyRun,
            '?' => Self::AnyOne,
            c => Self::Char(c),
        }
    }
}

/// Why a text is not a valid template.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum TemplateError {
    /// `${aws:username`.
    #[error(
        "the policy variable `${{{0}` in `{1}` is not closed: add `}}`, or write `${{$}}` for a plain `$`"
    )]
    Open(String, String),
    /// `${}`, `${ aws:username }`, `${aws:user name}`.
    #[error("`${{{0}}}` in `{1}` does not name a condition key: write `${{key}}`, without spaces")]
    Key(String, String),
    /// `${aws:username, none}`.
    #[error(
        "the default of the policy variable `${{{0}` in `{1}` is not in single quotes: write `${{key, 'default'}}`"
    )]
    Default(String, String),
}

impl Template {
    /// Reads a text. Without `variables`, `${` is plain text: so it is in policies of Version
    /// 2008-10-17, the default version.
    ///
    /// # Errors
    /// [`TemplateError`] if a policy variable is malformed.
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
                c => Part::Piece(Piece::from_source(c)),
            });
        }
        Ok(template(Some(parts)))
    }

    /// Whether any policy variable is in it.
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

    /// Whether it is `*`, which matches every text.
    #[must_use]
    pub(crate) fn is_any_text(&self) -> bool {
        self.parts.is_none() && !self.source.is_empty() && self.source.chars().all(|c| c == '*')
    }

    /// The text as written.
    #[must_use]
    pub fn source(&self) -> &str {
        &self.source
    }

    /// Replaces the policy variables by their values in a context.
    #[must_use]
    pub fn resolve(&self, context: &Context) -> Resolved {
        let Some(parts) = &self.parts else {
            return Resolved::Pieces(self.source.chars().map(Piece::from_source).collect());
        };
        let mut pieces = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Piece(piece) => pieces.push(*piece),
                Part::Variable { key, default } => match (context.get(key), default) {
                    (Value::Absent, None) => return Resolved::NoValue,
                    (Value::Absent, Some(value)) => pieces.extend(literal(value)),
                    // Only single-valued keys can be variables. AWS does not document the effect of
                    // several values.
                    (Value::Known(values), _) => match values.as_slice() {
                        [value] => pieces.extend(literal(value)),
                        _ => pieces.push(Piece::Unknown),
                    },
                    (Value::Beginning(value), _) => {
                        pieces.extend(literal(value));
                        pieces.push(Piece::Unknown);
                    }
                    (Value::Since(_) | Value::Present | Value::Unknown, _) => {
                        pieces.push(Piece::Unknown);
                    }
                },
            }
        }
        Resolved::Pieces(pieces)
    }

    /// Replaces the policy variables of a resource. Those before the fifth colon stay as written:
    /// "You can't use a variable to replace parts of the ARN before the fifth colon" (IAM User
    /// Guide, "IAM policy elements: Variables and tags").
    #[must_use]
    pub(crate) fn resolve_resource(&self, context: &Context) -> Resolved {
        let Some(parts) = &self.parts else { return self.resolve(context) };
        let mut colons = 0;
        let mut parts_of_resource = Vec::with_capacity(parts.len());
        for part in parts {
            match part {
                Part::Variable { key, .. } if colons < COLONS => {
                    let written = literal("${").chain(literal(key)).chain(literal("}"));
                    parts_of_resource.extend(written.map(Part::Piece));
                }
                Part::Piece(piece) => {
                    colons += usize::from(*piece == Piece::Char(':'));
                    parts_of_resource.push(Part::Piece(*piece));
                }
                Part::Variable { .. } => parts_of_resource.push(part.clone()),
            }
        }
        Self { source: String::new(), parts: Some(parts_of_resource) }.resolve(context)
    }
}

fn literal(value: &str) -> impl Iterator<Item = Piece> {
    value.chars().map(Piece::Char)
}

/// Reads the rest of a variable after its `${`.
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

/// Reads the default value after the comma, up to the closing brace.
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

/// Checks a condition key. Keys of tags may contain spaces, though not at their ends.
fn checked(key: String, text: &str) -> Result<String, TemplateError> {
    if key.is_empty() || key.trim() != key || key.contains(['$', '{', '*', '?']) {
        return Err(TemplateError::Key(key, text.to_owned()));
    }
    Ok(key)
}

/// The pattern of all texts that pieces may match. A variable whose value is not known may become
/// any text.
pub(crate) fn pattern(pieces: &[Piece]) -> Pattern {
    Pattern::from_tokens(pieces.iter().map(|piece| match *piece {
        Piece::AnyRun | Piece::Unknown => Token::Run(Class::Any),
        Piece::AnyOne => Token::One(Class::Any),
        Piece::Char(c) => Token::Exactly(c),
    }))
}

impl Resolved {
    /// Replaces each piece.
    #[must_use]
    pub(crate) fn map(self, piece: impl Fn(Piece) -> Piece) -> Self {
        match self {
            Self::Pieces(pieces) => Self::Pieces(pieces.into_iter().map(piece).collect()),
            Self::NoValue => Self::NoValue,
        }
    }

    /// Whether it matches a text of which only the beginning is known.
    #[must_use]
    pub(crate) fn matches_beginning(&self, beginning: &str) -> Truth {
        let Self::Pieces(pieces) = self else { return Truth::No };
        let begun = beginning.chars().map(Token::Exactly).chain([Token::Run(Class::Any)]);
        let wanted = pattern(pieces);
        if !wanted.meets(&Pattern::from_tokens(begun)) {
            Truth::No
        } else if pieces.last() == Some(&Piece::AnyRun) && self.matches(beginning) == Truth::Yes {
            Truth::Yes
        } else {
            Truth::Unknown
        }
    }

    /// Whether it matches the whole text. Unknown if that depends on the value of a variable.
    #[must_use]
    pub fn matches(&self, text: &str) -> Truth {
        match self {
            Self::NoValue => Truth::No,
            Self::Pieces(pieces) => {
                if !pattern(pieces).matches(text) {
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
