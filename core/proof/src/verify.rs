//! What a proof shows by the verifier's own rule.

use jiff::{SignedDuration, Timestamp};
use names::shown;
use rule::{Decision, Facts, Rule, Verdict, decide, revisions};

use crate::envelope::Envelope;
use crate::predicate::{Ignored, PREDICATE_TYPE, SATISFIED, STATEMENT_TYPE, Statement};
use crate::problem::{Problem, ProblemCode};
use crate::public_key::PublicKey;
use crate::sha256::Sha256;
use crate::subject::{Artifact, Subject};

/// How far the clocks of the gate and the verifier may differ.
const CLOCKS: SignedDuration = SignedDuration::from_mins(5);

/// What a verifier asks of a proof, in addition to its own rule.
#[derive(Clone, Debug)]
pub struct Expect<'a> {
    /// The public half of the gate's key. With it, the facts of the proof are believed as the gate
    /// saw them. Without it, only what humans signed is believed.
    pub key: Option<&'a PublicKey>,
    /// The pipeline that the proof must be of.
    pub pipeline: Option<&'a str>,
    /// The environment that it must be for.
    pub environment: Option<&'a str>,
    /// What is about to be deployed.
    pub artifacts: &'a [Given],
    /// How long ago it may have been made.
    pub max_age: Option<SignedDuration>,
    /// The time of the verification.
    pub now: Timestamp,
}

/// A file that is about to be deployed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Given {
    /// The name of the artifact in the pipeline, if it must be this one.
    pub name: Option<String>,
    /// How to call the file in messages.
    pub file: String,
    /// The SHA-256 of its bytes.
    pub sha256: Sha256,
}

/// A proof that shows what was asked of it.
#[derive(Clone, Debug)]
pub struct Verified {
    /// The decision by the verifier's own rule. It is satisfied.
    pub decision: Decision,
    /// What is released, sorted by bytes.
    pub revisions: Vec<String>,
    /// The artifacts that the proof names. Empty without the gate's key.
    pub artifacts: Vec<Artifact>,
    /// What the release is for. `None` without the gate's key.
    pub environment: Option<String>,
    /// When the proof was made. `None` without the gate's key.
    pub made: Option<Timestamp>,
    /// From when on the proof shows nothing. `None` without the gate's key.
    pub expires: Option<Timestamp>,
    /// Whether the gate's key signed it.
    pub signed_by_gate: bool,
}

impl Verified {
    /// Whether the proof is for this environment, for verifiers that learn from the proof which one
    /// it must be.
    ///
    /// # Errors
    /// [`ProblemCode::AnotherEnvironment`] if it is not, or if the gate's key did not say so.
    pub fn check_environment(&self, expected: &str) -> Result<(), Problem> {
        check_environment(self.environment.as_deref(), expected)
    }
}

