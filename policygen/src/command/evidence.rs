//! `policygen evidence`.

use std::error::Error;

use jiff::Timestamp;

use super::evidence_args::{Args, Format};
use super::evidence_ask::{Question, ask, ask_trail};
use super::evidence_proof::{NotProven, proof};
use super::evidence_recipe::{Asked, Made, Recipe};
use super::evidence_several;
use super::report::print_unused;
use crate::exit::Exit;
use crate::output;
use crate::places::Place;
use evidence::render::{csv, html, human, json, sarif};
use evidence::{Cover, Period, Progress, Report};
use rule::Rule;

/// Why the options do not go together.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("--execution asks about one execution of one pipeline; give one --pipeline")]
    Execution,
    #[error(
        "--cloudtrail looks up the events of one pipeline; for several, export the events and give \
         them with --cloudtrail-file"
    )]
    CloudTrail,
    #[error(transparent)]
    Proof(#[from] NotProven),
}

/// Runs the verb at the time `now`.
pub(crate) fn run(args: &Args, now: Timestamp) -> Result<Exit, Box<dyn Error>> {
    let period = Period::new(args.since, args.until, now)?;
    if args.format == Format::Proof && args.execution.is_none() {
        return Ok(usage(&NotProven::Several.into()));
    }
    let places = args.access.places()?;
    // To the second: a shorter time says no less.
    let made_at = Timestamp::from_second(now.as_second())?;
    match (args.pipeline.as_slice(), places.as_slice()) {
        ([pipeline], [place]) => one(args, pipeline, place, period, made_at),
        _ => several(args, &places, period, made_at),
    }
}

fn usage(error: &UsageError) -> Exit {
    output::print_error(error);
    Exit::Usage
}

/// A report over several pipelines.
fn several(
    args: &Args,
    places: &[Place],
    period: Period,
    made_at: Timestamp,
) -> Result<Exit, Box<dyn Error>> {
    let error = match () {
        () if args.execution.is_some() => Some(UsageError::Execution),
        () if args.cloudtrail => Some(UsageError::CloudTrail),
        () => None,
    };
    if let Some(error) = error {
        return Ok(usage(&error));
    }
    let recipe = Recipe {
        history: Vec::new(),
        is_one_of_several: true,
        ..args.recipe(Default::default(), period)?
    };
    evidence_several::run(args, places, recipe, made_at)
}

/// The report of one pipeline.
fn one(
    args: &Args,
    pipeline: &str,
    place: &Place,
    period: Period,
    made_at: Timestamp,
) -> Result<Exit, Box<dyn Error>> {
    let mut recipe = args.recipe(pipeline, period)?;
    recipe.region = place.region.clone();
    let mut ingredients = recipe.read()?;
    let asked = if args.input.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(ask_one(args, place, pipeline, (period, made_at)))?
    } else {
        std::mem::take(&mut ingredients.saved)
    };
    let asks_trail = args.cloudtrail || !args.cloudtrail_file.is_empty();
    let Made { report, cover, judged } = recipe.make(&ingredients, asked, asks_trail, made_at)?;
    let unused = judged.unused.clone();
    // A manifest says what will be printed, so with one the whole text is needed first.
    if args.format == Format::Json && args.manifest.is_none() {
        output::print_by(|out| Ok(json::write(&report, &cover, out)?))?;
    } else {
        let printed = match args.format {
            Format::Human => human::render(&report, output::width()).into_bytes(),
            Format::Json => json::render(&report, &cover)?,
            Format::Sarif => sarif::render(&report, judged)?.into_bytes(),
            Format::Csv => csv::render(&report, args.cover.then_some(&cover))?,
            Format::Github => findings::github(&sarif::findings(&report, judged)).into_bytes(),
            Format::Junit => {
                let found = sarif::findings(&report, judged);
                findings::junit(&found, &evidence::CATALOG, args.fail_on.severity()).into_bytes()
            }
            Format::Html => html::render(&report, &cover)?.into_bytes(),
            Format::Proof => return prove(args, pipeline, &report, &cover, &ingredients.rule),
        };
        args.print(&cover, &printed)?;
    }
    // These formats have no place for notes about the whole report.
    if matches!(args.format, Format::Csv | Format::Sarif | Format::Github | Format::Junit) {
        report.notes().iter().for_each(|note| output::print_note(note));
    }
    if report.is_empty() {
        output::print_note(&nothing(args, pipeline));
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

/// Prints the proof of the only execution.
fn prove(
    args: &Args,
    pipeline: &str,
    report: &Report,
    cover: &Cover,
    rule: &Rule,
) -> Result<Exit, Box<dyn Error>> {
    report.notes().iter().for_each(|note| output::print_note(note));
    let Some(evaluated) = report.executions().first() else {
        output::print_note(&nothing(args, pipeline));
        return Ok(Exit::Nothing);
    };
    match proof(evaluated, rule, cover.made_at) {
        Ok(proof) => args.print(cover, proof.as_bytes()).map(|()| Exit::Done),
        Err(error @ NotProven::NotSatisfied { .. }) => {
            output::print_error(&error);
            Ok(Exit::Findings)
        }
        Err(error) => Err(error.into()),
    }
}

/// Why there is nothing to judge.
fn nothing(args: &Args, pipeline: &str) -> String {
    match &args.execution {
        Some(id) => {
            format!("the history of `{pipeline}` has no execution `{id}`; it goes back 12 months")
        }
        None => {
            format!("no execution of `{pipeline}` started in the period; widen --since and --until")
        }
    }
}

/// Reads the history from AWS, and the events if they are wanted.
async fn ask_one(
    args: &Args,
    place: &Place,
    pipeline: &str,
    (period, now): (Period, Timestamp),
) -> Result<Asked, Box<dyn Error>> {
    let aws = crate::aws::Aws::connect(&place.connection, place.region.as_deref()).await;
    let question = Question { pipeline, period, execution: args.execution.as_deref(), now };
    let bar = output::progress("executions read");
    let asked = ask(&aws, question, args.cache.as_deref(), |progress| match progress {
        Progress::Executions(count) => bar.set_length(u64::try_from(count).unwrap_or(u64::MAX)),
        Progress::Read => bar.inc(1),
    })
    .await;
    bar.finish_and_clear();
    let mut asked = asked?;
    if args.cloudtrail {
        let bar = output::progress("sessions looked up");
        let looked_up = ask_trail(&aws, question, &mut asked, || bar.inc(1)).await;
        bar.finish_and_clear();
        looked_up?;
    }
    Ok(asked)
}
