//! `policygen doctor`.

use std::error::Error;
use std::path::PathBuf;

use jiff::civil::Date;
use rule::Rule;

use super::CATALOGS;
use super::doctor_facts::{self, FactsArgs};
use super::doctor_sources::{self, Found, Sources};
use super::report::ReportArgs;
use crate::exit::Exit;
use crate::input;
use crate::output;
use crate::places::{AccessArgs, Wanted};
use doctor::pipeline::StagePlace;
use doctor::template::NamedValue;
use doctor::{self, GivenRule};
use names::FunctionRef;

const EXAMPLES: &str = "\
Examples:
  Every pipeline of two regions, in the accounts of two profiles:
    policygen doctor --all --region eu-west-1 --region us-east-1 \\
      --profile payments --profile refunds

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
/// --pipeline, --pipeline-file, --parameter, --deploys, --region, --profile and --assume-role may
/// be given several times.
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
    /// Every pipeline of each region and profile
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
    #[command(flatten)]
    access: AccessArgs,
}

/// Why nothing is checked.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error("--facts looks at one execution; give --region and --profile once")]
    SeveralPlaces,
    #[error("`--deploys {0}`: no pipeline has such a stage or action; check its name")]
    NoSuchPlace(StagePlace),
}

pub(crate) fn run(args: &Args, today: Date) -> Result<Exit, Box<dyn Error>> {
    if args.facts.facts {
        let (facts, gate) = (&args.facts, &args.gate_function);
        let places = args.access.places()?;
        let [place] = places.as_slice() else {
            output::print_error(&CommandError::SeveralPlaces);
            return Ok(Exit::Usage);
        };
        let (connection, region) = (&place.connection, place.region.as_deref());
        return doctor_facts::run(facts, &args.pipeline, gate, &args.report, connection, region);
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
        return Ok(reporter.finish(
            findings.into(),
            "the rule".to_owned(),
            &doctor::CATALOG,
            today,
        )?);
    }
    let Sources { mut found, is_complete } = if args.pipeline_file.is_empty() {
        let wanted = if args.all { Wanted::All } else { Wanted::Named(&args.pipeline) };
        doctor_sources::look_up(&args.access.places()?, wanted)?
    } else {
        doctor_sources::read_files(&args.pipeline_file, &args.parameter)?
    };
    set_deploys(&mut found, &args.deploys)?;
    for empty in found.extract_if(.., |found| found.is_empty()) {
        output::print_warning(&format!(
            "`{}` has no actions, so there was nothing to check in it",
            empty.name()
        ));
    }
    if found.is_empty() && !is_complete {
        return Ok(Exit::Failed);
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
    let checked = checked(&found, given.as_ref());
    let exit = reporter.finish(findings.into(), checked, &doctor::CATALOG, today)?;
    // A part that could not be read may hold anything.
    Ok(if is_complete { exit } else { Exit::Failed })
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
