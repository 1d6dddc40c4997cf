//! `policygen verify --execution`: judges an execution by what CodePipeline shows now. It may still
//! run, or be over.

use std::collections::BTreeSet;
use std::error::Error;
use std::time::Duration;

use doctor::pipeline::Pipeline;
use facts::{Budget, Query, Snapshot};
use jiff::Timestamp;
use proof::{Problem, ProblemCode, Verified};
use rule::{ActionKind, Attempt, Decision, Rule, decide};

use super::verify_answer::{Answer, Source};
use super::verify_args::Args;
use crate::aws::Aws;
use crate::output;
use crate::places::Place;

/// How long the calls may take in all.
const PATIENCE: Duration = Duration::from_secs(60);

/// What prevents an answer.
#[derive(Debug, thiserror::Error)]
enum LiveError {
    #[error("AWS does not say which account the pipeline belongs to; give --account")]
    NoAccount,
    #[error("the pipeline `{pipeline}` has no manual approvals; give their stage with --stage")]
    NoStage { pipeline: String },
    #[error(
        "the pipeline `{pipeline}` has approvals in the stages `{}`; say with --stage, or with \
         `stage` in the rule, which of them release", stages.join("`, `")
    )]
    Stages { pipeline: String, stages: Vec<String> },
}

/// Judges the execution by the rule at the time `now`.
pub(super) fn judge(
    args: &Args,
    place: &Place,
    rule: Rule,
    now: Timestamp,
) -> Result<Answer, Box<dyn Error>> {
    let pipeline = args.pipeline.as_deref().unwrap_or_default();
    let execution = args.execution.as_deref().unwrap_or_default();
    let account = args.account.as_ref().map(ToString::to_string);
    let question = Question { pipeline, execution, account, rule, now };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let decision = runtime.block_on(question.ask(place))?;
    Ok(Answer { verified: judged(decision), source: Source::CodePipeline })
}

struct Question<'a> {
    pipeline: &'a str,
    execution: &'a str,
    /// `None` if AWS has to say it.
    account: Option<String>,
    rule: Rule,
    now: Timestamp,
}

impl Question<'_> {
    async fn ask(&self, place: &Place) -> Result<Decision, Box<dyn Error>> {
        let aws = place.connect().await?;
        let stage = self.rule.stage();
        let declared = match (&self.account, stage) {
            (Some(_), Some(_)) => None,
            _ => Some(aws.get_pipeline(self.pipeline).await?),
        };
        let account = self.account.clone();
        let of_pipeline = || Some(declared.as_ref()?.account()?.to_string());
        let account = account.or_else(of_pipeline).ok_or(LiveError::NoAccount)?;
        let stages: BTreeSet<String> = declared.as_ref().map(stages).unwrap_or_default();
        let stage = match stage {
            Some(stage) => stage.to_owned(),
            None => self.only(stages)?,
        };
        self.read(&aws, &account, &stage).await
    }

    async fn read(
        &self,
        aws: &Aws,
        account: &str,
        stage: &str,
    ) -> Result<Decision, Box<dyn Error>> {
        let query = Query {
            account,
            pipeline: self.pipeline,
            execution_id: self.execution,
            rule: &self.rule,
            gate_stage: stage,
            gate_run: None,
        };
        let budget = Budget::of(PATIENCE);
        let (reader, roles) = aws.of_execution();
        let spinner = output::spinner("reading the execution");
        let snapshot = query.read(&reader, budget).await;
        spinner.finish_and_clear();
        let snapshot = snapshot?;
        if self.rule.stage().is_none() {
            // The pipeline may have had other stages when the execution ran.
            self.only(
                BTreeSet::from([stage.to_owned()]).union(&ran(&snapshot)).cloned().collect(),
            )?;
        }
        let facts = snapshot.facts(&roles, budget, self.now).await?;
        Ok(decide(&self.rule, &facts)?)
    }

    /// The only stage of these.
    fn only(&self, stages: BTreeSet<String>) -> Result<String, LiveError> {
        let pipeline = self.pipeline.to_owned();
        let stages = Vec::from_iter(stages);
        match stages.as_slice() {
            [] => Err(LiveError::NoStage { pipeline }),
            [stage] => Ok(stage.clone()),
            _ => Err(LiveError::Stages { pipeline, stages }),
        }
    }
}

/// The stages of the pipeline that have approvals.
fn stages(pipeline: &Pipeline) -> BTreeSet<String> {
    let has_approvals = |stage: &&doctor::pipeline::Stage| {
        stage.actions.iter().any(|action| {
            let id = &action.action_type_id;
            ActionKind::from_type_id(Some(&id.category), Some(&id.owner), Some(&id.provider))
                .may_be_approval()
        })
    };
    pipeline.stages().iter().filter(has_approvals).map(|stage| stage.name.clone()).collect()
}

/// The stages in which the execution asked for approvals.
fn ran(snapshot: &Snapshot<'_>) -> BTreeSet<String> {
    let approvals = snapshot.history().filter(|attempt| attempt.kind.may_be_approval());
    approvals.filter_map(|attempt: &Attempt| attempt.stage.clone()).collect()
}

/// The decision in the terms of a proof.
fn judged(decision: Decision) -> Result<Verified, Vec<Problem>> {
    let record = decision.record();
    if decision.satisfied().is_none() {
        let reasons = record.reasons.iter();
        return Err(reasons
            .map(|reason| Problem {
                code: ProblemCode::NotSatisfied,
                message: format!("{}: {}", reason.code, reason.message),
            })
            .collect());
    }
    Ok(Verified {
        revisions: record.revisions.clone(),
        artifacts: Vec::new(),
        environment: None,
        made: None,
        expires: None,
        signed_by_gate: false,
        decision,
    })
}
