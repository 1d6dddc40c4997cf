//! `policygen doctor`.

use std::error::Error;
use std::path::{Path, PathBuf};

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use rule::Rule;

use super::CATALOGS;
use super::doctor_facts::{self, FactsArgs};
use super::report::ReportArgs;
use crate::aws::{Aws, Connection};
use crate::exit::Exit;
use crate::input::{self, InputError};
use crate::output;
use doctor::pipeline::{Pipeline, PipelineError};
use doctor::{self, GivenRule};
use names::FunctionRef;

/// The number of concurrent requests. AWS throttles per account, and other tools need their share.
const REQUESTS: usize = 4;

const EXAMPLES: &str = "\
Examples:
  Every pipeline of a region:
    policygen doctor --all --region eu-west-1

  A pipeline in a file, with your gate's rule, before you put it into AWS:
    aws codepipeline get-pipeline --name payments > payments.json
    policygen doctor --pipeline-file payments.json --rule rule.json

  The rule by itself, before it becomes the function's TWO_PERSON_RULE:
    policygen doctor --rule rule.json

  Does AWS behave in your account as this product assumes?
    aws logs filter-log-events --log-group-name /aws/lambda/two-person-rule-gate \\
      --filter-pattern facts > log.json
    policygen doctor --facts --pipeline payments --execution ID --log log.json

  For code scanning, failing on warnings too:
    policygen doctor --pipeline payments --format sarif --fail-on warning";

/// Check whether the structure of a pipeline, and the gate's rule, keep the two-person rule
///
/// Checks stages, actions, artifacts and conditions: whether the gate is there, after the approvals
/// and before everything that deploys, and whether it can ever pass. It does not check who may
/// approve: `policygen audit` does.
///
/// With --rule, alone or with pipelines, also checks the gate's rule: what it assumes, what the
/// gate would refuse, and whether it fits the pipelines.
///
/// --pipeline and --pipeline-file may be given several times.
#[derive(Debug, clap::Args)]
#[command(
    after_long_help = EXAMPLES,
    override_usage = "policygen doctor [OPTIONS] <--pipeline <NAME>|--pipeline-file \
        <FILE>|--all|--rule <FILE>>",
    group = clap::ArgGroup::new("pipelines").args(["pipeline", "pipeline_file", "all"])
)]
pub(crate) struct Args {
    /// A pipeline to look up
    #[arg(long, value_name = "NAME", required_unless_present_any = ["pipeline_file", "all", "rule"])]
    pipeline: Vec<String>,
    /// A pipeline as `aws codepipeline get-pipeline` prints it; `-` for standard input
    #[arg(long, value_name = "FILE")]
    pipeline_file: Vec<PathBuf>,
    /// Every pipeline of the region
    #[arg(long)]
    all: bool,
    /// The gate's function, by its name or its ARN
    #[arg(
        long,
        visible_alias = "function",
        value_name = "FUNCTION",
        default_value = "two-person-rule-gate"
    )]
    gate_function: FunctionRef,
    /// The gate's rule, as in TWO_PERSON_RULE, which is also checked [default for the pipelines:
    /// the default rule]
    #[arg(long, value_name = "FILE")]
    rule: Option<PathBuf>,
    #[command(flatten)]
    facts: FactsArgs,
    #[command(flatten)]
    report: ReportArgs,
    /// The region of the pipelines [default: that of your AWS configuration]
    #[arg(long, value_name = "REGION", help_heading = "AWS access")]
    region: Option<String>,
    #[command(flatten)]
    connection: Connection,
}

/// Why nothing is checked.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("`{path}` is not a pipeline")]
    Pipeline { path: PathBuf, source: PipelineError },
    #[error("no region is configured; give `--region`")]
    NoRegion,
}

pub(crate) fn run(args: &Args, today: Date) -> Result<Exit, Box<dyn Error>> {
    if args.facts.facts {
        let region = args.region.as_deref();
        let (facts, gate) = (&args.facts, &args.gate_function);
        return doctor_facts::run(
            facts,
            &args.pipeline,
            gate,
            &args.report,
            &args.connection,
            region,
        );
    }
    // Read the user's files before asking AWS, so that a broken file costs no time.
    let reporter = args.report.read(&CATALOGS)?;
    let given = args.rule.as_deref().map(input::text).transpose()?;
    let given = given.map(|json| Rule::floor(&json));
    let floor = match &given {
        Some(Ok(rule)) => rule.clone(),
        None | Some(Err(_)) => Rule::default(),
    };
    let mut findings = given.as_ref().map(doctor::examine_rule).unwrap_or_default();
    let asks_for_pipelines =
        args.all || !args.pipeline.is_empty() || !args.pipeline_file.is_empty();
    if !asks_for_pipelines {
        return Ok(reporter.finish(findings, "the rule".to_owned(), &doctor::CATALOG, today)?);
    }
    let mut pipelines = if args.pipeline_file.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(look_up(args))?
    } else {
        args.pipeline_file.iter().map(|path| from_file(path)).collect::<Result<_, _>>()?
    };
    for empty in pipelines
        .extract_if(.., |pipeline| pipeline.stages().iter().all(|stage| stage.actions.is_empty()))
    {
        output::print_warning(&format!(
            "`{}` has no actions, so there was nothing to check in it",
            empty.name()
        ));
    }
    if pipelines.is_empty() {
        output::print_warning(
            "there was no pipeline to check; is this the right region and account?",
        );
        return Ok(Exit::Nothing);
    }
    for pipeline in &pipelines {
        findings.extend(doctor::examine(pipeline, &args.gate_function, &floor));
    }
    Ok(reporter.finish(findings, checked(&pipelines, given.as_ref()), &doctor::CATALOG, today)?)
}

fn checked(pipelines: &[Pipeline], rule: Option<&GivenRule>) -> String {
    let pipelines = match pipelines {
        [one] => format!("the pipeline `{}`", one.name()),
        several => format!("{} pipelines", several.len()),
    };
    match rule {
        None => pipelines,
        Some(Ok(_)) => format!("the rule and {pipelines}"),
        Some(Err(_)) => format!("the rule, and by the default rule {pipelines}"),
    }
}

fn from_file(path: &Path) -> Result<Pipeline, CommandError> {
    Pipeline::from_json(&input::text_or_stdin(path)?)
        .map_err(|source| CommandError::Pipeline { path: path.to_owned(), source })
}

async fn look_up(args: &Args) -> Result<Vec<Pipeline>, Box<dyn Error>> {
    let aws = Aws::connect(&args.connection, args.region.as_deref()).await;
    if aws.region().is_none() {
        return Err(CommandError::NoRegion.into());
    }
    let names = if args.all { aws.list_pipelines().await? } else { args.pipeline.clone() };
    let looked_up = stream::iter(&names).map(|name| aws.get_pipeline(name)).buffered(REQUESTS);
    Ok(looked_up.try_collect().await?)
}
