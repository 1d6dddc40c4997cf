//! `policygen evidence`.

use std::error::Error;
use std::path::PathBuf;

use clap::ValueEnum;
use jiff::Timestamp;

use super::evidence_manifest;
use super::evidence_recipe::{Asked, GivenFunction, Made, Recipe};
use super::report::{FailOn, print_unused};
use crate::aws::{Aws, Connection};
use crate::exit::Exit;
use crate::output;
use evidence::render::{csv, html, human, json, sarif};
use evidence::{Moment, Period, Progress, Source, look_up, read_live};
use names::NameError;

const EXAMPLES: &str = "\
Examples:
  Was every release of the first quarter approved by two different people?
    policygen evidence --pipeline payments --since 2026-01-01 --until 2026-03-31 \\
      --rule rule.json

  The same as a report to hand over:
    policygen evidence --pipeline payments --since 90d --rule rule.json \\
      --cloudtrail --format html > evidence.html

  Without access to AWS, from lists that somebody else saved:
    aws codepipeline list-pipeline-executions --pipeline-name payments > executions.json
    aws codepipeline list-action-executions --pipeline-name payments > actions.json
    policygen evidence --pipeline payments --rule rule.json \\
      --input executions.json --input actions.json

Exit codes: 0 no open exception at or above --fail-on, 1 could not do it, 2 usage, 3 no execution in
the period, 10 open exceptions at or above --fail-on.";

/// Show who approved each release of a period, by the gate's own rule
///
/// Reads the history of the pipeline, which CodePipeline keeps for 12 months, and evaluates each
/// execution again with the gate's own code. The report shows who started it, what was released,
/// who approved and how that was counted, and whether the gate reported the same at the time.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The pipeline
    #[arg(long, value_name = "NAME")]
    pipeline: String,
    /// Only executions that started at this time or later: `90d`, `12h` or `4w` ago, a day or a
    /// time
    #[arg(long, value_name = "WHEN")]
    since: Option<Moment>,
    /// Only executions that started before this time, or by the end of this day in UTC
    #[arg(long, value_name = "WHEN")]
    until: Option<Moment>,
    /// Only this execution
    #[arg(long, value_name = "ID", conflicts_with_all = ["since", "until"])]
    execution: Option<String>,
    /// The gate's rule, as in TWO_PERSON_RULE [default: the default rule]
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    /// The gate's function, by its name or its ARN; an Invoke action that runs it is the gate
    #[arg(long, value_name = "FUNCTION", default_value = "two-person-rule-gate")]
    gate_function: GivenFunction,
    /// The output of `aws codepipeline list-pipeline-executions` or `list-action-executions`,
    /// instead of asking AWS; may be given several times
    #[arg(long, value_name = "FILE")]
    input: Vec<PathBuf>,
    /// The pipeline's account [default: what AWS says, or the only account of all principals]
    #[arg(long, value_name = "DIGITS", conflicts_with = "account_file")]
    account: Option<String>,
    /// The output of `aws iam get-account-authorization-details`, which shows the account and the
    /// roles that IAM Identity Center created
    #[arg(long, value_name = "FILE")]
    account_file: Option<PathBuf>,
    /// Look up each approval in CloudTrail, which goes back 90 days, and the principal that started
    /// its session; takes about a second per session
    #[arg(long, conflicts_with = "input")]
    cloudtrail: bool,
    /// Exported CloudTrail events: logs of a trail, compressed or not, or a directory of them; the
    /// output of `aws cloudtrail lookup-events` or `aws logs filter-log-events`; events of
    /// EventBridge; event records, also one per line. May be given several times
    #[arg(long, value_name = "FILE")]
    cloudtrail_file: Vec<PathBuf>,
    /// The output format
    #[arg(long, value_enum, default_value_t)]
    format: Format,
    /// The least severity of an exception that ends with exit code 10
    #[arg(long, value_enum, default_value_t, value_name = "SEVERITY")]
    fail_on: FailOn,
    /// A JSON list of exceptions that you accept, each with `code`, `subject`, `reason` and
    /// `expires`
    #[arg(long, value_name = "FILE")]
    accept: Option<PathBuf>,
    /// Begin CSV with the cover: lines with `#` that say what the report was made from
    #[arg(long)]
    cover: bool,
    /// Write the SHA-256 of each input and of the output into this file
    #[arg(long, value_name = "FILE")]
    manifest: Option<PathBuf>,
    /// The pipeline's region
    #[arg(long, value_name = "REGION", help_heading = "AWS access")]
    region: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

#[derive(Clone, Copy, Debug, Default, ValueEnum)]
enum Format {
    /// For people at a terminal
    #[default]
    Human,
    /// For programs, schema version 1, with the decision records
    Json,
    /// The exceptions in SARIF 2.1.0, for code scanning
    Sarif,
    /// For spreadsheets, one line per execution
    Csv,
    /// Annotations of a workflow run of GitHub Actions, one per cause
    Github,
    /// JUnit XML, one test case per kind of exception
    Junit,
    /// One file for a browser, to print or to hand over
    Html,
}

