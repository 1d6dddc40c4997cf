//! An answer and what became of it: judged, sent, noticed, and the end of the stage.

use std::error::Error;
use std::time::Duration;

use facts::{CodePipeline, ReadError, Roles};
use rule::{Rule, decide};
use signing::Answer;

use crate::aftermath::{StageEnd, end_of, is_noticed};
use crate::answering::Answering;
use crate::exit::Exit;
use crate::judge::{Judged, Judgement};
use crate::look::{Eyes, Known, Situation};
use crate::options::Format;
use crate::output;
use crate::pipeline::Pipeline;
use crate::port::Aws;
use crate::report::answer::{self as report, human};
use crate::report::json::{self, Outlook, Standing};
use crate::standing;

/// How long CodePipeline may take to notice an answer. 16 to 35 s were recorded.
const NOTICING: Duration = Duration::from_secs(120);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(1500);

/// An answer and what became of it.
pub(super) struct Answered<'a, A, C, R> {
    eyes: &'a Eyes<'a, A, C, R>,
    pipeline: &'a Pipeline,
    pub(super) report: report::Answer,
}

impl<'a, A: Aws, C: CodePipeline, R: Roles> Answered<'a, A, C, R> {
    /// An answer that has not been given.
    pub(super) fn new(
        eyes: &'a Eyes<'a, A, C, R>,
        pipeline: &'a Pipeline,
        answering: &Answering<'_>,
    ) -> Self {
        Self { eyes, pipeline, report: blank(answering, pipeline) }
    }

    /// Notes what the rule says about the answer.
    pub(super) fn judged(&mut self, judged: Option<&Judged>, situation: &Situation) {
        if let Some(Judged { judgement, after }) = judged {
            self.report.you = Standing::of(judgement);
            self.report.outlook = match judgement {
                Judgement::Refused(_) => None,
                Judgement::Counts(_) | Judgement::NotRequired => {
                    Some(Outlook::after(after, self.pipeline, situation))
                }
            };
        }
    }

    pub(super) fn is_refused(&self) -> bool {
        self.report.you.counts == Some(false)
    }

