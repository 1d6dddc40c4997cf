//! `policygen generate`.

use std::error::Error;
use std::path::{Path, PathBuf};

use crate::exit::Exit;
use crate::files;
use crate::input::{self, InputError, InputName};
use crate::output;
use generate::{File, GenerateError, PatchError, Settings, Spec, as_one_object, generate};

const EXAMPLES: &str = "\
Examples:
  Two groups for one pipeline, as policy documents in the directory `iam`:
    policygen generate --region eu-west-1 --account 111122223333 \\
      --pipeline payments --stage Release --out iam

  The same from a file, as a CloudFormation template:
    policygen generate --config rule.toml --format cloudformation

  Insert the approvals and the gate into a pipeline:
    aws codepipeline get-pipeline --name payments > before.json
    policygen generate --config rule.toml \\
      --patch-pipeline before.json --print pipeline.json > after.json
    aws codepipeline update-pipeline --cli-input-json file://after.json";

/// Write IAM policies so that nobody can give two approvals
///
/// A slot is an approval action that one set of people serves. For each slot, this writes the
/// permissions that its approvers need and no others. Nothing is sent to AWS.
///
/// --region, --account, --pipeline, --slot, --slot-pattern, --trust-account, --break-glass,
/// --job-worker and --service-role may be given several times.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// A TOML file whose keys are the long names of these options, and a table `members` with the
    /// people of each slot; options on the command line override it
    #[arg(long, value_name = "FILE")]
    config: Option<PathBuf>,
    #[command(flatten)]
    settings: Settings,
}

/// Why nothing was written.
#[derive(Debug, thiserror::Error)]
enum CommandError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} is not a configuration for `policygen generate`")]
    Config { path: InputName, source: toml::de::Error },
    #[error("{path} cannot get the stage")]
    Pipeline { path: InputName, source: PatchError },
    #[error(
        "these are {count} files, and only JSON files can be printed as one; give `--out DIR`, or \
         `--print` with one of {names}"
    )]
    ManyFiles { count: usize, names: String },
    #[error("there is no file `{wanted}` among {names}")]
    NoSuchFile { wanted: String, names: String },
}

pub(crate) fn run(args: Args) -> Result<Exit, Box<dyn Error>> {
    let file = match &args.config {
        None => Settings::default(),
        Some(path) => Settings::from_toml(&input::text(path)?)
            .map_err(|source| CommandError::Config { path: path.as_path().into(), source })?,
    };
    let settings = args.settings.over(file);
    let format = settings.format.unwrap_or_default();
    let (out, print) = (settings.out.clone(), settings.print.clone());
    let spec = match Spec::new(settings) {
        Err(error) if error.is_incomplete() => {
            output::print_error(&error);
            return Ok(Exit::Usage);
        }
        spec => spec?,
    };
    let pipeline = spec.pipeline_file().map(input::text).transpose()?;
    let generated = generate(&spec, format, pipeline.as_deref())
        .map_err(|error| in_file(error, spec.pipeline_file()))?;

    for warning in &generated.warnings {
        output::print_warning(warning);
    }
    for note in &generated.notes {
        output::print_note(note);
    }
    match (out, print) {
        (Some(directory), _) => {
            files::write(&directory, &generated.files)?;
            let names = names(&generated.files);
            output::print_note(&format!("wrote {names} into `{}`", directory.display()));
            output::print_note(generate::next_step(format));
        }
        (None, Some(wanted)) => output::print(one_of(&generated.files, wanted)?.as_bytes())?,
        (None, None) => output::print(all_of(&generated.files)?.as_bytes())?,
    }
    Ok(Exit::Done)
}

/// Adds the file's path to an error about the pipeline.
fn in_file(error: GenerateError, path: Option<&Path>) -> Box<dyn Error> {
    match (error, path) {
        (GenerateError::Patch(source), Some(path)) => {
            Box::new(CommandError::Pipeline { path: path.into(), source })
        }
        (error, _) => Box::new(error),
    }
}

fn one_of(files: &[File], wanted: String) -> Result<&str, CommandError> {
    let file = files.iter().find(|file| file.name == wanted);
    file.map(|file| file.text.as_str())
        .ok_or_else(|| CommandError::NoSuchFile { wanted, names: names(files) })
}

/// A single file as it is, or several as one JSON object keyed by their names.
fn all_of(files: &[File]) -> Result<String, Box<dyn Error>> {
    match files {
        [file] => Ok(file.text.clone()),
        files if files.iter().all(|file| file.name.ends_with(".json")) => Ok(as_one_object(files)?),
        files => Err(Box::new(CommandError::ManyFiles { count: files.len(), names: names(files) })),
    }
}

fn names(files: &[File]) -> String {
    let names: Vec<String> = files.iter().map(|file| format!("`{}`", file.name)).collect();
    names.join(", ")
}
