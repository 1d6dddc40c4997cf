//! `desk verify-key`.

use std::error::Error;
use std::fs;
use std::io::{self, Read as _};
use std::path::Path;

use names::shown;
use rule::Rule;
use serde::Serialize;
use signing::{KeyKind, SigningKey};

use crate::exit::Exit;
use crate::options::{Common, Format};
use crate::output;
use crate::report::{Lines, json};
use crate::rule_source;

const EXAMPLES: &str = "\
Examples:
  Whose key is this, by the rule?
    desk verify-key ~/.ssh/approvals.pub --rule rule.json

  A line from a pull request:
    desk verify-key 'ssh-ed25519 AAAA…'";

/// Check one line of `signingKeys`: what kind of key it is, and whose by the rule
///
/// Exit code 10 if --rule is given and does not have the key.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A file with the key, the key itself, or `-` for standard input
    #[arg(value_name = "FILE|-|TEXT")]
    key: String,
}

/// Why a key cannot be checked.
#[derive(Debug, thiserror::Error)]
enum VerifyError {
    #[error("the key cannot be read")]
    Unreadable(#[from] io::Error),
    #[error("this is a private key, which must stay with you; give the public key")]
    Private,
    #[error("there are several lines; give one key at a time")]
    Several,
    #[error(transparent)]
    Key(#[from] signing::KeyError),
}

/// A key as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Checked {
    schema_version: u32,
    key: String,
    key_id: String,
    kind: &'static str,
    /// `null` for a passkey: only its signatures tell.
    device_bound: Option<bool>,
    /// The person that the rule gives it to. `null` if that is nobody, or without --rule.
    person: Option<String>,
    /// Whether the rule has it. `null` without --rule.
    in_rule: Option<bool>,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result<Exit, Box<dyn Error>> {
    let rule = common.rule.as_deref().map(rule_source::from_file).transpose()?;
    let key = parse(&text(&args.key)?)?;
    let person = rule.as_ref().map(|file| person(&file.rule, &key));
    match common.format {
        Format::Human => output::print(&human(&key, person.as_ref()))?,
        Format::Json => output::print(&json::render(&Checked {
            schema_version: 1,
            key: key.to_string(),
            key_id: key.id().to_string(),
            kind: key.kind().as_str(),
            device_bound: device_bound(&key),
            in_rule: person.as_ref().map(Option::is_some),
            person: person.clone().flatten(),
        })?)?,
    }
    Ok(match person {
        Some(None) => Exit::Insufficient,
        Some(Some(_)) | None => Exit::Done,
    })
}

/// The key itself, or the content of the file.
fn text(given: &str) -> Result<String, VerifyError> {
    if given == "-" {
        let mut text = String::new();
        io::stdin().lock().read_to_string(&mut text)?;
        return Ok(text);
    }
    // No path holds what every key does: a type with its parameters.
    if given.starts_with("passkey:") || given.split_whitespace().count() > 1 {
        return Ok(given.to_owned());
    }
    let bytes = fs::read(Path::new(given)).map_err(|error| {
        io::Error::new(
            error.kind(),
            format!("`{given}` is neither a key nor a readable file: {error}"),
        )
    })?;
    Ok(String::from_utf8_lossy(&bytes).into_owned())
}

fn parse(text: &str) -> Result<SigningKey, VerifyError> {
    // Never print what may be a private key, not even in an error.
    if text.contains("PRIVATE KEY") {
        return Err(VerifyError::Private);
    }
    let text = text.trim();
    if text.lines().count() > 1 {
        return Err(VerifyError::Several);
    }
    Ok(text.trim_matches(['"', ',']).parse()?)
}

fn person(rule: &Rule, key: &SigningKey) -> Option<String> {
    let mut keys = rule.public_keys();
    keys.find(|(_, known)| known.id() == key.id()).map(|(person, _)| person.to_owned())
}

/// Whether the private half cannot leave its device. `None` if the public half does not tell.
fn device_bound(key: &SigningKey) -> Option<bool> {
    match key.kind() {
        KeyKind::Ssh => Some(false),
        KeyKind::SshSecurityKey => Some(true),
        KeyKind::Passkey => None,
    }
}

fn human(key: &SigningKey, person: Option<&Option<String>>) -> String {
    let mut lines = Lines::default();
    let (kind, bound) = match key.kind() {
        KeyKind::Ssh => ("an SSH key in a file or an agent", "can be copied"),
        KeyKind::SshSecurityKey => ("an SSH key on a security key", "cannot leave its device"),
        KeyKind::Passkey => ("a passkey", "only its signatures tell whether it can be synced"),
    };
    lines.row("kind", kind);
    lines.row("key id", &key.id().to_string());
    lines.row("copies", bound);
    match person {
        Some(Some(person)) => lines.row("rule", &format!("a key of {}", shown(person))),
        Some(None) => lines.row("rule", "does not have this key: its signatures never count"),
        None => {}
    }
    lines.finish()
}
