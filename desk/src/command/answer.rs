//! `desk approve` and `desk reject`.

use std::error::Error;
use std::path::PathBuf;

use facts::ReadError;
use jiff::Timestamp;
use names::PipelineName;
use signing::Answer;

use super::answered::Answered;
use crate::answering::{Answering, Written};
use crate::aws::Connected;
use crate::comment;
use crate::exit::Exit;
use crate::look::{Eyes, Known, Situation};
use crate::not_sent::NotSent;
use crate::open::{NotChosen, Wanted};
use crate::options::Common;
use crate::output;
use crate::port::Aws;
use crate::report::answer::preview;
use crate::report::json::Signed;
use crate::rule_source::{self, RuleSource};

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
#[error("nobody can confirm the answer, without a terminal; give --yes")]
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

    let answering = answering(name, &situation, answer, &caller, words)?;
    let mut answered = Answered::new(&eyes, &pipeline, &answering);
    let signer = answering.signer(which.key.as_deref())?;
    let rehearsed = answering.rehearsed(signer.as_ref().map(|it| &it.key), Timestamp::now())?;
    answered.judged(rehearsed.as_ref(), answering.situation);
    if answered.is_refused() {
        return answered.finish(common.format, Exit::Insufficient);
    }
    say_what_is_not_known(&situation, answering.known, answer);
    output::tell(&preview(&answered.report, Timestamp::now()));
    if !which.yes && !output::confirm(question(answer))? {
        output::print_note("nothing was sent, and the approval stays open");
        return Ok(Exit::Failed);
    }

    // Others may have answered while the question waited.
    let situation = match which.yes {
        true => situation,
        false => eyes.situation(&pipeline, situation.run.clone(), &caller, true).await?,
    };
    let answering = self::answering(name, &situation, answer, &caller, words)?;
    let written = answering.write(signer.as_ref())?;
    let judged = answering.judged(&written, Timestamp::now())?;
    answered.judged(judged.as_ref(), answering.situation);
    if answered.is_refused() {
        return answered.finish(common.format, Exit::Insufficient);
    }
    let Written { comment, signature } = &written;
    let rule = situation.rule.as_ref().ok().map(|it| &*it.rule);
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

fn answering<'a>(
    pipeline: &'a str,
    situation: &'a Situation,
    answer: Answer,
    caller: &'a str,
    words: &'a str,
) -> Result<Answering<'a>, ReadError> {
    let known = situation.facts.as_ref().map_err(Clone::clone)?;
    Ok(Answering { pipeline, situation, known, answer, caller, words })
}

fn question(answer: Answer) -> &'static str {
    match answer {
        Answer::Approved => "Approve?",
        Answer::Rejected => "Reject?",
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
