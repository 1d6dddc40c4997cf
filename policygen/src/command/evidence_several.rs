//! `policygen evidence` over several pipelines, of several regions and accounts.

use std::error::Error;
use std::path::PathBuf;

use evidence::render::overview::{csv, html, human, json, sarif};
use evidence::{Overview, Row, Source};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use jiff::tz::TimeZone;

use super::evidence_args::{Args, Format};
use super::evidence_ask::{Question, ask};
use super::evidence_folders;
use super::evidence_history;
use super::evidence_proof::NotProven;
use super::evidence_recipe::{Asked, Ingredients, Recipe};
use super::report::print_unused;
use crate::aws::Aws;
use crate::exit::Exit;
use crate::output;
use crate::places::{Place, Wanted};
use crate::sources::Sources;

/// The number of places, and then of pipelines, that are read at the same time. Each pipeline reads
/// four executions at once.
const AT_ONCE: usize = 4;

/// What all pipelines have in common.
struct Common<'a> {
    args: &'a Args,
    recipe: Recipe,
    ingredients: Ingredients,
    made_at: Timestamp,
}

/// Reads every pipeline, and prints the report.
///
/// # Errors
/// If no pipeline can be judged, or the report cannot be written.
pub(crate) fn run(
    args: &Args,
    places: &[Place],
    recipe: Recipe,
    made_at: Timestamp,
) -> Result<Exit, Box<dyn Error>> {
    let ingredients = recipe.read()?;
    let common = Common { args, recipe, ingredients, made_at };
    let rows = if args.input.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(common.live(places))
    } else {
        common.saved()?
    };
    common.print(rows)
}