/// A text that is not the id of an account.
#[derive(Debug, thiserror::Error)]
#[error("--account")]
struct BadAccount(#[source] NameError);

/// Runs the verb at the time `now`.
pub(crate) fn run(args: Args, now: Timestamp) -> Result<Exit, Box<dyn Error>> {
    let period = Period::new(args.since, args.until, now)?;
    let recipe = Recipe {
        pipeline: args.pipeline.clone(),
        period,
        execution: args.execution.clone(),
        gate: args.gate_function.clone(),
        account: args.account.as_deref().map(str::parse).transpose().map_err(BadAccount)?,
        region: args.region.clone(),
        rule: args.rule.clone(),
        account_file: args.account_file.clone(),
        history: args.input.clone(),
        cloudtrail: args.cloudtrail_file.clone(),
        accept: args.accept.clone(),
    };
    let ingredients = recipe.read()?;
    let asked = if args.input.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(ask(&args, period))?
    } else {
        Asked::default()
    };
    let asks_trail = args.cloudtrail || !args.cloudtrail_file.is_empty();
    // To the second: a shorter time says no less.
    let made_at = Timestamp::from_second(now.as_second())?;
    let Made { report, cover, judged } = recipe.make(ingredients, asked, asks_trail, made_at)?;
    let unused = judged.unused.clone();
    let printed = match args.format {
        Format::Human => human::render(&report).into_bytes(),
        Format::Json => json::render(&report, &cover)?,
        Format::Sarif => sarif::render(&report, judged)?.into_bytes(),
        Format::Csv => csv::render(&report, args.cover.then_some(&cover))?,
        Format::Github => findings::github(&sarif::findings(&report, judged)).into_bytes(),
        Format::Junit => {
            let found = sarif::findings(&report, judged);
            findings::junit(&found, &evidence::CATALOG, args.fail_on.severity()).into_bytes()
        }
        Format::Html => html::render(&report, &cover)?.into_bytes(),
    };
    if let Some(path) = &args.manifest {
        let format = args.format.to_possible_value();
        let format = format.as_ref().map_or("", |value| value.get_name());
        evidence_manifest::write(path, &cover, format, &printed)?;
    }
    output::print(&printed)?;
    // These formats have no place for notes about the whole report.
    if matches!(args.format, Format::Csv | Format::Sarif | Format::Github | Format::Junit) {
        report.notes().iter().for_each(|note| output::print_note(note));
    }
    if report.is_empty() {
        output::print_note(&nothing(&args));
        return Ok(Exit::Nothing);
    }
    print_unused(&unused);
    if !report.other_functions().is_empty() {
        output::print_note(&format!(
            "the function `{}` ran in no execution, but `{}` did; if that is the gate, give it \
             with --gate-function",
            report.gate(),
            report.other_functions().join("`, `")
        ));
    }
    let fails = args.fail_on.severity().is_some_and(|severity| report.has(severity));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

/// Why there is nothing to judge.
fn nothing(args: &Args) -> String {
    match &args.execution {
        Some(id) => format!(
            "the history of `{}` has no execution `{id}`; it goes back 12 months",
            args.pipeline
        ),
        None => format!(
            "no execution of `{}` started in the period; widen --since and --until",
            args.pipeline
        ),
    }
}

/// Reads the history from AWS, and the events if they are wanted.
async fn ask(args: &Args, period: Period) -> Result<Asked, Box<dyn Error>> {
    let aws = Aws::connect(&args.connection, args.region.as_deref()).await;
    let bar = output::progress("executions read");
    let report = |progress: Progress| match progress {
        Progress::Executions(count) => bar.set_length(u64::try_from(count).unwrap_or(u64::MAX)),
        Progress::Read => bar.inc(1),
    };
    let history = read_live(
        &aws.pipeline_history(),
        &args.pipeline,
        period,
        args.execution.as_deref(),
        report,
    )
    .await;
    bar.finish_and_clear();
    let (history, requests) = history?;
    let mut asked = Asked {
        calls: vec![
            Source::Calls {
                operation: "codepipeline:ListPipelineExecutions",
                requests: requests.executions,
                entries: history.executions.len(),
            },
            Source::Calls {
                operation: "codepipeline:ListActionExecutions",
                requests: requests.actions,
                entries: history.actions.len(),
            },
        ],
        history,
        region: aws.region().map(str::to_owned),
        ..Asked::default()
    };
    match aws.get_pipeline(&args.pipeline).await {
        Ok(pipeline) => {
            asked.calls.push(Source::Calls {
                operation: "codepipeline:GetPipeline",
                requests: 1,
                entries: 1,
            });
            asked.account = pipeline.account().map(|id| id.to_string());
            asked.pipeline_arn = Some(pipeline.arn.clone());
        }
        // The history can be judged without it, and the report says which account it assumes.
        Err(error) => {
            output::print_note(&format!(
                "AWS does not say which account the pipeline belongs to: {error}"
            ));
        }
    }
    if args.cloudtrail {
        let bar = output::progress("sessions looked up");
        let looked_up = look_up(&aws, &args.pipeline, period, || bar.inc(1)).await;
        bar.finish_and_clear();
        asked.events = looked_up?;
        asked.calls.push(Source::Calls {
            operation: "cloudtrail:LookupEvents",
            requests: aws.lookups(),
            entries: asked.events.len(),
        });
    }
    Ok(asked)
}
