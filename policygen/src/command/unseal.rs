//! `policygen unseal`: opens sealed files for the release that a proof shows.

use std::collections::BTreeMap;
use std::error::Error;
use std::fs::{self, File};
use std::io::{self, BufReader};
use std::path::{Path, PathBuf};

use ::seal::{Checked, ContextText, FileName, OpenError, Sealed};
use evidence::Age;
use jiff::Timestamp;
use names::{PipelineName, shown};
use proof::{Expect, Problem, Verified};

use super::verify_proof;
use crate::aws::{Aws, Connection, NoKey};
use crate::exit::Exit;
use crate::input::{self, InputName};
use crate::output;
use crate::private_directory::PrivateDirectory;

const EXAMPLES: &str = "\
Examples:
  In production, before the deployment:
    policygen unseal prod.sealed --proof proof.json --rule rule.json \\
      --proof-key gate.pem --environment prod --out secrets

Exit codes: 0 opened, 1 could not do it, 2 usage, 10 refused: the proof, the context of a sealed
file or its contents are not what they must be. Unless it is 0, nothing was written.";

/// Open sealed files for the release that a proof shows
///
/// Verifies the proof first, by your own rule, as `policygen verify` does. Opens only files that
/// were sealed for its pipeline, one of its revisions and its environment; the data keys of the
/// others are never asked for. Decrypts everything before it writes anything. The caller needs
/// kms:Decrypt.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// What `policygen seal` wrote; files for other environments are left out
    #[arg(value_name = "SEALED", required = true)]
    sealed: Vec<PathBuf>,
    /// The proof of the release, which the gate stored
    #[arg(long, value_name = "FILE")]
    proof: PathBuf,
    /// Your own rule, as in TWO_PERSON_RULE, by which the release is judged again
    #[arg(long, value_name = "FILE")]
    rule: PathBuf,
    /// The public half of the gate's key, in PEM. Without it, only what people signed is believed:
    /// they sign the name of the pipeline, and no environment
    #[arg(long, value_name = "FILE", required_unless_present = "pipeline")]
    proof_key: Option<PathBuf>,
    /// The environment. With the gate's key, it must be that of the proof
    #[arg(long, value_name = "NAME")]
    environment: ContextText,
    /// The pipeline that the proof must be of, which releases to this environment [default: any
    /// that the gate's key signs for]
    #[arg(long, value_name = "NAME")]
    pipeline: Option<PipelineName>,
    /// How long ago the proof may have been made: `30m`, `1h`, `2d` [default: until it expires]
    #[arg(long, value_name = "AGE")]
    max_age: Option<Age>,
    /// The directory for the opened files, which must not exist
    #[arg(long, value_name = "DIR")]
    out: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

