//! Frames: the resources that a question is about.

use crate::arn::Resource;
use crate::pattern::{Alphabet, Class, Pattern, Token};

/// A set of texts: the resources that a question is about.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Frame(Pattern);

/// A piece of a frame.
#[derive(Clone, Copy, Debug)]
pub enum FramePart<'a> {
    /// This text.
    Text(&'a str),
    /// The names that a glob of `*` and `?` matches. The wildcards match characters of the
    /// alphabet only, and a name is never empty.
    Glob(&'a str, &'static Alphabet),
    /// Any text, or none.
    Anything,
}

impl Frame {
    /// Joins the parts.
    #[must_use]
    pub fn new(parts: &[FramePart<'_>]) -> Self {
        let tokens = parts.iter().flat_map(|part| match part {
            FramePart::Text(text) => text.chars().map(Token::Exactly).collect(),
            FramePart::Glob(text, alphabet) => glob(text, alphabet),
            FramePart::Anything => vec![Token::Run(Class::Any)],
        });
        Self(Pattern::from_tokens(tokens))
    }

    /// Whether it has a text.
    #[must_use]
    pub fn has(&self, text: &str) -> bool {
        self.0.matches(text)
    }

    /// Whether a resource may match any of the frame's texts.
    pub(crate) fn meets(&self, resource: &Resource) -> bool {
        self.0.meets(&resource.pattern)
    }

    /// The pattern of the frame's texts.
    pub(crate) fn pattern(&self) -> &Pattern {
        &self.0
    }

    /// The pattern of the frame's texts, each with a suffix.
    pub(crate) fn with(&self, suffix: &str) -> Pattern {
        Pattern::from_tokens(self.0.tokens().chain(suffix.chars().map(Token::Exactly)))
    }
}

fn glob(glob: &str, alphabet: &'static Alphabet) -> Vec<Token> {
    let class = Class::Of(alphabet);
    // A name is never empty.
    let first = glob.chars().all(|c| c == '*').then_some(Token::One(class));
    let tokens = glob.chars().map(|c| match c {
        '*' => Token::Run(class),
        '?' => Token::One(class),
        c => Token::Exactly(c),
    });
    first.into_iter().chain(tokens).collect()
}
