//! What the gate states about a satisfied release.

use jiff::Timestamp;
use rule::{Facts, JudgedApproval, Record, Satisfied, UnknownRevision, revisions};
use signing::{Approval, Signature};

use crate::envelope::Envelope;
use crate::predicate::Verifier;
use crate::predicate::{Answer, PREDICATE_TYPE, Predicate, SATISFIED, STATEMENT_TYPE, Statement};
use crate::subject::{Artifact, Subject};

/// Who is the verifier, in the words of in-toto.
const VERIFIER: &str = concat!(env!("CARGO_PKG_REPOSITORY"), "/gate");

/// What a proof says in addition to the facts and the decision.
#[derive(Clone, Debug)]
pub struct Made<'a> {
    /// The version of the program that judged.
    pub version: &'a str,
    /// What the release is for: `prod`.
    pub environment: Option<&'a str>,
    /// From when on the proof shows nothing.
    pub expires: Option<Timestamp>,
    /// What the next stages deploy.
    pub artifacts: &'a [Artifact],
}

/// Why nothing can be stated.
#[derive(Debug, thiserror::Error)]
pub enum StatementError {
    /// Nobody can tell what is released.
    #[error(transparent)]
    Revision(#[from] UnknownRevision),
    /// There is nothing to make a statement about.
    #[error(
        "the execution has neither source revisions nor artifacts, so a proof of it would be about \
         nothing; give the gate's action the artifacts that the next stages deploy"
    )]
    Nothing,
    /// The facts could not be written.
    #[error("the proof could not be written: {0}")]
    Json(#[from] serde_json::Error),
}

/// The statement about a satisfied release, in an envelope without a signature. The decision must
/// be the one that was made of these facts.
///
/// # Errors
/// [`StatementError`] if nobody can tell what is released.
pub fn statement(
    satisfied: Satisfied<'_>,
    facts: &Facts,
    Made { version, environment, expires, artifacts }: &Made<'_>,
) -> Result<Envelope, StatementError> {
    let record = satisfied.decision().record();
    let sources = revisions(&facts.attempts)?.into_iter().map(Subject::revision);
    let subject: Vec<Subject> = sources.chain(artifacts.iter().map(Subject::from)).collect();
    if subject.is_empty() {
        return Err(StatementError::Nothing);
    }
    let answers = record.approvals.iter().filter_map(|approval| answer(record, approval));
    let statement = Statement {
        kind: STATEMENT_TYPE.to_owned(),
        subject,
        predicate_type: PREDICATE_TYPE.to_owned(),
        predicate: Predicate {
            schema_version: 1,
            verifier: Verifier { id: VERIFIER.to_owned() },
            time_created: facts.now,
            properties: vec![SATISFIED.to_owned()],
            expires: *expires,
            environment: environment.map(str::to_owned),
            gate_version: (*version).to_owned(),
            facts: facts.clone(),
            decision: record,
            answers: answers.collect(),
        },
    };
    Ok(Envelope::unsigned(serde_json::to_vec(&statement)?))
}

/// The signed answer of an approval, if it is signed.
fn answer(record: &Record, approval: &JudgedApproval) -> Option<Answer> {
    let signer = approval.signature.as_ref()?;
    let comment = approval.comment.as_deref()?;
    let signature = Signature::from_comment(comment).ok()??;
    let revisions: Vec<&str> = record.revisions.iter().map(String::as_str).collect();
    let signed = Approval {
        pipeline: &record.pipeline,
        execution: &record.execution_id,
        stage: &record.stage,
        action: &approval.action,
        attempt: approval.action_execution_id.as_deref()?,
        answer: signing::Answer::Approved,
        revisions: &revisions,
    };
    let statement = signing::Statement::new(&signed, signature.nonce()).ok()?;
    let keys = record.rule.signing_keys.get(&signer.signer)?.iter();
    let mut keys = keys.filter(|key| {
        let key = key.parse::<signing::SigningKey>();
        key.is_ok_and(|key| key.id() == signature.key_id())
    });
    Some(Answer {
        action: approval.action.clone(),
        person: signer.signer.clone(),
        key: keys.next()?.clone(),
        statement: statement.to_string(),
        signature: signature.to_string(),
    })
}
