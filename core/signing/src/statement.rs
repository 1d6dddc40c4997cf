//! The statement: the text that a human's key signs.

use std::collections::BTreeSet;
use std::fmt;

use crate::challenge::challenge;
use crate::nonce::Nonce;

/// A human's answer to an approval, in CodePipeline's words (API model, `ApprovalStatus`).
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub enum Answer {
    /// The release may go on.
    Approved,
    /// The release must not go on.
    Rejected,
}

impl Answer {
    /// As the statement and CodePipeline write it.
    #[must_use]
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Approved => "Approved",
            Self::Rejected => "Rejected",
        }
    }
}

/// One answer to one attempt of one approval, and what it releases.
#[derive(Clone, Copy, Debug)]
pub struct Approval<'a> {
    /// The pipeline's name.
    pub pipeline: &'a str,
    /// The id of the pipeline execution.
    pub execution: &'a str,
    /// The stage's name.
    pub stage: &'a str,
    /// The approval action's name.
    pub action: &'a str,
    /// The id of the action execution, so that a retry needs a new signature.
    pub attempt: &'a str,
    /// The answer.
    pub answer: Answer,
    /// The `externalExecutionId` of the newest succeeded attempt of each Source action, in any
    /// order; repeats are dropped. Empty for a pipeline without Source actions.
    pub revisions: &'a [&'a str],
}

/// Why a statement cannot be written.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum StatementError {
    /// Two different approvals could have the same statement.
    #[error("the {field} holds a line break, so no statement can be written about it")]
    LineBreak {
        /// The field, in the statement's words.
        field: &'static str,
    },
    /// Two revisions could be read as one, or one as two.
    #[error("the revision `{}` is empty, is `-` or holds white space, so it cannot be signed", .0.escape_debug())]
    Revision(String),
}

/// The text that is signed: nine lines of UTF-8, each ended by `\n`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Statement {
    text: String,
    nonce: Nonce,
}

impl Statement {
    /// The statement about an answer.
    ///
    /// # Errors
    /// [`StatementError`] if a field would make the text ambiguous.
    pub fn new(approval: &Approval<'_>, nonce: &Nonce) -> Result<Self, StatementError> {
        let Approval { pipeline, execution, stage, action, attempt, answer, revisions } = *approval;
        let revisions = in_one_line(revisions)?;
        let nonce_text = nonce.to_string();
        let fields = [
            ("pipeline", pipeline),
            ("execution", execution),
            ("stage", stage),
            ("action", action),
            ("attempt", attempt),
            ("answer", answer.as_str()),
            ("revisions", &revisions),
            ("nonce", &nonce_text),
        ];
        let mut text = "two-person-rule approval v1\n".to_owned();
        for (field, value) in fields {
            if value.contains(['\n', '\r', '\u{b}', '\u{c}', '\u{85}', '\u{2028}', '\u{2029}']) {
                return Err(StatementError::LineBreak { field });
            }
            text.extend([field, " ", value, "\n"]);
        }
        Ok(Self { text, nonce: *nonce })
    }

    /// The bytes that are signed.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8] {
        self.text.as_bytes()
    }

    /// The challenge with which a page asks a passkey to sign the statement: its SHA-256, in
    /// base64url.
    #[must_use]
    pub fn challenge(&self) -> String {
        challenge(self.as_bytes())
    }

    /// The nonce in it.
    #[must_use]
    pub fn nonce(&self) -> Nonce {
        self.nonce
    }
}

impl fmt::Display for Statement {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(&self.text)
    }
}

/// The revisions of an execution in one line: sorted by bytes, each once, one space between; `-` if
/// the list is empty.
///
/// # Errors
/// [`StatementError::Revision`] if the line could also mean other revisions.
pub fn in_one_line(revisions: &[&str]) -> Result<String, StatementError> {
    let ambiguous =
        |text: &&&str| text.is_empty() || **text == "-" || text.contains(char::is_whitespace);
    if let Some(revision) = revisions.iter().find(ambiguous) {
        return Err(StatementError::Revision((*revision).to_owned()));
    }
    let sorted: BTreeSet<&str> = revisions.iter().copied().collect();
    Ok(match sorted.is_empty() {
        true => "-".to_owned(),
        false => Vec::from_iter(sorted).join(" "),
    })
}
