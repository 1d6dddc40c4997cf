//! `policygen doctor`.

use std::error::Error;
use std::path::PathBuf;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use jiff::civil::Date;
use rule::Rule;

use super::CATALOGS;
use super::doctor_facts::{self, FactsArgs};
use super::report::ReportArgs;
use crate::aws::{Aws, Connection};
use crate::exit::Exit;
use crate::input;
use crate::output;
use crate::pipelines;
use doctor::pipeline::{Pipeline, StagePlace};
use doctor::template::{Declared, NamedValue, Values};
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

  The pipelines of templates, before they are deployed; for code scanning:
    policygen doctor --template template.yaml --parameter Stage=prod --format sarif
    policygen doctor --template cdk.out/*.template.json
    terraform plan -out plan && terraform show -json plan | policygen doctor --template -

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
/// --pipeline, --pipeline-file, --parameter and --deploys may be given several times.
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
    /// Pipelines in a file: the output of `aws codepipeline get-pipeline` in JSON or YAML, a
    /// CloudFormation, SAM or synthesised CDK template, or the output of `terraform show -json` of
    /// a plan or a state; `-` for standard input
    #[arg(long, visible_alias = "template", value_name = "FILE", num_args = 1..)]
    pipeline_file: Vec<PathBuf>,
    /// What a name in a template stands for: a parameter, a resource, an attribute such as
    /// `Function.Arn`, an export, or `AWS::Region` [default: the parameter's default]
    #[arg(long, value_name = "NAME=VALUE", requires = "pipeline_file")]
    parameter: Vec<NamedValue>,
    /// A stage or an action that deploys, although its type does not say so, such as a build
    #[arg(long, value_name = "STAGE[/ACTION]")]
    deploys: Vec<StagePlace>,
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
    #[error("no region is configured; give `--region`")]
    NoRegion,
    #[error("`--deploys {0}`: no pipeline has such a stage or action; check its name")]
    NoSuchPlace(StagePlace),
}

/// A pipeline and the file that declares it. The file is empty if AWS does.
struct Found {
    declared: Declared,
    file: String,
}

impl Found {
    /// The variants of the pipeline. There is one, unless a template leaves conditions open.
    fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        self.declared.variants.iter().map(|variant| &variant.pipeline)
    }

    fn name(&self) -> &str {
        self.pipelines().next().map(Pipeline::name).unwrap_or_default()
    }

    fn is_empty(&self) -> bool {
        self.pipelines().all(|pipeline| {
            let has_actions = pipeline.stages().iter().any(|stage| !stage.actions.is_empty());
            !has_actions && !pipeline.is_undecided()
        })
    }
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
    let mut found = if args.pipeline_file.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(look_up(args))?
    } else {
        read_files(args)?
    };
    set_deploys(&mut found, &args.deploys)?;
    for empty in found.extract_if(.., |found| found.is_empty()) {
        output::print_warning(&format!(
            "`{}` has no actions, so there was nothing to check in it",
            empty.name()
        ));
    }
    if found.is_empty() {
        output::print_warning(match args.pipeline_file.is_empty() {
            true => "there was no pipeline to check; is this the right region and account?",
            false => "there was no pipeline to check; are these the right files?",
        });
        return Ok(Exit::Nothing);
    }
    for Found { declared, file } in &found {
        findings.extend(doctor::examine_declared(declared, file, &args.gate_function, &floor));
    }
    Ok(reporter.finish(findings, checked(&found, given.as_ref()), &doctor::CATALOG, today)?)
}

fn checked(found: &[Found], rule: Option<&GivenRule>) -> String {
    let pipelines = match found {
        [one] => format!("the pipeline `{}`", one.name()),
        several => format!("{} pipelines", several.len()),
    };
    match rule {
        None => pipelines,
        Some(Ok(_)) => format!("the rule and {pipelines}"),
        Some(Err(_)) => format!("the rule, and by the default rule {pipelines}"),
    }
}

/// Reads the pipelines of all files. A file without one is worth a warning.
fn read_files(args: &Args) -> Result<Vec<Found>, Box<dyn Error>> {
    let values: Values = args.parameter.iter().cloned().collect();
    let mut found = Vec::new();
    for path in &args.pipeline_file {
        let file = path.display().to_string();
        let pipelines = pipelines::read(path, &values)?;
        if pipelines.is_empty() {
            output::print_warning(&format!(
                "`{file}` has no pipeline, so nothing in it is checked"
            ));
        }
        found.extend(pipelines.into_iter().map(|declared| Found { declared, file: file.clone() }));
    }
    Ok(found)
}

/// Marks the actions that the user says deploy.
fn set_deploys(found: &mut [Found], places: &[StagePlace]) -> Result<(), CommandError> {
    for place in places {
        let variants = found.iter_mut().flat_map(|found| &mut found.declared.variants);
        let marked: Vec<bool> = variants.map(|it| it.pipeline.set_deploys(place)).collect();
        if !marked.contains(&true) {
            return Err(CommandError::NoSuchPlace(place.clone()));
        }
    }
    Ok(())
}

async fn look_up(args: &Args) -> Result<Vec<Found>, Box<dyn Error>> {
    let aws = Aws::connect(&args.connection, args.region.as_deref()).await;
    if aws.region().is_none() {
        return Err(CommandError::NoRegion.into());
    }
    let names = if args.all { aws.list_pipelines().await? } else { args.pipeline.clone() };
    let looked_up = stream::iter(&names).map(|name| aws.get_pipeline(name)).buffered(REQUESTS);
    let pipelines: Vec<Pipeline> = looked_up.try_collect().await?;
    let found = pipelines
        .into_iter()
        .map(|pipeline| Found { declared: Declared::certain(pipeline), file: String::new() });
    Ok(found.collect())
}
