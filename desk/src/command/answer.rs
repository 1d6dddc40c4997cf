//! `desk approve` and `desk reject`.

use std::error::Error;
use std::path::PathBuf;
use std::time::Duration;

use facts::{CallError, CodePipeline, ReadError, Roles};
use jiff::Timestamp;
use names::PipelineName;
use rule::{Rule, decide};
use signing::Answer;

use crate::aftermath::{StageEnd, end_of, is_noticed};
use crate::answering::{Answering, Written};
use crate::aws::Connected;
use crate::cli::{Common, Format};
use crate::comment;
use crate::exit::Exit;
use crate::judge::{Judged, Judgement};
use crate::look::{Eyes, Known, Situation};
use crate::open::{NotChosen, Wanted};
use crate::output;
use crate::pipeline::Pipeline;
use crate::port::Aws;
use crate::report::answer::{self as report, human, preview};
use crate::report::json::{self, Outlook, Signed, Standing};
use crate::rule_source::{self, RuleSource};
use crate::standing;

/// How long CodePipeline may take to notice an answer. 16 to 35 s were recorded.
const NOTICING: Duration = Duration::from_secs(120);
/// How long to wait between two looks.
const PAUSE: Duration = Duration::from_millis(1500);

const EXAMPLES: &str = "\
Examples:
  The one open approval of a pipeline, signed by your key in the agent:
    desk approve payments --comment 'reviewed the diff'

  One of several, signed by a key on a security key, and wait for the gate:
    desk approve payments ApprovalB --key ~/.ssh/approvals --wait

  In a script:
    desk approve payments ApprovalA --yes --format json";

/// Approve one open approval, if your approval would count
///
/// Shows what is about to be released, judges your approval by the gate's rule before it is given,
/// signs it, and gives it. If it would not count, or if you have answered another approval of this
/// release already, nothing is sent and the approval stays open.
///
/// If the gate's rule has your key and your SSH agent holds its private half, the approval is
/// signed with it. A security key asks for a touch.
///
/// Exit codes: 0 approved, 10 refused, or all approvals are answered and are not enough, or with
/// --wait the stage did not pass; 3 no such approval is open.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct ApproveArgs {
    #[command(flatten)]
    which: Which,
    /// A comment, for those who look at the release later
    #[arg(long, value_name = "TEXT", default_value = "", hide_default_value = true)]
    comment: String,
}

/// Reject one open approval
///
/// The stage fails, and nothing is judged: anybody who may answer may reject. The rejection is
/// signed if you give --key.
///
/// Exit codes: 0 rejected, 3 no such approval is open.
#[derive(Debug, clap::Args)]
pub(crate) struct RejectArgs {
    #[command(flatten)]
    which: Which,
    /// Why, for those who have to do something about it
    #[arg(long, value_name = "TEXT", required = true)]
    comment: String,
}

#[derive(Debug, clap::Args)]
struct Which {
    /// The pipeline
    pipeline: PipelineName,
    /// The approval action, or STAGE/ACTION, if several are open
    action: Option<String>,
    /// The pipeline execution, if several wait
    #[arg(long, value_name = "ID")]
    execution: Option<String>,
    /// The SSH key to sign with: a private key, or a public key whose private half the agent holds
    #[arg(long, value_name = "FILE")]
    key: Option<PathBuf>,
    /// Do not ask before the answer is sent; needed without a terminal
    #[arg(long, short)]
    yes: bool,
    /// Wait until the stage has ended
    #[arg(long)]
    wait: bool,
}

/// The answer cannot be confirmed.
#[derive(Debug, thiserror::Error)]
#[error("there is no terminal to confirm the answer on; give --yes")]
struct NobodyToAsk;

pub(crate) async fn approve(args: ApproveArgs, common: &Common) -> Result<Exit, Box<dyn Error>> {
    run(&args.which, Answer::Approved, &args.comment, common).await
}

pub(crate) async fn reject(args: RejectArgs, common: &Common) -> Result<Exit, Box<dyn Error>> {
    run(&args.which, Answer::Rejected, &args.comment, common).await
}

