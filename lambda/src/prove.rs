//! The proof of a release that passes: made, signed and stored before the gate reports a success.

use facts::{Budget, Operation};
use jiff::Timestamp;
use job::{Failure, FailureKind, InputArtifact, Program};
use names::S3Uri;
use proof::{Artifact, EnvelopeSignature, Made, StatementError, statement};
use rule::{Facts, ProofSettings, Record, Satisfied};

use crate::port::{Found, Proofs};
use crate::{PROGRAM, VERSION};

/// The largest artifact that is read, in bytes: 1 GiB.
const ARTIFACT_LIMIT: u64 = 1 << 30;

/// The gate, in the words of its messages about proofs.
static PROVING: Program = Program {
    without_answer: "The approvals satisfy the rule, but the proof of it could not be made",
    ..PROGRAM
};

/// A release, and all that its proof shows.
pub(crate) struct Release<'a> {
    pub(crate) satisfied: Satisfied<'a>,
    pub(crate) facts: &'a Facts,
    pub(crate) artifacts: &'a [InputArtifact],
}

/// The place of a proof that is stored.
///
/// INVARIANT (fail closed): only [`Release::prove`] makes one.
#[derive(Clone, Debug)]
pub(crate) struct Stored(S3Uri);

impl Stored {
    pub(crate) fn place(&self) -> &S3Uri {
        &self.0
    }
}

impl Release<'_> {
    /// Reads the artifacts, states what is released, has the key of the rule sign it, and stores it
    /// where the rule says.
    ///
    /// # Errors
    /// The failure to report if there is no proof, or an artifact is not the one that people
    /// approved.
    pub(crate) async fn prove(
        &self,
        port: &impl Proofs,
        settings: &ProofSettings,
        budget: Budget,
    ) -> Result<Stored, Failure> {
        let unproven = |problem: &str| {
            Failure::configuration(&format!("{}: {problem}.", PROVING.without_answer))
        };
        let execution = &self.facts.execution;
        let place = settings.object(&execution.pipeline, &execution.id).ok_or_else(|| {
            unproven(&format!("its place in {} would not be valid", settings.store()))
        })?;
        let expires = self.facts.now.checked_add(settings.valid());
        let expires = expires.map_err(|_| unproven("the time at which it expires is not valid"))?;
        let mut artifacts = Vec::new();
        for artifact in self.artifacts {
            artifacts.push(self.artifact(port, artifact, budget).await?);
        }
        let made = Made {
            version: VERSION,
            environment: settings.environment(),
            expires: Some(expires),
            artifacts: &artifacts,
        };
        let envelope =
            statement(self.satisfied, self.facts, &made).map_err(|error| match error {
                StatementError::Nothing => unproven(&error.to_string()),
                StatementError::Revision(_) | StatementError::Json(_) => Failure::new(
                    FailureKind::SystemUnavailable,
                    &format!("{}: {error}.", PROVING.without_answer),
                ),
            })?;
        let failed = |error| PROVING.failure(&error);
        let digest = envelope.digest();
        let sign = || port.sign(settings.key(), &digest);
        let signature = budget.call(Operation::SIGN, sign).await.map_err(failed)?;
        let key_id = settings.key().to_string();
        let proof = envelope.with_signature(EnvelopeSignature { key_id, signature }).to_json();
        let store = || port.store(&place, &proof);
        budget.call(Operation::PUT_OBJECT, store).await.map_err(failed)?;
        tracing::info!(%place, "the proof is stored");
        Ok(Stored(place))
    }

    /// An artifact as it is in S3, if it was there before people were asked to approve it.
    async fn artifact(
        &self,
        port: &impl Proofs,
        InputArtifact { name, place }: &InputArtifact,
        budget: Budget,
    ) -> Result<Artifact, Failure> {
        let (Some(name), Some(place)) = (name, place) else {
            let which = name.as_ref().map_or_else(String::new, |name| format!(" {name}"));
            return Err(Failure::new(
                FailureKind::SystemUnavailable,
                &format!(
                    "{}: CodePipeline does not say where the input artifact{which} is.",
                    PROVING.without_answer
                ),
            ));
        };
        let read = || port.artifact(place, ARTIFACT_LIMIT);
        let read = budget.call_long(Operation::GET_OBJECT, read).await;
        let Found { sha256, written } = read.map_err(|error| PROVING.failure(&error))?;
        let opened = first_opened(self.satisfied.decision().record());
        // S3 leaves out the fractions of a second: what was written in the second in which the
        // approval was opened may have been written after it. An upload in parts has the time of
        // its beginning (Amazon S3 User Guide, "Working with object metadata"), so this cannot see
        // one that began before. A deployment that verifies compares the digest.
        let was_there = opened
            .and_then(|opened| Timestamp::from_second(opened.as_second()).ok())
            .is_some_and(|opened| written < opened);
        if was_there {
            return Ok(Artifact { name: name.clone(), uri: place.to_string(), sha256 });
        }
        let opened =
            opened.map_or("at a time that is not known".to_owned(), |at| format!("at {at}"));
        Err(Failure::new(
            FailureKind::JobFailed,
            &format!(
                "The approvals satisfy the rule, but the artifact {name} may not be what people \
                 approved: {place} was written at {written}, and the first approval that counts was \
                 opened {opened}. Find out who wrote it. Then run the pipeline again, so that people \
                 approve what it builds."
            ),
        ))
    }
}

/// When the first of the approvals that count was opened. `None` if that is not known of each.
fn first_opened(record: &Record) -> Option<Timestamp> {
    let counted = record.approvals.iter().filter(|approval| approval.counted);
    let opened: Option<Vec<Timestamp>> = counted.map(|approval| approval.opened_at).collect();
    opened?.into_iter().min()
}