impl Common<'_> {
    /// The rows of the pipelines in folders.
    fn saved(&self) -> Result<Vec<Row>, Box<dyn Error>> {
        let folders = evidence_folders::files(&self.args.input, &self.args.pipeline)?;
        let bar = output::progress("pipelines judged");
        bar.set_length(u64::try_from(folders.len()).unwrap_or(u64::MAX));
        let rows = folders.into_iter().map(|(place, paths)| {
            let row = self.saved_row(&place, &paths);
            bar.inc(1);
            row.unwrap_or_else(|error| Row::not_judged(place, names::with_sources(error.as_ref())))
        });
        let rows = rows.collect();
        bar.finish_and_clear();
        Ok(rows)
    }

    fn saved_row(&self, place: &evidence::Place, paths: &[PathBuf]) -> Result<Row, Box<dyn Error>> {
        let pipeline = place.pipeline.as_deref().unwrap_or_default();
        let wanted = evidence_history::Wanted {
            pipeline,
            account: place.account.as_deref(),
            region: place.region.as_deref(),
        };
        let mut sources = Sources::default();
        let saved = evidence_history::read(paths, &wanted, &mut sources)?;
        let mut asked = Asked::from_saved(saved);
        asked.account = asked.account.or_else(|| place.account.clone());
        asked.region = asked.region.or_else(|| place.region.clone());
        asked.pipeline_arn =
            asked.pipeline_arn.or_else(|| place.account.is_some().then(|| place.arn()));
        asked.calls = sources.into_all();
        self.row(pipeline, asked)
    }

    /// The rows of the pipelines of all places. What cannot be read is a row too.
    async fn live(&self, places: &[Place]) -> Vec<Row> {
        let mut rows = Vec::new();
        let mut targets: Vec<(Aws, evidence::Place)> = Vec::new();
        let found = stream::iter(places).map(|place| self.pipelines_of(place)).buffered(AT_ONCE);
        for found in found.collect::<Vec<_>>().await {
            match found {
                Ok(found) => targets.extend(found),
                Err(row) => rows.push(row),
            }
        }
        let bar = output::progress("pipelines read");
        bar.set_length(u64::try_from(targets.len()).unwrap_or(u64::MAX));
        let read = stream::iter(targets).map(async |(aws, place)| {
            let row = self.live_row(&aws, &place).await;
            bar.inc(1);
            row.unwrap_or_else(|error| Row::not_judged(place, names::with_sources(error.as_ref())))
        });
        rows.extend(read.buffer_unordered(AT_ONCE).collect::<Vec<Row>>().await);
        bar.finish_and_clear();
        rows
    }

    /// The pipelines of a place, or the row that says why they are not known.
    async fn pipelines_of(&self, place: &Place) -> Result<Vec<(Aws, evidence::Place)>, Row> {
        let wanted = match self.args.all {
            true => Wanted::All,
            false => Wanted::Named(&self.args.pipeline),
        };
        let unknown = |region: Option<&str>, error: &dyn Error| {
            let here = evidence::Place {
                account: place.account(),
                region: region.map(str::to_owned),
                pipeline: None,
            };
            let problem = format!(
                "the pipelines of {} are not known: {}",
                place.in_words(),
                names::with_sources(error)
            );
            Row::not_judged(here, problem)
        };
        let aws = place.connect().await.map_err(|error| unknown(None, &error))?;
        let names = wanted.names(&aws).await.map_err(|error| unknown(aws.region(), &error))?;
        let found = names.into_iter().map(|name| {
            let region = aws.region().map(str::to_owned);
            (
                aws.clone(),
                evidence::Place { account: place.account(), region, pipeline: Some(name) },
            )
        });
        Ok(found.collect())
    }

    async fn live_row(&self, aws: &Aws, place: &evidence::Place) -> Result<Row, Box<dyn Error>> {
        let pipeline = place.pipeline.as_deref().unwrap_or_default();
        let question =
            Question { pipeline, period: self.recipe.period, execution: None, now: self.made_at };
        let mut asked = ask(aws, question, self.args.cache.as_deref(), |_| {}).await?;
        asked.account = asked.account.or_else(|| place.account.clone());
        self.row(pipeline, asked)
    }

    fn row(&self, pipeline: &str, asked: Asked) -> Result<Row, Box<dyn Error>> {
        let recipe = Recipe { pipeline: pipeline.to_owned(), ..self.recipe.clone() };
        let (region, sources) = (asked.region.clone(), asked.calls.clone());
        let made = recipe.make(&self.ingredients, asked, self.asks_trail(), self.made_at)?;
        Ok(Row::new(&made.report, region.as_deref(), made.judged, sources))
    }

    fn asks_trail(&self) -> bool {
        !self.recipe.cloudtrail.is_empty()
    }

    fn print(&self, rows: Vec<Row>) -> Result<Exit, Box<dyn Error>> {
        let Self { args, recipe, ingredients, made_at } = self;
        if rows.iter().all(|row| row.problem().is_some()) && !rows.is_empty() {
            for problem in rows.iter().filter_map(Row::problem) {
                output::print_error(&NotJudged(problem.to_owned()));
            }
            return Ok(Exit::Failed);
        }
        let mut cover = recipe.cover(ingredients, self.asks_trail(), *made_at);
        let own: Vec<Source> = rows.iter().flat_map(Row::sources).cloned().collect();
        let today = made_at.to_zoned(TimeZone::UTC).date();
        let question = (recipe.period, recipe.gate.name(), ingredients.rule.clone());
        let (overview, judged) = Overview::new(question, rows, &ingredients.acceptances, today);
        let unused = judged.unused.clone();
        let printed = match args.format {
            Format::Human => human::render(&overview, output::width()).into_bytes(),
            Format::Json => json::render(&overview, &cover)?,
            Format::Sarif => sarif::render(&overview, judged)?.into_bytes(),
            Format::Csv => csv::render(&overview, args.cover.then_some(&cover))?,
            Format::Github => findings::github(&sarif::findings(&overview, judged)).into_bytes(),
            Format::Junit => {
                let found = sarif::findings(&overview, judged);
                findings::junit(&found, &evidence::CATALOG, args.fail_on.severity()).into_bytes()
            }
            Format::Html => html::render(&overview, &cover).into_bytes(),
            Format::Proof => return Err(NotProven::Several.into()),
        };
        cover.sources.extend(own);
        args.print(&cover, &printed)?;
        if overview.is_empty() {
            output::print_note(
                "there was no execution to judge; is this the right region and account, and the \
                 right period?",
            );
            return Ok(Exit::Nothing);
        }
        print_unused(&unused);
        let fails = args.fail_on.severity().is_some_and(|severity| overview.has(severity));
        Ok(if fails { Exit::Findings } else { Exit::Done })
    }
}

/// A pipeline that could not be judged.
#[derive(Debug, thiserror::Error)]
#[error("{0}")]
struct NotJudged(String);