async fn run(
    which: &Which,
    answer: Answer,
    words: &str,
    common: &Common,
) -> Result<Exit, Box<dyn Error>> {
    comment::check(words)?;
    if !which.yes && !output::can_ask() {
        output::print_error(&NobodyToAsk);
        return Ok(Exit::Usage);
    }
    let rules = RuleSource::new(common.rule.as_deref().map(rule_source::from_file).transpose()?);
    let Connected { aws, reader, iam } = common.connection.open().await?;
    let eyes = Eyes { aws: &aws, codepipeline: &reader, roles: &iam, rules: &rules };
    let name = which.pipeline.as_str();

    let progress = output::progress(format!("reading {name}"));
    let (caller, pipeline, state) =
        tokio::try_join!(eyes.caller(), eyes.pipeline(name), eyes.state(name))?;
    let open = eyes.open(&pipeline, &state, Timestamp::now()).await?;
    let wanted =
        Wanted { action: which.action.as_deref(), execution_id: which.execution.as_deref() };
    let chosen = match wanted.choose(name, open) {
        Ok(chosen) => chosen,
        Err(error) => {
            progress.finish_and_clear();
            output::print_error(&error);
            return Ok(match error {
                NotChosen::Nothing { .. } => Exit::Nothing,
                NotChosen::Several { .. } => Exit::Failed,
            });
        }
    };
    progress.set_message("waiting until CodePipeline has noticed the answers so far");
    let situation = eyes.situation(&pipeline, chosen, &caller, true).await?;
    progress.finish_and_clear();
    let known = situation.facts.as_ref().map_err(Clone::clone)?;

    let answering =
        Answering { pipeline: name, situation: &situation, known, answer, caller: &caller, words };
    let mut answered =
        Answered { eyes: &eyes, pipeline: &pipeline, report: blank(&answering, &pipeline) };
    let signer = answering.signer(which.key.as_deref())?;
    let rehearsed = answering.rehearsed(signer.as_ref(), Timestamp::now())?;
    answered.judged(rehearsed.as_ref());
    if answered.is_refused() {
        return answered.finish(common.format, Exit::Insufficient);
    }
    say_what_is_not_known(&situation, known, answer);
    output::tell(&preview(&answered.report, Timestamp::now()));
    if !which.yes && !output::confirm(question(answer))? {
        output::print_note("nothing was sent, and the approval stays open");
        return Ok(Exit::Failed);
    }

    let written = answering.write(signer.as_ref())?;
    let judged = answering.judged(&written, Timestamp::now())?;
    answered.judged(judged.as_ref());
    if answered.is_refused() {
        return answered.finish(common.format, Exit::Insufficient);
    }
    let Written { comment, signature } = &written;
    let rule = situation.rule.as_ref().ok().map(|it| &it.rule);
    let sent = aws.answer(name, &situation.run, answer, comment).await;
    sent.map_err(|error| NotSent::new(error, &situation))?;
    answered.report.sent = true;
    answered.report.comment = Some(comment.clone());
    answered.report.signature = signer
        .as_ref()
        .zip(signature.as_ref())
        .map(|(signer, signature)| Signed::of(&signer.key, signature, rule));
    let exit = answered.wait(&situation, &caller, rule, which.wait).await;
    answered.finish(common.format, exit)
}

fn question(answer: Answer) -> &'static str {
    match answer {
        Answer::Approved => "Approve?",
        Answer::Rejected => "Reject?",
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

fn say_what_is_not_known(situation: &Situation, known: &Known, answer: Answer) {
    if answer == Answer::Rejected {
        return;
    }
    if let Err(problem) = &situation.rule {
        output::print_warning(&format!(
            "the gate's rule is not known, so nothing says whether you would count: {problem}"
        ));
    }
    for role in &known.assumed_roles {
        output::print_note(&format!(
            "you may not call iam:GetRole for {role}, so this assumes that IAM Identity Center made it"
        ));
    }
}

/// Why CodePipeline did not take the answer.
#[derive(Debug, thiserror::Error)]
enum NotSent {
    #[error(
        "somebody has answered {0} in the meantime, or it has expired; `desk pending` shows what is \
         open now"
    )]
    Completed(String),
    #[error(
        "{action} was opened again in the meantime, or the pipeline was changed; look at it again \
         with `desk pending`: {message}"
    )]
    Outdated { action: String, message: String },
    #[error("you may not answer {action}, so it stays open")]
    Denied { action: String, source: CallError },
    #[error("it is not known whether the answer arrived; `desk pending` shows what is open")]
    Unclear(#[source] CallError),
    #[error("CodePipeline did not take the answer")]
    Other(#[source] CallError),
}

impl NotSent {
    fn new(error: CallError, situation: &Situation) -> Self {
        let action = situation.run.action.clone();
        match error {
            CallError::AccessDenied { .. } => Self::Denied { action, source: error },
            CallError::Transient { .. } => Self::Unclear(error),
            CallError::Refused { ref code, ref message, .. } => match code.as_str() {
                "ApprovalAlreadyCompletedException" => Self::Completed(action),
                "InvalidApprovalTokenException" => {
                    Self::Outdated { action, message: message.clone() }
                }
                _ => Self::Other(error),
            },
            CallError::Malformed { .. } => Self::Other(error),
        }
    }
}

/// An answer and what became of it.
struct Answered<'a, A, C, R> {
    eyes: &'a Eyes<'a, A, C, R>,
    pipeline: &'a Pipeline,
    report: report::Answer,
}

impl<A: Aws, C: CodePipeline, R: Roles> Answered<'_, A, C, R> {
    fn judged(&mut self, judged: Option<&Judged>) {
        if let Some(Judged { judgement, after }) = judged {
            self.report.you = Standing::of(judgement);
            self.report.outlook = match judgement {
                Judgement::Refused(_) => None,
                Judgement::Counts(_) | Judgement::NotRequired => Some(Outlook::of(after)),
            };
        }
    }

    fn is_refused(&self) -> bool {
        self.report.you.counts == Some(false)
    }

    /// Waits until CodePipeline has noticed the answer, and until the stage has ended if the user
    /// wants that.
    async fn wait(
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
            self.eyes.facts(self.pipeline, &situation.run, rule, caller, NOTICING)
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
            self.report.outlook = Some(Outlook::of(decision));
        }
        let stage = self.pipeline.stage(&situation.run.stage);
        progress.set_message("waiting until the stage has ended");
        while let (Some(stage), true) = (stage, until_the_end) {
            let execution = &situation.run.execution_id;
            let execution = self.eyes.aws.execution(&self.pipeline.name, execution).await;
            let status = execution.ok().and_then(|execution| execution.status);
            let known = read().await;
            let attempts = known.as_ref().map(|it| it.facts.attempts.as_slice());
            if let Some(end) = end_of(stage, attempts.unwrap_or(&[]), status.as_deref()) {
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

    fn finish(&self, format: Format, exit: Exit) -> Result<Exit, Box<dyn Error>> {
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
