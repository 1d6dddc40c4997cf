//! The desk without a terminal or a browser, for a program that brings its own connection.

use std::error::Error;

use facts::aws::SdkConfig;
use jiff::Timestamp;
use signing::Answer;

use crate::answering::Answering;
use crate::aws::Connected;
use crate::judge::Judgement;
use crate::look::Eyes;
use crate::open::{Changed, OpenRun, still_open};
use crate::overview::Survey;
use crate::port::{Aws as _, Listed};
use crate::rule_source::{RuleFile, RuleSource, of_json};
use crate::standing;

/// One principal who looks at a pipeline and answers what waits there, as `desk pending`, `desk
/// approve` and `desk reject` do.
#[derive(Debug)]
pub struct Visit {
    connected: Connected,
    rule: RuleFile,
    pipeline: String,
    caller: String,
}

/// An approval that waits for an answer.
#[derive(Clone, Debug)]
pub struct Waiting {
    /// The pipeline execution.
    pub execution: String,
    /// The stage.
    pub stage: String,
    /// The action.
    pub action: String,
    /// The attempt: its `actionExecutionId`.
    pub attempt: String,
    /// Whether an approval of this principal would count. `None` if it cannot be judged now.
    pub counts: Option<bool>,
}

/// Why an answer was not sent.
#[derive(Debug, thiserror::Error)]
pub enum Unsent {
    /// The attempt that was shown does not wait any more.
    #[error("what was shown does not wait any more")]
    Gone,
    /// The action waits again, for an answer to another attempt than the one that was shown.
    #[error("the approval was opened again since it was shown")]
    Reopened,
    /// The approval would not count. The text is the reason's code.
    #[error("it would not count: {0}")]
    WouldNotCount(&'static str),
    /// Something could not be read, or CodePipeline did not take the answer.
    #[error("{0}")]
    Failed(Box<dyn Error>),
}

impl Visit {
    /// A visit with the credentials of `caller`, the ARN that CodePipeline will record. `rule` is
    /// the gate's rule as JSON.
    ///
    /// # Errors
    /// If the configuration has no region, or the gate would refuse the rule.
    pub fn new(
        config: &SdkConfig,
        rule: &str,
        pipeline: &str,
        caller: &str,
    ) -> Result<Self, Box<dyn Error>> {
        Ok(Self {
            connected: Connected::of(config)?,
            rule: of_json(rule.to_owned())?,
            pipeline: pipeline.to_owned(),
            caller: caller.to_owned(),
        })
    }

    /// What waits in the pipeline now.
    ///
    /// # Errors
    /// If the pipeline cannot be read.
    pub async fn waiting(&self, is_parallel: bool) -> Result<Vec<Waiting>, Box<dyn Error>> {
        let rules = self.rules();
        let listed = [Listed { name: self.pipeline.clone(), is_parallel }];
        let survey = Survey { listed: &listed, caller: &self.caller, at_once: 4 };
        let now = Timestamp::now();
        let judge = |_: &_, situation: &_, known: &_| {
            standing::of_approver(&self.pipeline, situation, known, &self.caller, now)
        };
        let read = self.eyes(&rules).overview(survey, judge, |_, _| ()).await;
        if let Some(unreadable) = read.unreadable.into_iter().next() {
            return Err(unreadable.problem.into());
        }
        let shown = read.approvals.into_iter().map(|entry| Waiting {
            execution: entry.approval.execution_id,
            stage: entry.approval.stage,
            action: entry.approval.action,
            attempt: entry.approval.action_execution_id,
            counts: entry.you.counts,
        });
        Ok(shown.collect())
    }

    /// Answers an approval that was shown, and no other attempt of it. An approval is judged first,
    /// and one that would not count is not sent.
    ///
    /// # Errors
    /// [`Unsent`].
    pub async fn answer(&self, shown: &Waiting, answer: Answer) -> Result<(), Unsent> {
        let rules = self.rules();
        let eyes = self.eyes(&rules);
        let name = self.pipeline.as_str();
        let read = tokio::try_join!(eyes.pipeline(name), eyes.state(name));
        let (pipeline, state) = read.map_err(failed)?;
        let open = eyes.open(&pipeline, &state, Timestamp::now()).await.map_err(failed)?;
        let is_shown = |run: &OpenRun| {
            (&run.execution_id, &run.stage, &run.action)
                == (&shown.execution, &shown.stage, &shown.action)
        };
        let run = still_open(open, &shown.attempt, is_shown).map_err(|changed| match changed {
            Changed::Reopened => Unsent::Reopened,
            Changed::Over => Unsent::Gone,
        })?;
        let situation = eyes.situation(&pipeline, run, &self.caller, true).await.map_err(failed)?;
        let known = situation.facts.as_ref().map_err(|error| failed(error.clone()))?;
        let answering = Answering {
            pipeline: name,
            situation: &situation,
            known,
            answer,
            caller: &self.caller,
            words: "",
        };
        let written = answering.write(None).map_err(failed)?;
        let judged = answering.judged(&written, Timestamp::now()).map_err(failed)?;
        if let Some(Judgement::Refused(reason)) = judged.map(|it| it.judgement) {
            return Err(Unsent::WouldNotCount(reason.code.as_str()));
        }
        let sent = self.connected.aws.answer(name, &situation.run, answer, &written.comment);
        sent.await.map_err(failed)
    }

    fn rules(&self) -> RuleSource {
        RuleSource::new(Some(self.rule.clone()))
    }

    fn eyes<'a>(
        &'a self,
        rules: &'a RuleSource,
    ) -> Eyes<'a, crate::aws::Client, facts::aws::Reader, facts::aws::Iam> {
        let Connected { aws, reader, iam } = &self.connected;
        Eyes { aws, codepipeline: reader, roles: iam, rules }
    }
}

fn failed(error: impl Into<Box<dyn Error>>) -> Unsent {
    Unsent::Failed(error.into())
}
