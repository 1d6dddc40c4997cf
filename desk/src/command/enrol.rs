//! `desk enrol`.

use std::error::Error;
use std::fs;
use std::path::{Path, PathBuf};

use names::shown;
use serde::Serialize;
use signing::{KeyKind, SigningKey};

use crate::exit::Exit;
use crate::options::{Common, Format};
use crate::output;
use crate::report::json;

const EXAMPLES: &str = "\
Examples:
  Make a key on a security key, and print its line for the rule:
    ssh-keygen -t ed25519-sk -f ~/.ssh/approvals
    desk enrol --ssh ~/.ssh/approvals.pub --name alice

  The same with a key on disk, which can be copied:
    ssh-keygen -t ed25519 -f ~/.ssh/approvals
    desk enrol --ssh ~/.ssh/approvals.pub --name alice";

/// Print the line with which your public key gets into the rule
///
/// The line is data on standard output; how to have it reviewed is on standard error. The key
/// counts as soon as the rule with it is deployed.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The public key: a file whose name ends in `.pub`
    #[arg(long, value_name = "FILE")]
    ssh: PathBuf,
    /// Your name in the rule [default: the line is printed without a name]
    #[arg(long, value_name = "NAME", value_parser = person)]
    name: Option<String>,
}

/// Why a key cannot be enrolled. A private key is never printed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum EnrolError {
    #[error("`{path}` cannot be read; check the path")]
    Unreadable { path: PathBuf, source: std::io::Error },
    #[error(
        "`{path}` is a private key, which must stay with you; give the public key, `{path}.pub`",
        path = .0.display()
    )]
    Private(PathBuf),
    #[error(
        "`{path}` is {kind}, which cannot sign answers; make a key with `ssh-keygen -t ed25519`, or \
         with `ssh-keygen -t ed25519-sk` on a security key"
    )]
    Unfit { path: PathBuf, kind: &'static str },
    #[error("`{path}` is not a public key that can sign answers")]
    Key { path: PathBuf, source: signing::KeyError },
}

/// An enrolled key as JSON.
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
struct Enrolled<'a> {
    schema_version: u32,
    name: Option<&'a str>,
    /// The line for `signingKeys`.
    key: String,
    key_id: String,
    kind: &'static str,
    device_bound: bool,
}

pub(crate) fn run(args: &Args, common: &Common) -> Result<Exit, Box<dyn Error>> {
    let key = read(&args.ssh)?;
    let name = args.name.as_deref();
    let line = match name {
        Some(name) => serde_json::json!({name: [key.to_string()]}).to_string(),
        None => key.to_string(),
    };
    match common.format {
        Format::Human => output::print(&format!("{line}\n"))?,
        Format::Json => output::print(&json::render(&Enrolled {
            schema_version: 1,
            name,
            key: key.to_string(),
            key_id: key.id().to_string(),
            kind: key.kind().as_str(),
            device_bound: key.kind() == KeyKind::SshSecurityKey,
        })?)?,
    }
    output::print_note(&format!(
        "put this into `signingKeys` of the gate's rule, under {}, and open a pull request; \
         the reviewer should hear its fingerprint (`ssh-keygen -lf`; the key id is {}) from you in \
         person, because a person who has the private half answers in your name",
        name.map_or("your name".to_owned(), |name| format!("`{}`", shown(name))),
        key.id()
    ));
    if key.kind() == KeyKind::Ssh {
        output::print_note(
            "this key is a file and can be copied; a rule with `\"requireSignature\": \
             {\"deviceBound\": true}` does not count it",
        );
    }
    Ok(Exit::Done)
}

fn read(path: &Path) -> Result<SigningKey, EnrolError> {
    let path = path.to_owned();
    let text = match fs::read(&path) {
        Ok(bytes) => String::from_utf8_lossy(&bytes).into_owned(),
        Err(source) => return Err(EnrolError::Unreadable { path, source }),
    };
    // Never print what may be a private key, not even in an error.
    if text.contains("PRIVATE KEY") || text.starts_with("PuTTY-User-Key-File") {
        return Err(EnrolError::Private(path));
    }
    let line = text.trim();
    let unfit = match line.split_whitespace().next().unwrap_or_default() {
        "ssh-rsa" => Some("an RSA key"),
        "ssh-dss" => Some("a DSA key"),
        "ecdsa-sha2-nistp384" | "ecdsa-sha2-nistp521" => {
            Some("an ECDSA key of another curve than P-256")
        }
        kind if kind.ends_with("-cert-v01@openssh.com") => Some("a certificate"),
        _ => None,
    };
    if let Some(kind) = unfit {
        return Err(EnrolError::Unfit { path, kind });
    }
    line.parse().map_err(|source| EnrolError::Key { path, source })
}

/// Reads the value of `--name`.
fn person(text: &str) -> Result<String, &'static str> {
    match names::is_iam_name(text) {
        true => Ok(text.to_owned()),
        false => Err("a person's name consists of A-Z a-z 0-9 _ + = , . @ -"),
    }
}
