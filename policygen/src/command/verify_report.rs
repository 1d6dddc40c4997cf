//! `policygen verify REPORT`: makes a report of `evidence` again from its inputs, and compares.

use std::error::Error;
use std::path::{Path, PathBuf};

use evidence::{Role, render};
use jiff::Timestamp;
use names::shown;
use serde::Deserialize;
use serde_json::Value;

use super::evidence_recipe::Recipe;
use crate::digest::sha256;
use crate::exit::Exit;
use crate::input::{self, InputName};
use crate::output;

/// How many differences are listed.
const LISTED: usize = 20;

/// What prevents the comparison.
#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error(
        "{0} is not a report of `policygen evidence --format json`, or of a version without a \
         cover; nor is it a proof, which has a `payloadType`"
    )]
    Form(InputName, #[source] serde_json::Error),
    #[error(
        "{0} was made from standard input, which cannot be read again; save what was read in a \
         file, and make the report from it with --input"
    )]
    Piped(InputName),
    #[error(
        "{0} was made from calls to AWS, which cannot be repeated; save both lists, and make the \
         report from them with --input"
    )]
    Live(InputName),
    #[error(
        "{0} is a report over several pipelines, which cannot be made again; verify a report of \
         each pipeline"
    )]
    Several(InputName),
}

/// The parts of a report that say how to make it again.
#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Document {
    pipeline: String,
    period: Bounds,
    cover: Cover,
}

#[derive(Deserialize)]
struct Bounds {
    since: Option<Timestamp>,
    until: Option<Timestamp>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Cover {
    made_at: Timestamp,
    version: String,
    account: Option<String>,
    account_from: String,
    given_region: Option<String>,
    gate: String,
    execution: Option<String>,
    asked_trail: bool,
    sources: Vec<SourceDocument>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct SourceDocument {
    kind: String,
    path: Option<PathBuf>,
    role: Option<String>,
    sha256: Option<String>,
}

/// Makes the report of this file again. Its text may be that of anything.
pub(super) fn verify(path: &Path, text: &str) -> Result<Exit, Box<dyn Error>> {
    let form = |error| VerifyError::Form(path.into(), error);
    let given: Value = serde_json::from_str(text).map_err(form)?;
    if given.get("pipelines").is_some() {
        return Err(VerifyError::Several(path.into()).into());
    }
    let document: Document = serde_json::from_value(given.clone()).map_err(form)?;
    if document.cover.sources.iter().any(|source| source.kind != "file") {
        return Err(VerifyError::Live(path.into()).into());
    }
    let is_piped = |source: &SourceDocument| source.path.as_deref() == Some(Path::new("-"));
    if document.cover.sources.iter().any(is_piped) {
        return Err(VerifyError::Piped(path.into()).into());
    }
    let changed = changed_files(&document.cover.sources)?;
    let differences =
        if changed.is_empty() { differences(&given, &made_again(&document)?) } else { changed };
    let count = document.cover.sources.len();
    if differences.is_empty() {
        output::print(
            format!(
                "Yes: the report is the same when it is made again from its {count} files.\n\
                 It was made by policygen {}, and checked by {}.\n",
                shown(&document.cover.version),
                crate::VERSION
            )
            .as_bytes(),
        )?;
        return Ok(Exit::Done);
    }
    let mut answer = "No: the report differs from what its files say.\n".to_owned();
    for difference in differences.iter().take(LISTED) {
        answer.push_str(&format!("- {difference}\n"));
    }
    let more = differences.len().saturating_sub(LISTED);
    if more > 0 {
        answer.push_str(&format!("- and {more} more\n"));
    }
    output::print(answer.as_bytes())?;
    Ok(Exit::Findings)
}

/// The files that are not those that the report was made from.
fn changed_files(sources: &[SourceDocument]) -> Result<Vec<String>, Box<dyn Error>> {
    let mut changed = Vec::new();
    for source in sources {
        let Some(path) = &source.path else { continue };
        let now = sha256(&input::raw(path)?);
        let then = source.sha256.as_deref().unwrap_or_default();
        if now != then {
            changed.push(format!(
                "the file {} is another one: its sha256 is {now}, and the report says {}",
                shown(&path.display().to_string()),
                shown(then)
            ));
        }
    }
    Ok(changed)
}

fn made_again(document: &Document) -> Result<Value, Box<dyn Error>> {
    let Cover { account, account_from, sources, .. } = &document.cover;
    let of = |role: Role| -> Vec<PathBuf> {
        let sources = sources.iter().filter(|source| source.role.as_deref() == Some(role.as_str()));
        sources.filter_map(|source| source.path.clone()).collect()
    };
    let account = account.as_deref().filter(|_| account_from == "given");
    let recipe = Recipe {
        pipeline: document.pipeline.clone(),
        period: evidence::Period { since: document.period.since, until: document.period.until },
        execution: document.cover.execution.clone(),
        gate: document.cover.gate.parse()?,
        account: account.map(str::parse).transpose()?,
        region: document.cover.given_region.clone(),
        rule: of(Role::Rule).pop(),
        account_file: of(Role::Account).pop(),
        history: of(Role::History),
        cloudtrail: of(Role::CloudTrail),
        accept: of(Role::Accept).pop(),
        is_one_of_several: false,
    };
    let mut ingredients = recipe.read()?;
    let asked = std::mem::take(&mut ingredients.saved);
    let asked_trail = document.cover.asked_trail;
    let made = recipe.make(&ingredients, asked, asked_trail, document.cover.made_at)?;
    Ok(serde_json::from_slice(&render::json::render(&made.report, &made.cover)?)?)
}

/// The values that differ, each with its place. The version of the program may differ.
fn differences(given: &Value, again: &Value) -> Vec<String> {
    let mut found = Vec::new();
    compare(String::new(), Some(given), Some(again), &mut found);
    found
}

fn compare(place: String, given: Option<&Value>, again: Option<&Value>, found: &mut Vec<String>) {
    match (given, again) {
        (Some(Value::Object(given)), Some(Value::Object(again))) => {
            let missing = again.keys().filter(|name| !given.contains_key(*name));
            for name in given.keys().chain(missing) {
                compare(format!("{place}/{name}"), given.get(name), again.get(name), found);
            }
        }
        (Some(Value::Array(given)), Some(Value::Array(again))) => {
            for index in 0..given.len().max(again.len()) {
                compare(format!("{place}/{index}"), given.get(index), again.get(index), found);
            }
        }
        (given, again) if given == again || place == "/cover/version" => {}
        (given, again) => found.push(format!(
            "{}: the report says {}, its files say {}",
            shown(&place),
            in_short(given),
            in_short(again)
        )),
    }
}

/// A value in at most 120 characters.
fn in_short(value: Option<&Value>) -> String {
    let Some(value) = value else { return "nothing".to_owned() };
    let text = shown(&value.to_string());
    match text.char_indices().nth(120) {
        Some((end, _)) => format!("{}…", text.get(..end).unwrap_or_default()),
        None => text,
    }
}