    /// Waits until CodePipeline has noticed the answer, and until the stage has ended if the user
    /// wants that.
    pub(super) async fn wait(
        &mut self,
        situation: &Situation,
        caller: &str,
        rule: Option<&Rule>,
        until_the_end: bool,
    ) -> Exit {
        let progress = output::progress("waiting until CodePipeline has noticed the answer");
        let default = Rule::default();
        let read = || {
            let rule = rule.unwrap_or(&default);
            let run = &situation.run;
            let at = (run.execution_id.as_str(), run.stage.as_str());
            self.eyes.facts(self.pipeline, at, rule, caller, NOTICING)
        };
        let until = tokio::time::Instant::now() + NOTICING;
        let mut facts: Result<Known, ReadError>;
        loop {
            facts = read().await;
            let noticed = |it: &Known| is_noticed(&it.facts.attempts, &situation.run.id);
            self.report.noticed = facts.as_ref().is_ok_and(noticed);
            if self.report.noticed || tokio::time::Instant::now() > until {
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        if let Err(problem) = &facts {
            output::print_warning(&format!("the history could not be read again: {problem}"));
        }
        let decided =
            facts.as_ref().ok().zip(rule).and_then(|(it, rule)| {
                decide(rule, &it.facts).ok().filter(|_| self.report.noticed)
            });
        if let Some(decision) = &decided {
            self.report.outlook = Some(Outlook::after(decision, self.pipeline, situation));
        }
        let stage = self.pipeline.stage(&situation.run.stage);
        progress.set_message("waiting until the stage has ended");
        while let (Some(stage), true) = (stage, until_the_end) {
            let execution = &situation.run.execution_id;
            let execution = self.eyes.aws.execution(&self.pipeline.name, execution).await;
            let status = execution.ok().and_then(|execution| execution.status);
            let known = match read().await {
                Ok(known) => known,
                // It has been tried for minutes.
                Err(problem) => {
                    progress.finish_and_clear();
                    output::print_warning(&format!(
                        "the answer was given, and how the stage ends could not be seen: {problem}"
                    ));
                    return Exit::Failed;
                }
            };
            if let Some(end) = end_of(stage, &known.facts.attempts, status.as_deref()) {
                self.report.stage = Some(end.into());
                break;
            }
            tokio::time::sleep(PAUSE).await;
        }
        progress.finish_and_clear();
        self.exit()
    }

    fn exit(&self) -> Exit {
        let is_approval = self.report.answer == Answer::Approved.as_str();
        let is_hopeless =
            self.report.outlook.as_ref().is_some_and(|outlook| {
                outlook.verdict != "satisfied" && outlook.missing.is_empty()
            });
        match &self.report.stage {
            Some(stage) if !stage.passed && is_approval => Exit::Insufficient,
            Some(_) => Exit::Done,
            None if is_hopeless && is_approval => Exit::Insufficient,
            None => Exit::Done,
        }
    }

    pub(super) fn finish(&self, format: Format, exit: Exit) -> Result<Exit, Box<dyn Error>> {
        match format {
            Format::Human => output::print(&human(&self.report))?,
            Format::Json => output::print(&json::render(&self.report)?)?,
        }
        Ok(exit)
    }
}

impl From<StageEnd> for report::Stage {
    fn from(end: StageEnd) -> Self {
        match end {
            StageEnd::Passed => Self { passed: true, action: None, message: None },
            StageEnd::Stopped { by } => {
                let (action, message) = by.unzip();
                Self { passed: false, action, message: message.flatten() }
            }
        }
    }
}

/// The report of an answer that has not been given.
fn blank(answering: &Answering<'_>, pipeline: &Pipeline) -> report::Answer {
    report::Answer {
        schema_version: 1,
        answer: answering.answer.as_str(),
        approval: standing::approval(pipeline, answering.situation),
        principal: answering.caller.to_owned(),
        you: match &answering.situation.rule {
            Ok(_) => Standing::default(),
            Err(problem) => Standing::unknown(problem),
        },
        sent: false,
        comment: None,
        signature: None,
        noticed: false,
        outlook: None,
        stage: None,
    }
}

#[cfg(test)]
mod tests {
    use jiff::Timestamp;

    use super::*;
    use crate::rule_source::{self, RuleSource};
    use crate::web::tests::fake::{Fake, refused};

    /// It looked again and again, and never ended.
    #[tokio::test(start_paused = true)]
    async fn a_wait_ends_if_the_history_cannot_be_read() {
        let fake = Fake::new();
        let rules = RuleSource::new(Some(rule_source::of_json("{}".to_owned()).unwrap()));
        let eyes = Eyes { aws: &fake, codepipeline: &fake, roles: &fake, rules: &rules };
        let pipeline = eyes.pipeline("payments").await.unwrap();
        let state = eyes.state("payments").await.unwrap();
        let run = eyes.open(&pipeline, &state, Timestamp::now()).await.unwrap().remove(0);
        let caller = "arn:aws:iam::111122223333:user/alice";
        let situation = eyes.situation(&pipeline, run, caller, false).await.unwrap();
        let known = situation.facts.as_ref().unwrap();
        let answer = Answer::Approved;
        let answering = Answering {
            pipeline: "payments",
            situation: &situation,
            known,
            answer,
            caller,
            words: "",
        };
        let mut answered = Answered::new(&eyes, &pipeline, &answering);
        fake.world().history = Some(refused("AccessDenied"));
        let wait = answered.wait(&situation, caller, None, true);
        let exit = tokio::time::timeout(Duration::from_secs(3600), wait).await;
        assert_eq!(exit, Ok(Exit::Failed));
        assert!(!answered.report.noticed && answered.report.stage.is_none());
    }
}
