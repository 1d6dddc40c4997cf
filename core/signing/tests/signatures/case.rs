//! A signature and all that is needed to verify it, as JSON: the form of `vectors.json`, and of the
//! lines that `examples/verify.rs` reads.

use serde::{Deserialize, Serialize};
use signing::{Answer, Approval, Desk, Proof, Signature, SigningKey};

/// Other members, such as a name, are ignored.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Case {
    /// The key as the rule lists it.
    pub(crate) signing_key: String,
    /// The rule's desk. SSH keys do not need it.
    #[serde(default)]
    pub(crate) desk: Option<Site>,
    pub(crate) facts: Facts,
    /// The approver's comment, with the signature in it.
    pub(crate) comment: String,
}

/// What the verifier knows about the approval.
#[derive(Clone, Serialize, Deserialize)]
pub(crate) struct Facts {
    pub(crate) pipeline: String,
    pub(crate) execution: String,
    pub(crate) stage: String,
    pub(crate) action: String,
    pub(crate) attempt: String,
    pub(crate) answer: String,
    pub(crate) revisions: Vec<String>,
}

/// Where passkeys were made and answers are given.
#[derive(Clone, Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(crate) struct Site {
    pub(crate) rp_id: String,
    pub(crate) origin: String,
}

impl Case {
    /// Verifies the signature in the comment.
    pub(crate) fn verify(&self) -> Result<Proof, String> {
        let key: SigningKey = self.signing_key.parse().map_err(|e| format!("the key: {e}"))?;
        let desk = self.desk.as_ref().map(|site| Desk::new(&site.rp_id, &site.origin));
        let desk = desk.transpose().map_err(|e| format!("the desk: {e}"))?;
        let signature = Signature::from_comment(&self.comment).map_err(|e| e.to_string())?;
        let signature = signature.ok_or("the comment carries no signature")?;
        self.facts.with_approval(|approval| {
            key.verify(approval, &signature, desk.as_ref()).map_err(|e| e.to_string())
        })?
    }
}

impl Facts {
    /// Calls `run` with the approval that the facts describe.
    pub(crate) fn with_approval<T>(
        &self,
        run: impl FnOnce(&Approval<'_>) -> T,
    ) -> Result<T, String> {
        let Self { pipeline, execution, stage, action, attempt, answer, revisions } = self;
        let revisions: Vec<&str> = revisions.iter().map(String::as_str).collect();
        let answers = [Answer::Approved, Answer::Rejected];
        let answer = answers.into_iter().find(|known| known.as_str() == answer);
        let answer = answer.ok_or("the answer is neither `Approved` nor `Rejected`")?;
        let revisions = &revisions;
        Ok(run(&Approval { pipeline, execution, stage, action, attempt, answer, revisions }))
    }
}
