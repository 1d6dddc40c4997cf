//! `policygen verify`: whether a proof, a live execution or a report holds.

use std::error::Error;
use std::path::Path;

use jiff::Timestamp;
use serde_json::Value;

use super::verify_answer::Answer;
use super::verify_args::{Args, Format};
use super::{verify_human, verify_json, verify_live, verify_proof, verify_report};
use crate::exit::Exit;
use crate::input::{self, InputName};
use crate::output;

/// Why the options do not go together.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("{0} is a proof, which is judged by your own rule; give it with --rule")]
    NoRule(InputName),
    #[error("{file} is not a proof, and {option} is about proofs; leave {option} out")]
    Report { file: InputName, option: &'static str },
    #[error(
        "an execution is in one region of one account; give --region, --profile and --assume-role \
         once at most"
    )]
    Places,
}

/// Runs the verb at the time `now`.
pub(crate) fn run(args: &Args, now: Timestamp) -> Result<Exit, Box<dyn Error>> {
    let Some(path) = &args.file else { return live(args, now) };
    let text = input::text(path)?;
    if !is_envelope(&text) {
        return match args.about_proofs() {
            Some(option) => Ok(usage(&UsageError::Report { file: name(path), option })),
            None => verify_report::verify(path, &text),
        };
    }
    match args.own_rule()? {
        Some(rule) => print(&verify_proof::judge(args, path, &text, &rule, now)?, args.format),
        None => Ok(usage(&UsageError::NoRule(name(path)))),
    }
}

fn live(args: &Args, now: Timestamp) -> Result<Exit, Box<dyn Error>> {
    let places = args.access.places()?;
    match (places.as_slice(), args.own_rule()?) {
        ([place], Some(rule)) => print(&verify_live::judge(args, place, rule, now)?, args.format),
        _ => Ok(usage(&UsageError::Places)),
    }
}

/// Prints the answer, and returns the exit code for it.
fn print(answer: &Answer, format: Format) -> Result<Exit, Box<dyn Error>> {
    match format {
        Format::Human => {
            output::print_styled(&verify_human::render(answer, output::width()))?;
        }
        Format::Json => output::print(verify_json::render(answer)?.as_bytes())?,
    }
    Ok(if answer.verified.is_ok() { Exit::Done } else { Exit::Findings })
}

fn name(path: &Path) -> InputName {
    path.into()
}

fn usage(error: &UsageError) -> Exit {
    output::print_error(error);
    Exit::Usage
}

/// Whether a text is the JSON of an envelope, readable or not.
fn is_envelope(text: &str) -> bool {
    let json = serde_json::from_str::<Value>(text);
    json.is_ok_and(|json| json.get("payloadType").is_some())
}
