//! `desk pending`.

use std::error::Error;
use std::time::Duration;

use facts::{Budget, CallError, CodePipeline, Operation, ReadError, Roles};
use futures_util::{StreamExt as _, stream};
use indicatif::ProgressBar;
use jiff::Timestamp;
use names::PipelineGlob;
use wildmatch::WildMatch;

use crate::aws::Connected;
use crate::exit::Exit;
use crate::look::{Eyes, Situation};
use crate::options::{Common, Format};
use crate::output;
use crate::pipeline::Pipeline;
use crate::port::{Aws, Listed};
use crate::report::json::{self, Standing};
use crate::report::pending::{Entry, Pending, Unreadable, human};
use crate::rule_source::{self, RuleSource};
use crate::standing;

/// The number of pipelines that are read at the same time. AWS throttles per account, and other
/// tools need their share.
const AT_ONCE: usize = 6;
/// How long `--watch` waits between two looks.
const WATCH: Duration = Duration::from_secs(15);

const LIST_PIPELINES: Operation = Operation::codepipeline("ListPipelines");

const EXAMPLES: &str = "\
Examples:
  What awaits an answer in this region, and whether you would count:
    desk pending --region eu-west-1

  Only what you can answer, redrawn until you stop it:
    desk pending --mine --watch

  The same with the gate's rule, if you may not read the function's configuration:
    desk pending --rule rule.json";

/// Show the approvals that await an answer, what they release, and whether you would count
///
/// \"You\" are the principal of your AWS credentials. Whether you would count is what the gate's
/// own code says about the execution with your approval in it. If the rule is not known, nothing is
/// judged.
///
/// Exit codes: 0 if an approval is shown, 3 if none is open, 1 if none is open as far as could be
/// read.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The pipelines, by their name; `*` and `?` stand for any text [default: all]
    #[arg(long, value_name = "GLOB")]
    pipeline: Option<PipelineGlob>,
    /// Only approvals where you would count
    #[arg(long)]
    mine: bool,
    /// Draw the report again every 15 seconds, until you stop it
    #[arg(long)]
    watch: bool,
}

pub(crate) async fn run(args: &Args, common: &Common) -> Result<Exit, Box<dyn Error>> {
    let file = common.rule.as_deref().map(rule_source::from_file).transpose()?;
    let connected = common.connection.open().await?;
    loop {
        // A new source each time: the rule may change while somebody watches.
        let rules = RuleSource::new(file.clone());
        let Connected { aws, reader, iam } = &connected;
        let eyes = Eyes { aws, codepipeline: reader, roles: iam, rules: &rules };
        let now = Timestamp::now();
        let pending = look(&eyes, args, aws.region(), now).await?;
        if args.watch {
            output::clear()?;
        }
        match common.format {
            Format::Human => output::print(&human(&pending, now))?,
            Format::Json => output::print(&json::render(&pending)?)?,
        }
        if !args.watch {
            return Ok(match (pending.approvals.is_empty(), pending.unreadable.is_empty()) {
                (false, _) => Exit::Done,
                (true, true) => Exit::Nothing,
                (true, false) => Exit::Failed,
            });
        }
        tokio::time::sleep(WATCH).await;
    }
}

/// Reads the pipelines. One that cannot be read is a line of the report.
async fn look<A: Aws, C: CodePipeline, R: Roles>(
    eyes: &Eyes<'_, A, C, R>,
    args: &Args,
    region: &str,
    now: Timestamp,
) -> Result<Pending, CallError> {
    let progress = output::progress("reading the list of pipelines");
    let (you, listed) = tokio::try_join!(eyes.caller(), list(eyes, args.pipeline.as_deref()))?;
    let mut pending = Pending {
        schema_version: 1,
        region: region.to_owned(),
        you,
        approvals: Vec::new(),
        unreadable: Vec::new(),
        unclear: 0,
    };
    let you = pending.you.clone();
    let all = listed.len();
    let reads = stream::iter(&listed).map(|listed| read(eyes, listed, &you, now));
    let mut reads = reads.buffered(AT_ONCE).zip(stream::iter(&listed)).enumerate();
    while let Some((index, (read, listed))) = reads.next().await {
        progress.set_message(format!("{} of {all} pipelines", index + 1));
        match read {
            Ok(entries) => pending.approvals.extend(entries),
            Err(error) => pending
                .unreadable
                .push(Unreadable { pipeline: listed.name.clone(), problem: error.to_string() }),
        }
    }
    finish(&progress);
    if args.mine {
        pending.unclear = pending.approvals.iter().filter(|it| it.you.counts.is_none()).count();
        pending.approvals.retain(|entry| entry.you.counts == Some(true));
    }
    Ok(pending)
}

fn finish(progress: &ProgressBar) {
    progress.finish_and_clear();
}

/// The pipelines of the region that the pattern matches.
async fn list<A: Aws, C: CodePipeline, R: Roles>(
    eyes: &Eyes<'_, A, C, R>,
    glob: Option<&str>,
) -> Result<Vec<Listed>, CallError> {
    let budget = Budget::of(Duration::from_secs(60));
    let glob = WildMatch::new(glob.unwrap_or("*"));
    let mut listed = Vec::new();
    let mut token: Option<String> = None;
    loop {
        let call = || eyes.aws.pipelines(token.as_deref());
        let page = budget.call(LIST_PIPELINES, call).await?;
        listed.extend(page.items.into_iter().filter(|listed| glob.matches(&listed.name)));
        match page.next_token {
            Some(next) if token.as_ref() != Some(&next) => token = Some(next),
            Some(_) | None => return Ok(listed),
        }
    }
}

/// The open approvals of a pipeline. Most have none, and cost one call.
async fn read<A: Aws, C: CodePipeline, R: Roles>(
    eyes: &Eyes<'_, A, C, R>,
    listed: &Listed,
    you: &str,
    now: Timestamp,
) -> Result<Vec<Entry>, CallError> {
    let state = eyes.state(&listed.name).await?;
    if !listed.is_parallel && !state.iter().any(|entry| entry.awaits_answer) {
        return Ok(Vec::new());
    }
    let pipeline = eyes.pipeline(&listed.name).await?;
    let mut entries = Vec::new();
    for run in eyes.open(&pipeline, &state, now).await? {
        let situation = eyes.situation(&pipeline, run, you, false).await?;
        entries.push(entry(&pipeline, &situation, you, now));
    }
    Ok(entries)
}

fn entry(pipeline: &Pipeline, situation: &Situation, you: &str, now: Timestamp) -> Entry {
    Entry {
        approval: standing::approval(pipeline, situation),
        you: match (&situation.rule, &situation.facts) {
            (Err(problem), _) => Standing::unknown(problem),
            (Ok(_), Err(ReadError { lag: Some(_), .. })) => Standing::unknown(
                "somebody has answered just now, and CodePipeline has not noticed yet; look again \
                 in half a minute",
            ),
            (Ok(_), Err(problem)) => Standing::unknown(problem),
            (Ok(_), Ok(known)) => standing::of_approver(&pipeline.name, situation, known, you, now),
        },
    }
}