/// Judges a proof by the verifier's own rule.
///
/// INVARIANT (fail closed): without the gate's key, anybody may have made the file and chosen all
/// facts in it. So only signed answers count, and nothing is believed that no human signed.
///
/// # Errors
/// Every [`Problem`] that was found.
pub fn verify(
    envelope: &Envelope,
    rule: &Rule,
    expect: &Expect<'_>,
) -> Result<Verified, Vec<Problem>> {
    if expect.key.is_some_and(|key| !envelope.is_signed_by(key)) {
        let signed = match envelope.signatures().is_empty() {
            true => "nobody signed the envelope",
            false => "the given key did not sign the envelope, or it was changed since",
        };
        return Err(vec![ProblemCode::EnvelopeSignature.because(signed)]);
    }
    let statement = read(envelope).map_err(|problem| vec![problem])?;
    let signed_by_gate = expect.key.is_some();
    let mut problems = Vec::new();
    match signed_by_gate {
        true => check_times(&statement, expect, &mut problems),
        false => problems.extend(unproven(rule, expect)),
    }
    let facts = Facts { now: expect.now, ..statement.predicate.facts };
    let execution = &facts.execution.id;
    if let Some(only) =
        rule.pipeline_execution_id().filter(|id| !id.eq_ignore_ascii_case(execution))
    {
        let message = format!("the rule is about the execution {only}, not {}", shown(execution));
        problems.push(ProblemCode::OwnRule.because(message));
    }
    let pipeline = &facts.execution.pipeline;
    if let Some(expected) = expect.pipeline.filter(|expected| expected != pipeline) {
        problems.push(ProblemCode::AnotherPipeline.because(format!(
            "it is of the pipeline {}, not of {}",
            shown(pipeline),
            shown(expected)
        )));
    }
    let environment = statement.predicate.environment.filter(|_| signed_by_gate);
    if let Some(expected) = expect.environment.filter(|_| signed_by_gate) {
        problems.extend(check_environment(environment.as_deref(), expected).err());
    }
    let revisions = match revisions(&facts.attempts) {
        Ok(revisions) => revisions.into_iter().map(str::to_owned).collect(),
        Err(unknown) => {
            problems.push(ProblemCode::Malformed.because(unknown.to_string()));
            Vec::new()
        }
    };
    let artifacts = match artifacts(&statement.subject, &revisions) {
        Ok(artifacts) => artifacts,
        Err(problem) => {
            problems.push(problem);
            Vec::new()
        }
    };
    let artifacts = if signed_by_gate { artifacts } else { Vec::new() };
    if !signed_by_gate && revisions.is_empty() {
        let message = "the answers that people signed name no revision, as after a rollback, so \
                       only the gate's signature tells what is released; give the gate's key";
        problems.push(ProblemCode::NeedsTheGatesKey.because(message));
    }
    problems.extend(unnamed(expect.artifacts, &artifacts, &revisions, signed_by_gate));
    match judge(rule, &facts, signed_by_gate) {
        Ok(decision) if problems.is_empty() => Ok(Verified {
            decision,
            revisions,
            artifacts,
            environment,
            made: Some(statement.predicate.time_created).filter(|_| signed_by_gate),
            expires: statement.predicate.expires.filter(|_| signed_by_gate),
            signed_by_gate,
        }),
        Ok(_) => Err(problems),
        Err(found) => Err([problems, found].concat()),
    }
}

fn read(envelope: &Envelope) -> Result<Statement<Ignored>, Problem> {
    let malformed = |problem: String| ProblemCode::Malformed.because(problem);
    let statement: Statement<Ignored> = serde_json::from_slice(envelope.payload())
        .map_err(|error| malformed(format!("the statement in it is not one of ours: {error}")))?;
    let known = [(&statement.kind, STATEMENT_TYPE), (&statement.predicate_type, PREDICATE_TYPE)];
    if let Some((is, ours)) = known.into_iter().find(|(is, ours)| *is != ours) {
        return Err(malformed(format!("the statement is of type {}, not {ours}", shown(is))));
    }
    let version = statement.predicate.schema_version;
    if version != 1 {
        return Err(malformed(format!("its schemaVersion is {version}, and only 1 is known")));
    }
    if !statement.predicate.properties.iter().any(|it| it == SATISFIED) {
        return Err(malformed(format!("it does not state {SATISFIED}")));
    }
    Ok(statement)
}

fn check_times(statement: &Statement<Ignored>, expect: &Expect<'_>, problems: &mut Vec<Problem>) {
    let (made, now) = (statement.predicate.time_created, expect.now);
    match statement.predicate.expires {
        Some(expires) if now >= expires => {
            problems.push(ProblemCode::Expired.because(format!("it expired at {expires}")));
        }
        Some(_) => {}
        None => problems.push(ProblemCode::Expired.because("it does not say until when it holds")),
    }
    if made.duration_since(now) > CLOCKS {
        problems.push(
            ProblemCode::FromTheFuture.because(format!("it was made at {made}, and it is {now}")),
        );
    }
    if let Some(max_age) = expect.max_age.filter(|age| now.duration_since(made) > *age) {
        problems.push(
            ProblemCode::TooOld
                .because(format!("it was made at {made}, more than {max_age:#} ago")),
        );
    }
}

fn check_environment(environment: Option<&str>, expected: &str) -> Result<(), Problem> {
    if environment == Some(expected) {
        return Ok(());
    }
    let is = environment.map_or("no environment".to_owned(), shown);
    let message = format!("it is for {is}, not for {}", shown(expected));
    Err(ProblemCode::AnotherEnvironment.because(message))
}

