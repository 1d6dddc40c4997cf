//! `desk pending`.

use std::error::Error;
use std::time::Duration;

use facts::{CallError, CodePipeline, Roles};
use jiff::Timestamp;
use names::PipelineGlob;

use crate::aws::Connected;
use crate::exit::Exit;
use crate::look::Eyes;
use crate::options::{Common, Format};
use crate::output;
use crate::overview::Survey;
use crate::port::Aws;
use crate::report::json;
use crate::report::pending::{Pending, human};
use crate::rule_source::{self, RuleSource};
use crate::standing;

/// How many calls run at the same time. AWS throttles per account, and others need their share.
const AT_ONCE: usize = 16;
/// How long `--watch` waits between two looks.
const WATCH: Duration = Duration::from_secs(15);

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
    let list = eyes.list(args.pipeline.as_deref());
    let (you, listed) = tokio::try_join!(eyes.caller(), list)?;
    let survey = Survey { listed: &listed, caller: &you, at_once: AT_ONCE };
    let read = eyes.overview(
        survey,
        |pipeline, situation, known| {
            standing::of_approver(&pipeline.name, situation, known, &you, now)
        },
        |read, all| progress.set_message(format!("{read} of {all} pipelines")),
    );
    let read = read.await;
    progress.finish_and_clear();
    let mut pending = Pending {
        schema_version: 1,
        region: region.to_owned(),
        you,
        approvals: read.approvals,
        unreadable: read.unreadable,
        unclear: 0,
    };
    if args.mine {
        pending.unclear = pending.approvals.iter().filter(|it| it.you.counts.is_none()).count();
        pending.approvals.retain(|entry| entry.you.counts == Some(true));
    }
    Ok(pending)
}
