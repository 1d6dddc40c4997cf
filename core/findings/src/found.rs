//! What an examination finds: the answer to its question, and the findings.

use crate::Finding;

/// Everything that an examination found.
#[derive(Clone, Debug, Default)]
pub struct Found {
    /// The findings, in any order.
    pub findings: Vec<Finding>,
    /// The answer to the question of the command, if it asks one.
    pub answer: Option<Answer>,
    /// What the examined files do not show.
    pub elsewhere: Vec<Elsewhere>,
}

impl From<Vec<Finding>> for Found {
    fn from(findings: Vec<Finding>) -> Self {
        Self { findings, ..Self::default() }
    }
}

/// An answer, in one sentence.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// What it comes to.
    pub is: AnswerIs,
    /// The sentence.
    pub sentence: String,
}

/// Whether anybody can do what nobody should.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum AnswerIs {
    /// Nobody.
    Nobody,
    /// Somebody.
    Somebody,
    /// What was examined does not show it.
    Undecided,
}

impl AnswerIs {
    /// The word for it in JSON.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Nobody => "nobody",
            Self::Somebody => "somebody",
            Self::Undecided => "undecided",
        }
    }
}

/// A role whose members are decided in another place.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Elsewhere {
    /// Where, for example ``the SAML provider `corp` ``.
    pub place: String,
    /// The ARN of the role.
    pub role: String,
}
