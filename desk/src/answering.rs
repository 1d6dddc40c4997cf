//! One answer, from the key to the comment: judged before anybody is asked, and again with the
//! signature that is sent.

use std::path::Path;

use jiff::Timestamp;
use rule::{Rule, UnknownRevision, revisions};
use signing::{Answer, Approval, Signature, SigningKey};

use crate::comment::{self, CommentError};
use crate::judge::{Intended, JudgeError, Judged, judge};
use crate::look::{Known, Situation};
use crate::rule_source::StageRule;
use crate::sign::{KeyChoice, Rehearsal, SignError, Signer, agent_keys, choose, rehearse};

/// Why nothing is answered.
#[derive(Debug, thiserror::Error)]
pub(crate) enum AnswerError {
    #[error(transparent)]
    Comment(#[from] CommentError),
    #[error(transparent)]
    Sign(#[from] SignError),
    #[error("the answer cannot be judged, so it was not given")]
    Judge(#[from] JudgeError),
    #[error("what this execution releases is not known, so the answer cannot be signed")]
    Released(#[from] UnknownRevision),
}

/// An answer that is being prepared.
#[derive(Debug)]
pub(crate) struct Answering<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) situation: &'a Situation,
    pub(crate) known: &'a Known,
    pub(crate) answer: Answer,
    /// The principal that answers.
    pub(crate) caller: &'a str,
    /// The words of the approver.
    pub(crate) words: &'a str,
}

/// The comment to send.
#[derive(Debug)]
pub(crate) struct Written {
    pub(crate) comment: String,
    pub(crate) signature: Option<Signature>,
}

impl Answering<'_> {
    /// The key to sign with: the given one, or that of the agent which the rule knows. A rejection
    /// needs none, because anybody's stops the release.
    ///
    /// # Errors
    /// [`SignError`] if the rule asks for a signature and no key is at hand.
    pub(crate) fn signer(&self, key: Option<&Path>) -> Result<Option<Signer>, SignError> {
        if let Some(path) = key {
            return Signer::from_file(path).map(Some);
        }
        let rule = match (&self.situation.rule, self.answer) {
            (Ok(StageRule { rule, .. }), Answer::Approved) if rule.has_signing_keys() => rule,
            (Ok(_) | Err(_), _) => return Ok(None),
        };
        match choose(rule, &agent_keys())? {
            KeyChoice::Unsigned => Ok(None),
            KeyChoice::Agent { key, .. } => Signer::in_agent(key).map(Some),
        }
    }

    /// Judges an approval before anybody is asked for a touch, as if `key` had signed it. Returns
    /// `None` if the rule is not known, or for a rejection, which always counts.
    ///
    /// # Errors
    /// [`AnswerError`] if nothing can be said.
    pub(crate) fn rehearsed(
        &self,
        key: Option<&SigningKey>,
        now: Timestamp,
    ) -> Result<Option<Judged>, AnswerError> {
        let (Ok(StageRule { rule, written, .. }), Answer::Approved) =
            (&self.situation.rule, self.answer)
        else {
            return Ok(None);
        };
        let id = key.map(SigningKey::id);
        let person = rule.public_keys().find(|(_, known)| Some(known.id()) == id);
        let rehearsal = match person {
            Some((person, _)) => {
                let stand_in = &self.situation.stand_in;
                self.with_statement(|approval| rehearse(stand_in, written, person, approval))?
            }
            None => None,
        };
        let (rule, comment) = match &rehearsal {
            Some(Rehearsal { rule, comment }) => (rule, comment.as_str()),
            // A key that the rule does not know: its real signature is judged.
            None if key.is_some() => return Ok(None),
            None => (rule, self.words),
        };
        self.judge(rule, comment, now).map(Some)
    }

    /// Signs the answer, and writes the comment to send.
    ///
    /// # Errors
    /// [`AnswerError`] if the key does not sign, or the comment is too long.
    pub(crate) fn write(&self, signer: Option<&Signer>) -> Result<Written, AnswerError> {
        let signature = match signer {
            None => None,
            Some(signer) => {
                let rule = self.situation.rule.as_ref().map(|it| it.rule.clone());
                let rule = rule.unwrap_or_default();
                Some(self.with_statement(|approval| signer.sign(approval, &rule))??)
            }
        };
        let comment = comment::compose(self.words, signature.as_ref())?;
        Ok(Written { comment, signature })
    }

    /// Judges the answer as it will be sent. Returns `None` as [`Answering::rehearsed`].
    ///
    /// # Errors
    /// [`AnswerError`] if nothing can be said.
    pub(crate) fn judged(
        &self,
        written: &Written,
        now: Timestamp,
    ) -> Result<Option<Judged>, AnswerError> {
        match (&self.situation.rule, self.answer) {
            (Ok(StageRule { rule, .. }), Answer::Approved) => {
                self.judge(rule, &written.comment, now).map(Some)
            }
            (Ok(_) | Err(_), _) => Ok(None),
        }
    }

    fn judge(&self, rule: &Rule, comment: &str, at: Timestamp) -> Result<Judged, AnswerError> {
        let run = &self.situation.run;
        let intended = Intended {
            stage: &run.stage,
            action: &run.action,
            attempt: &run.id,
            caller: self.caller,
            comment,
            at,
        };
        Ok(judge(rule, &self.known.facts, &intended)?)
    }

    /// Calls with what is signed: the revisions come from the execution's own history, as the gate
    /// reads them.
    pub(crate) fn with_statement<T>(
        &self,
        call: impl FnOnce(&Approval<'_>) -> T,
    ) -> Result<T, UnknownRevision> {
        let revisions = Vec::from_iter(revisions(&self.known.facts.attempts)?);
        let run = &self.situation.run;
        Ok(call(&Approval {
            pipeline: self.pipeline,
            execution: &run.execution_id,
            stage: &run.stage,
            action: &run.action,
            attempt: &run.id,
            answer: self.answer,
            revisions: &revisions,
        }))
    }
}
