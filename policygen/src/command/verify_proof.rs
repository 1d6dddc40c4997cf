//! `policygen verify PROOF`: what a proof shows by one's own rule, without asking AWS.

use std::error::Error;
use std::fs::File;
use std::io::Read;
use std::path::Path;

use jiff::Timestamp;
use proof::{Envelope, EnvelopeError, Expect, Given, NotAPublicKey, PublicKey, Sha256};
use rule::Rule;
use sha2::Digest as _;

use super::verify_answer::{Answer, Source};
use super::verify_args::{Args, ArtifactFile};
use crate::input::{self, InputError, InputName};

/// What prevents an answer.
#[derive(Debug, thiserror::Error)]
enum ProofError {
    #[error("{0} cannot be used")]
    Envelope(InputName, #[source] EnvelopeError),
    #[error("{0} cannot be used")]
    Key(InputName, #[source] NotAPublicKey),
}

/// Judges the proof of this file by the rule at the time `now`.
pub(super) fn judge(
    args: &Args,
    path: &Path,
    text: &str,
    rule: &Rule,
    now: Timestamp,
) -> Result<Answer, Box<dyn Error>> {
    let envelope = envelope(path, text)?;
    let key = args.key.as_deref().map(key).transpose()?;
    let artifacts = args.artifact.iter().map(given).collect::<Result<Vec<Given>, _>>()?;
    let expect = Expect {
        key: key.as_ref(),
        pipeline: args.pipeline.as_deref(),
        environment: args.environment.as_deref(),
        artifacts: &artifacts,
        max_age: args.max_age.map(|age| age.0),
        now,
    };
    let source = if key.is_some() { Source::GatesKey } else { Source::PeopleAlone };
    Ok(Answer { verified: proof::verify(&envelope, rule, &expect), source })
}

/// The proof in the text of this file.
pub(super) fn envelope(path: &Path, text: &str) -> Result<Envelope, Box<dyn Error>> {
    Ok(Envelope::parse(text).map_err(|error| ProofError::Envelope(path.into(), error))?)
}

/// The public half of the gate's key in this file.
pub(super) fn key(path: &Path) -> Result<PublicKey, Box<dyn Error>> {
    Ok(input::text(path)?.parse().map_err(|error| ProofError::Key(path.into(), error))?)
}

/// The digest of a file that is about to be deployed.
fn given(ArtifactFile { name, path }: &ArtifactFile) -> Result<Given, InputError> {
    let plain = InputName::from(path.as_path());
    let unreadable = |source| InputError::Unreadable { path: plain.clone(), source };
    if path.is_dir() {
        return Err(InputError::Directory { path: plain });
    }
    let sha256 = File::open(path).and_then(digest).map_err(unreadable)?;
    Ok(Given { name: name.clone(), file: plain.plain(), sha256 })
}

/// The digest of a file that may be larger than the memory.
fn digest(mut file: File) -> std::io::Result<Sha256> {
    let mut hash = sha2::Sha256::new();
    let mut part = vec![0; 1 << 16];
    loop {
        match file.read(&mut part)? {
            0 => return Ok(Sha256::from_bytes(hash.finalize().into())),
            length => hash.update(part.get(..length).unwrap_or_default()),
        }
    }
}