/// What does not fit together. Nothing is opened.
#[derive(Debug, thiserror::Error)]
enum Refusal {
    #[error("refused: the proof {0} does not show this release: {1}")]
    Proof(InputName, String),
    #[error("refused: none of the sealed files is for the environment `{}`", shown(.0))]
    NothingForIt(String),
    #[error("refused: {path} was sealed for the {what} `{}`, and the proof is of {is}", shown(.sealed))]
    Context { path: InputName, what: &'static str, sealed: String, is: String },
    #[error("refused: KMS did not wrap the data key of {0} for the context that it names")]
    Mismatch(InputName, #[source] NoKey),
    #[error("refused: {0} is not what was sealed")]
    Changed(InputName, #[source] OpenError),
}

/// What prevents the opening.
#[derive(Debug, thiserror::Error)]
enum CannotOpen {
    #[error("{0} exists; give another --out, or remove it")]
    Exists(InputName),
    #[error("{path} cannot be read; check the path")]
    Unreadable { path: InputName, source: io::Error },
    #[error("{0} is not a file")]
    NotAFile(InputName),
    #[error("{0} cannot be opened")]
    Open(InputName, #[source] OpenError),
    #[error("the data key of {0} cannot be had")]
    DataKey(InputName, #[source] NoKey),
    #[error(
        "{one} and {two} both hold a file `{name}`, if upper and lower case are the same; open \
         them one by one"
    )]
    NameTwice { one: InputName, two: InputName, name: FileName },
    #[error("{path} cannot be written; check the directory and its free space")]
    Unwritable { path: InputName, source: io::Error },
}

/// A sealed file and its path.
struct Candidate<'a> {
    path: &'a Path,
    sealed: Sealed<BufReader<File>>,
}

/// Runs the verb.
pub(crate) fn run(args: &Args, now: Timestamp) -> Result<Exit, Box<dyn Error>> {
    if fs::symlink_metadata(&args.out).is_ok() {
        return Err(CannotOpen::Exists(args.out.as_path().into()).into());
    }
    match open(args, now) {
        Ok(()) => Ok(Exit::Done),
        Err(error) if error.is::<Refusal>() => {
            output::print_error(error.as_ref());
            Ok(Exit::Findings)
        }
        Err(error) => Err(error),
    }
}

fn open(args: &Args, now: Timestamp) -> Result<(), Box<dyn Error>> {
    let release = verified(args, now)?;
    let mut candidates = Vec::new();
    for path in &args.sealed {
        let candidate = candidate(path)?;
        if is_for_environment(&candidate, &args.environment) {
            check_context(&candidate, &release)?;
            candidates.push(candidate);
        }
    }
    if candidates.is_empty() {
        return Err(Refusal::NothingForIt(args.environment.to_string()).into());
    }
    check_names(&candidates)?;
    let paths: Vec<&Path> = candidates.iter().map(|candidate| candidate.path).collect();
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let spinner = output::spinner("opening");
    let opened = runtime.block_on(decrypted(candidates, &args.connection));
    let written = opened.and_then(|opened| write(&args.out, paths.into_iter().zip(opened)));
    spinner.finish_and_clear();
    written
}

/// The release that the proof shows.
fn verified(args: &Args, now: Timestamp) -> Result<Verified, Box<dyn Error>> {
    let rule = input::rule(&args.rule)?;
    let key = args.proof_key.as_deref().map(verify_proof::key).transpose()?;
    let envelope = verify_proof::envelope(&args.proof, &input::text(&args.proof)?)?;
    let expect = Expect {
        key: key.as_ref(),
        pipeline: args.pipeline.as_deref(),
        // Nobody else could say it. Without the key, the caller says which pipeline releases to it.
        environment: key.as_ref().map(|_| &*args.environment),
        artifacts: &[],
        max_age: args.max_age.map(|age| age.0),
        now,
    };
    let verified = proof::verify(&envelope, &rule, &expect).map_err(|problems| {
        let problems: Vec<String> = problems.iter().map(Problem::to_string).collect();
        Refusal::Proof(args.proof.as_path().into(), problems.join("; "))
    })?;
    Ok(verified)
}

fn candidate(path: &Path) -> Result<Candidate<'_>, CannotOpen> {
    let unreadable = |source| CannotOpen::Unreadable { path: path.into(), source };
    let file = File::open(path).map_err(unreadable)?;
    // What is read twice must be a file.
    if !file.metadata().map_err(unreadable)?.is_file() {
        return Err(CannotOpen::NotAFile(path.into()));
    }
    let sealed = Sealed::read(BufReader::new(file));
    let sealed = sealed.map_err(|error| CannotOpen::Open(path.into(), error))?;
    Ok(Candidate { path, sealed })
}

fn is_for_environment(candidate: &Candidate<'_>, environment: &ContextText) -> bool {
    let sealed_for = &candidate.sealed.header().context().environment;
    if sealed_for != environment {
        output::print_note(&format!(
            "{} is for the environment `{}`, so it is left out",
            InputName::from(candidate.path),
            shown(sealed_for)
        ));
    }
    sealed_for == environment
}

/// INVARIANT (fail closed): KMS is asked only about a sealed file of the release that was proven.
fn check_context(candidate: &Candidate<'_>, release: &Verified) -> Result<(), Refusal> {
    let context = candidate.sealed.header().context();
    let refused = |what, sealed: &str, is: String| {
        let sealed = sealed.to_owned();
        Refusal::Context { path: candidate.path.into(), what, sealed, is }
    };
    let pipeline = &release.decision.record().pipeline;
    if *context.pipeline != **pipeline {
        return Err(refused("pipeline", &context.pipeline, format!("`{}`", shown(pipeline))));
    }
    if !release.revisions.iter().any(|revision| **revision == *context.revision) {
        let revisions = release.revisions.iter().map(|it| format!("`{}`", shown(it)));
        let is = revisions.collect::<Vec<_>>().join(" and ");
        return Err(refused("revision", &context.revision, is));
    }
    Ok(())
}

/// Refuses two contents that would be one file.
fn check_names(candidates: &[Candidate<'_>]) -> Result<(), CannotOpen> {
    let mut names: BTreeMap<String, &Path> = BTreeMap::new();
    for Candidate { path, sealed } in candidates {
        for file in sealed.header().files() {
            if let Some(other) = names.insert(file.name.folded(), path) {
                return Err(CannotOpen::NameTwice {
                    one: other.into(),
                    two: (*path).into(),
                    name: file.name.clone(),
                });
            }
        }
    }
    Ok(())
}

/// Asks KMS for every data key, and decrypts everything.
async fn decrypted(
    candidates: Vec<Candidate<'_>>,
    connection: &Connection,
) -> Result<Vec<Checked<BufReader<File>>>, Box<dyn Error>> {
    let aws = Aws::connect(connection, None).await;
    let mut opened = Vec::new();
    for Candidate { path, sealed } in candidates {
        let header = sealed.header();
        let data_key = aws.unwrap(header.keys(), header.context()).await.map_err(|error| {
            match error.is_mismatch() {
                true => Box::<dyn Error>::from(Refusal::Mismatch(path.into(), error)),
                false => CannotOpen::DataKey(path.into(), error).into(),
            }
        })?;
        let checked = sealed.check(data_key).map_err(|error| failed(path, error))?;
        opened.push(checked);
    }
    Ok(opened)
}

fn failed(path: &Path, error: OpenError) -> Box<dyn Error> {
    match error.is_tampering() {
        true => Refusal::Changed(path.into(), error).into(),
        false => CannotOpen::Open(path.into(), error).into(),
    }
}

/// Writes everything into a new directory.
fn write<'a>(
    out: &Path,
    opened: impl Iterator<Item = (&'a Path, Checked<BufReader<File>>)>,
) -> Result<(), Box<dyn Error>> {
    let unwritable = |source| CannotOpen::Unwritable { path: out.into(), source };
    let directory = PrivateDirectory::beside(out).map_err(unwritable)?;
    for (path, checked) in opened {
        checked.write(|file| directory.create(&file.name)).map_err(|error| failed(path, error))?;
    }
    directory.publish(out).map_err(unwritable)?;
    Ok(())
}
