//! `policygen seal`: encrypts files until their release is approved.

use std::error::Error;
use std::fs::{self, File};
use std::io;
use std::path::{Path, PathBuf};

use ::seal::{
    Context, ContextText, DataKey, FileName, Header, HeaderError, SealError, WrappedKey,
    are_related,
};
use names::{KmsKeyArn, NameError, PipelineName};

use crate::aws::{Aws, Connection, NoKey};
use crate::files::temporary;
use crate::input::InputName;
use crate::output;
use crate::private_directory::parent;

const EXAMPLES: &str = "\
Examples:
  In CI, where the revision is known:
    policygen seal db.password tls.key --pipeline payments --revision $COMMIT \\
      --environment prod --out prod.sealed \\
      --key arn:aws:kms:eu-west-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab \\
      --key arn:aws:kms:eu-central-1:111122223333:key/mrk-1234abcd12ab34cd56ef1234567890ab

  In production, for the approved release:
    policygen unseal prod.sealed --proof proof.json --rule rule.json \\
      --proof-key gate.pem --environment prod --out secrets

Exit codes: 0 done, 1 could not do it, 2 usage.";

/// Encrypt files, so that they are opened only for an approved release
///
/// Writes one sealed file for one environment. Its contents are encrypted with a new data key, and
/// KMS encrypts the data key for the pipeline, the revision and the environment. It opens with
/// `policygen unseal` and a proof of that release. The caller needs kms:GenerateDataKey on the
/// first key and kms:Encrypt on the others.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// The files to seal; in the sealed file, they have their names without directories
    #[arg(value_name = "FILE", required = true)]
    files: Vec<PathBuf>,
    /// The ARN of a symmetric KMS key; may be given several times, for several regions. A replica
    /// of a multi-Region key opens what another of its keys encrypted
    #[arg(long, value_name = "ARN", required = true)]
    key: Vec<KmsKeyArn>,
    /// The pipeline of the release
    #[arg(long, value_name = "NAME")]
    pipeline: PipelineName,
    /// The source revision of the release, as CodePipeline names it: a commit, or the version of
    /// an object
    #[arg(long, value_name = "ID")]
    revision: ContextText,
    /// The environment of the release, as the gate's rule names it
    #[arg(long, value_name = "NAME")]
    environment: ContextText,
    /// The sealed file, which must not exist
    #[arg(long, value_name = "FILE")]
    out: PathBuf,
    #[command(flatten)]
    connection: Connection,
}

/// Why nothing is sealed.
#[derive(Debug, thiserror::Error)]
enum CannotSeal {
    #[error("{path} has a name that cannot be sealed; rename the file")]
    Name { path: InputName, source: NameError },
    #[error("{0} is not a file; give the files themselves, or pack a directory into an archive")]
    NotAFile(InputName),
    #[error("{path} cannot be read; check the path")]
    Unreadable { path: InputName, source: io::Error },
    #[error("{0} exists; give another --out, or remove it")]
    Exists(InputName),
    #[error("{path} cannot be written; check the directory and its free space")]
    Unwritable { path: InputName, source: io::Error },
    #[error(transparent)]
    Key(#[from] NoKey),
    #[error(transparent)]
    Header(#[from] HeaderError),
    #[error(transparent)]
    Seal(#[from] SealError),
}

/// A file to seal.
struct Source<'a> {
    path: &'a Path,
    file: ::seal::File,
}

/// Runs the verb.
pub(crate) fn run(args: &Args) -> Result<(), Box<dyn Error>> {
    if fs::symlink_metadata(&args.out).is_ok() {
        return Err(CannotSeal::Exists(args.out.as_path().into()).into());
    }
    let sources: Vec<Source<'_>> =
        args.files.iter().map(|path| source(path)).collect::<Result<_, _>>()?;
    let context = Context {
        pipeline: args.pipeline.clone(),
        revision: args.revision.clone(),
        environment: args.environment.clone(),
    };
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let (data_key, keys) = runtime.block_on(data_key(args, &context))?;
    let files = sources.iter().map(|source| source.file.clone()).collect();
    let header = Header::new(context, keys, files)?;
    let spinner = output::spinner("sealing");
    let written = write(&args.out, &header, data_key, &sources);
    spinner.finish_and_clear();
    written?;
    output::print_note(&format!(
        "{} holds {} sealed for the environment `{}` and the revision `{}` of `{}`",
        InputName::from(args.out.as_path()),
        match sources.len() {
            1 => "one file".to_owned(),
            several => format!("{several} files"),
        },
        names::shown(&args.environment),
        names::shown(&args.revision),
        args.pipeline,
    ));
    Ok(())
}

fn source(path: &Path) -> Result<Source<'_>, CannotSeal> {
    let unreadable = |source| CannotSeal::Unreadable { path: path.into(), source };
    let metadata = fs::metadata(path).map_err(unreadable)?;
    if !metadata.is_file() {
        return Err(CannotSeal::NotAFile(path.into()));
    }
    let name = path.file_name().unwrap_or_default().to_string_lossy();
    let name: FileName =
        name.parse().map_err(|source| CannotSeal::Name { path: path.into(), source })?;
    Ok(Source { path, file: ::seal::File { name, size: metadata.len() } })
}

/// A new data key, wrapped under each of the keys, in their order.
async fn data_key(
    args: &Args,
    context: &Context,
) -> Result<(DataKey, Vec<WrappedKey>), CannotSeal> {
    let aws = Aws::connect(&args.connection, None).await;
    let (data_key, first) = aws.new_data_key(&args.key, context).await?;
    let mut keys = Vec::new();
    for key in &args.key {
        keys.push(if are_related(key, &first.key) || *key == first.key {
            WrappedKey { key: key.clone(), wrapped: first.wrapped.clone() }
        } else {
            aws.wrap(&data_key, key, context).await?
        });
    }
    Ok((data_key, keys))
}

fn write(
    out: &Path,
    header: &Header,
    data_key: DataKey,
    sources: &[Source<'_>],
) -> Result<(), CannotSeal> {
    let unwritable = |source| CannotSeal::Unwritable { path: out.into(), source };
    let mut file = temporary(parent(out), false).map_err(unwritable)?;
    let mut paths = sources.iter().map(|source| source.path);
    // The files of the header are those of the sources, in the same order.
    let content = |_: &::seal::File| {
        paths.next().ok_or_else(|| io::ErrorKind::NotFound.into()).and_then(File::open)
    };
    ::seal::seal(header, data_key, content, file.as_file_mut())?;
    file.as_file().sync_all().map_err(unwritable)?;
    file.persist_noclobber(out).map_err(|error| unwritable(error.error))?;
    Ok(())
}
