//! The answer of `verify` about a release, for programs. These structs are the format, schema
//! version 1. They change only with `schemaVersion`.

use jiff::Timestamp;
use proof::{Artifact, Problem, Verified};
use rule::{AtIs, Basis, JudgedApproval, SignatureRecord};
use serde::Serialize;

use super::verify_answer::{Answer, Source, counted};

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Document<'a> {
    schema_version: u32,
    verified: bool,
    source: &'static str,
    signed_by_gate: bool,
    /// `null` if it is not verified.
    release: Option<Release<'a>>,
    problems: Vec<ProblemDocument<'a>>,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Release<'a> {
    pipeline: &'a str,
    execution_id: &'a str,
    stage: &'a str,
    environment: Option<&'a str>,
    revisions: &'a [String],
    artifacts: Vec<ArtifactDocument<'a>>,
    persons: &'a [String],
    approvals: Vec<Approval<'a>>,
    /// The digest of the verifier's own rule.
    rule_digest: &'a str,
    made_at: Option<Timestamp>,
    expires: Option<Timestamp>,
    assumptions: &'a [String],
    notes: Vec<&'a str>,
}

#[derive(Serialize)]
struct ArtifactDocument<'a> {
    name: &'a str,
    uri: &'a str,
    sha256: String,
}

#[derive(Serialize)]
#[serde(rename_all = "camelCase")]
struct Approval<'a> {
    action: &'a str,
    action_execution_id: Option<&'a str>,
    person: Option<&'a str>,
    basis: Option<Basis>,
    principal: Option<&'a str>,
    at: Option<Timestamp>,
    at_is: Option<AtIs>,
    signature: Option<&'a SignatureRecord>,
}

#[derive(Serialize)]
struct ProblemDocument<'a> {
    code: &'static str,
    message: &'a str,
}

/// The answer as JSON.
///
/// # Errors
/// If it cannot be written.
pub(super) fn render(answer: &Answer) -> serde_json::Result<String> {
    let source = match answer.source {
        Source::GatesKey | Source::PeopleAlone => "proof",
        Source::CodePipeline => "codepipeline",
    };
    let document = Document {
        schema_version: 1,
        verified: answer.verified.is_ok(),
        source,
        signed_by_gate: answer.verified.as_ref().is_ok_and(|it| it.signed_by_gate),
        release: answer.verified.as_ref().ok().map(|it| Release::new(it, answer.source)),
        problems: answer.verified.as_ref().err().into_iter().flatten().map(Into::into).collect(),
    };
    Ok(serde_json::to_string_pretty(&document)? + "\n")
}

impl<'a> From<&'a Problem> for ProblemDocument<'a> {
    fn from(Problem { code, message }: &'a Problem) -> Self {
        Self { code: code.as_str(), message }
    }
}

impl<'a> From<&'a Artifact> for ArtifactDocument<'a> {
    fn from(Artifact { name, uri, sha256 }: &'a Artifact) -> Self {
        Self { name, uri, sha256: sha256.to_string() }
    }
}

/// An approval. Without a witness, only what its person signed is known.
fn approval(it: &JudgedApproval, has_witness: bool) -> Approval<'_> {
    Approval {
        action: &it.action,
        action_execution_id: it.action_execution_id.as_deref(),
        person: it.person.as_deref(),
        basis: it.basis,
        principal: it.principal.as_deref().filter(|_| has_witness),
        at: it.at.filter(|_| has_witness),
        at_is: it.at_is.filter(|_| has_witness),
        signature: it.signature.as_ref(),
    }
}

impl<'a> Release<'a> {
    fn new(verified: &'a Verified, source: Source) -> Self {
        let has_witness = source != Source::PeopleAlone;
        let record = verified.decision.record();
        Self {
            pipeline: &record.pipeline,
            execution_id: &record.execution_id,
            stage: &record.stage,
            environment: verified.environment.as_deref(),
            revisions: &verified.revisions,
            artifacts: verified.artifacts.iter().map(Into::into).collect(),
            persons: &record.persons,
            approvals: counted(record).map(|it| approval(it, has_witness)).collect(),
            rule_digest: &record.rule_digest,
            made_at: verified.made,
            expires: verified.expires,
            assumptions: &record.assumptions,
            notes: record.reasons.iter().map(|note| note.message.as_str()).collect(),
        }
    }
}
