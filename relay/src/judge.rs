//! Whether a request may be released, by production's own rule.

use facts::{Budget, CallError, Operation, Query};
use jiff::{SignedDuration, Timestamp};
use names::{ExecutionId, PipelineName, shown};
use proof::{Envelope, Expect, Problem, verify};
use release::{Request, RequestError, Wanted};
use rule::{Decision, Rule, decide};
use serde_json::Value;

use crate::port::Elsewhere;
use crate::settings::{Pipeline, Settings};

const ASSUME_ROLE: Operation = Operation::of("sts", "AssumeRole");

/// A release that production's own rule approves.
///
/// INVARIANT (fail closed): only this file makes one, and nothing else is ever started. Each field
/// is taken from what was verified, none from the request.
#[derive(Clone, Debug, PartialEq)]
pub(crate) struct Approved {
    pub(crate) pipeline: String,
    pub(crate) id: ExecutionId,
    pub(crate) environment: String,
    /// What is released, sorted by bytes.
    pub(crate) revisions: Vec<String>,
    /// The proof, if the release was approved by one.
    pub(crate) proof: Option<Value>,
}

/// Why a request is not released.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotApproved {
    /// Production says no, for these reasons.
    #[error("the release is refused: {}", .0.join("; "))]
    Refused(Vec<String>),
    /// It is not known yet, or not at all, whether it may be released.
    #[error("the execution cannot be judged: {0}")]
    Unknown(#[from] CallError),
    /// The relay's own rule or settings are wrong.
    #[error("{0}")]
    Misconfigured(String),
}

impl NotApproved {
    fn refused(reason: impl Into<String>) -> Self {
        Self::Refused(vec![reason.into()])
    }
}

impl From<RequestError> for NotApproved {
    fn from(error: RequestError) -> Self {
        Self::refused(error.to_string())
    }
}

impl From<Vec<Problem>> for NotApproved {
    fn from(problems: Vec<Problem>) -> Self {
        Self::Refused(problems.iter().map(ToString::to_string).collect())
    }
}

/// What judges: production's own rule and settings.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Judge<'a> {
    pub(crate) rule: &'a Rule,
    pub(crate) settings: &'a Settings,
    pub(crate) now: Timestamp,
}

impl Judge<'_> {
    /// Judges a request.
    ///
    /// # Errors
    /// [`NotApproved`] if it is not to be released, or not yet.
    pub(crate) async fn judge(
        self,
        request: &Request,
        elsewhere: &impl Elsewhere,
        budget: Budget,
    ) -> Result<Approved, NotApproved> {
        // The approvals of a test stage must not release: a gate may sign them with the same key.
        let stage = self.rule.stage().ok_or_else(|| {
            NotApproved::Misconfigured(
                "the relay's own rule has no `stage`, so the approvals of any stage would count; \
                 name the stage of the approvals there"
                    .to_owned(),
            )
        })?;
        match &request.wanted {
            Wanted::Proof(proof) => self.by_proof(proof),
            Wanted::Execution { pipeline, id } => {
                self.by_reading(pipeline, id, stage, elsewhere, budget).await
            }
        }
    }

    fn by_proof(self, proof: &Value) -> Result<Approved, NotApproved> {
        let Self { rule, settings, now } = self;
        let envelope = Envelope::parse(&proof.to_string())
            .map_err(|error| NotApproved::refused(format!("the proof cannot be used: {error}")))?;
        let key = settings.key.as_ref();
        let expect = Expect {
            key,
            // Which pipelines and environments there are, the settings say below.
            pipeline: None,
            environment: None,
            artifacts: &[],
            // Without the gate's key nobody knows how old a proof is.
            max_age: key.map(|_| SignedDuration::from_mins(settings.max_age_minutes.into())),
            now,
        };
        let verified = verify(&envelope, rule, &expect)?;
        let pipeline = self.pipeline(&verified.decision.record().pipeline)?;
        // What no human signed is not in a proof without the gate's key: neither is this.
        if verified.signed_by_gate {
            let checked = verified.check_environment(&pipeline.environment);
            checked.map_err(|problem| vec![problem])?;
        }
        let proof = serde_json::from_str(&envelope.to_json()).ok();
        approved(&verified.decision, pipeline, verified.revisions, proof)
    }

    async fn by_reading(
        self,
        name: &PipelineName,
        id: &ExecutionId,
        stage: &str,
        elsewhere: &impl Elsewhere,
        budget: Budget,
    ) -> Result<Approved, NotApproved> {
        let Self { rule, settings, now } = self;
        let pipeline = self.pipeline(name)?;
        let role = pipeline.role.as_ref().ok_or_else(|| {
            NotApproved::refused(format!(
                "{name} may be released by a proof only: the relay has no role that reads it"
            ))
        })?;
        let max_age = format!(r#"{{"maxAgeMinutes": {}}}"#, settings.max_age_minutes);
        let own_rule = |problem: &dyn std::fmt::Display| {
            NotApproved::Misconfigured(format!("the relay's own rule is wrong: {problem}"))
        };
        let strict = rule.tightened_by(&max_age, stage).map_err(|error| own_rule(&error))?;
        let (reader, roles) = budget.call(ASSUME_ROLE, || elsewhere.open(role)).await?;
        let query = Query {
            account: &pipeline.account,
            pipeline: name,
            execution_id: id,
            rule: &strict,
            gate_stage: stage,
            gate_run: None,
        };
        let snapshot = query.read(&reader, budget).await.map_err(CallError::from)?;
        let facts = snapshot.facts(&roles, budget, now).await?;
        let decision = decide(&strict, &facts).map_err(|misfit| own_rule(&misfit))?;
        if decision.satisfied().is_none() {
            return Err(NotApproved::refused(decision.refusal().unwrap_or_default()));
        }
        let revisions = rule::revisions(&facts.attempts)
            .map_err(|unknown| NotApproved::refused(unknown.to_string()))?;
        let revisions = revisions.into_iter().map(str::to_owned).collect();
        approved(&decision, pipeline, revisions, None)
    }

    /// A pipeline of the settings.
    fn pipeline(&self, name: &str) -> Result<&Pipeline, NotApproved> {
        self.settings.pipelines.get(name).ok_or_else(|| {
            let known: Vec<&str> = self.settings.pipelines.keys().map(|name| &**name).collect();
            NotApproved::refused(format!(
                "another-pipeline: {} may not be released here, only {}",
                shown(name),
                known.join(", ")
            ))
        })
    }
}

fn approved(
    decision: &Decision,
    pipeline: &Pipeline,
    revisions: Vec<String>,
    proof: Option<Value>,
) -> Result<Approved, NotApproved> {
    // INVARIANT (fail closed): only a satisfied decision has this.
    let record = match decision.satisfied() {
        Some(satisfied) => satisfied.decision().record(),
        None => return Err(NotApproved::refused(decision.refusal().unwrap_or_default())),
    };
    let id =
        record.execution_id.parse().map_err(|error| NotApproved::refused(format!("{error}")))?;
    Ok(Approved {
        pipeline: record.pipeline.clone(),
        id,
        environment: pipeline.environment.clone(),
        revisions,
        proof,
    })
}