/// What is asked and nobody but the gate could vouch for. Without its key, the file could leave out
/// an approval that nobody has given, or offer the approvals of another stage.
fn unproven(rule: &Rule, expect: &Expect<'_>) -> Vec<Problem> {
    let asked = [
        (rule.stage().is_none(), "which stage it passed, unless the rule names `stage`"),
        (
            rule.requires_every_approval(),
            "which approvals the stage has, unless the rule names `actions`",
        ),
        (expect.environment.is_some(), "for which environment it is"),
        (expect.max_age.is_some(), "when it was made"),
        (rule.max_age_minutes().is_some(), "when people answered, and the rule has maxAgeMinutes"),
        (rule.excludes_initiator(), "who started it, and the rule has excludeInitiator"),
        (rule.excludes_authors(), "who wrote it, and the rule has excludeAuthors"),
    ];
    let asked = asked.into_iter().filter(|(asked, _)| *asked);
    asked
        .map(|(_, what)| {
            let message = format!("only the gate's signature tells {what}; give the gate's key");
            ProblemCode::NeedsTheGatesKey.because(message)
        })
        .collect()
}

/// The artifacts among the subjects. The other subjects must be the revisions of the facts.
fn artifacts(subjects: &[Subject], revisions: &[String]) -> Result<Vec<Artifact>, Problem> {
    let sources: Vec<Subject> = revisions.iter().map(|it| Subject::revision(it)).collect();
    let malformed = |problem: &str| ProblemCode::Malformed.because(problem);
    let rest = subjects
        .strip_prefix(sources.as_slice())
        .ok_or_else(|| malformed("its subjects are not the revisions of the execution"))?;
    let artifacts: Result<Vec<Artifact>, ()> = rest.iter().map(Artifact::try_from).collect();
    artifacts.map_err(|()| malformed("a subject is neither a revision nor an artifact"))
}

/// The given files that the proof does not name.
fn unnamed<'a>(
    given: &'a [Given],
    artifacts: &'a [Artifact],
    revisions: &'a [String],
    signed_by_gate: bool,
) -> impl Iterator<Item = Problem> + 'a {
    let is_named = |it: &Given| {
        let is = |artifact: &Artifact| {
            artifact.sha256 == it.sha256 && it.name.as_ref().is_none_or(|n| *n == artifact.name)
        };
        // An image is its digest, which people sign.
        let image = format!("sha256:{}", it.sha256);
        artifacts.iter().any(is) || it.name.is_none() && revisions.contains(&image)
    };
    given.iter().filter(move |it| !is_named(it)).map(move |Given { name, file, sha256 }| {
        let what = match name {
            Some(name) => format!("{} as {}", shown(file), shown(name)),
            None => shown(file),
        };
        let message = format!("it does not name {what}, whose SHA-256 is {sha256}");
        match signed_by_gate {
            true => ProblemCode::ArtifactNotNamed.because(message),
            false => ProblemCode::NeedsTheGatesKey.because(format!(
                "no human signed what {what} is, only the gate; give the gate's key"
            )),
        }
    })
}

fn judge(rule: &Rule, facts: &Facts, signed_by_gate: bool) -> Result<Decision, Vec<Problem>> {
    let own_rule = |problem: String| vec![ProblemCode::OwnRule.because(problem)];
    let signed_only = || rule.tightened_by(r#"{"requireSignature": true}"#, &facts.gate_stage);
    let strict = match signed_by_gate {
        true => Ok(rule.clone()),
        false => signed_only(),
    };
    let strict = strict.map_err(|error| own_rule(error.to_string()))?;
    let decision = decide(&strict, facts).map_err(|misfit| own_rule(misfit.to_string()))?;
    match decision.record().verdict {
        Verdict::Satisfied => Ok(decision),
        Verdict::Unsatisfied => {
            let reasons = decision.record().reasons.iter();
            let reasons = reasons.map(|reason| {
                let message = format!("{}: {}", reason.code.as_str(), reason.message);
                ProblemCode::NotSatisfied.because(message)
            });
            Err(reasons.collect())
        }
    }
}
