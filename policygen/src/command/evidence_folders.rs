//! The saved lists of several pipelines. A list of the archive names its pipeline. Any other list
//! is in a directory with the name of its pipeline, with the account and the region above it if
//! they are known: `ACCOUNT/REGION/PIPELINE/*.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use evidence::{Origin, OriginError, Place, Role};
use names::{AccountId, Partition};

use crate::input::{InputError, InputName};
use crate::sources::Sources;

/// Why folders do not say which pipelines their lists belong to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldersError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} cannot be used")]
    Origin { path: InputName, source: OriginError },
    #[error(
        "{0} is not in a directory with the name of its pipeline, and does not name it either; \
         give a directory that has one for each pipeline"
    )]
    Nameless(InputName),
    #[error(
        "no list of --input is of the pipeline `{0}`; a list names it, or is in a directory with \
         its name"
    )]
    None(String),
}

/// The files of each pipeline. Without names, of all of them.
///
/// # Errors
/// [`FoldersError`] if a folder cannot be read, or a file or a name has no folder.
pub(crate) fn files(
    inputs: &[PathBuf],
    names: &[String],
) -> Result<BTreeMap<Place, Vec<PathBuf>>, FoldersError> {
    let mut found: BTreeMap<Place, Vec<PathBuf>> = BTreeMap::new();
    for input in inputs {
        for file in Sources::files_of(input)? {
            let place = match origin(&file)? {
                Some(origin) => Place {
                    account: Some(origin.account),
                    region: Some(origin.region),
                    pipeline: Some(origin.pipeline),
                },
                None => place(file.strip_prefix(input).unwrap_or(&file)),
            };
            if place.pipeline.is_none() {
                return Err(FoldersError::Nameless(file.as_path().into()));
            }
            found.entry(place).or_default().push(file);
        }
    }
    if !names.is_empty() {
        found.retain(|place, _| place.pipeline.as_ref().is_some_and(|it| names.contains(it)));
        let present: BTreeSet<&String> =
            found.keys().filter_map(|place| place.pipeline.as_ref()).collect();
        if let Some(missing) = names.iter().find(|name| !present.contains(name)) {
            return Err(FoldersError::None(missing.clone()));
        }
    }
    Ok(found)
}

/// The pipeline that a list names. What cannot be read is a problem of its pipeline alone.
fn origin(path: &Path) -> Result<Option<Origin>, FoldersError> {
    // Standard input can be read once, and names no directory.
    if path == Path::new("-") {
        return Ok(None);
    }
    let Ok((_, text)) = Sources::read(Role::History, path) else { return Ok(None) };
    let name = || InputName::from(path);
    Origin::of(&text).map_err(|source| FoldersError::Origin { path: name(), source })
}

/// The place that the folders of a path name: an account is 12 digits, a region is one of AWS's,
/// and the first other name is the pipeline's. What is below that is up to the user.
fn place(path: &Path) -> Place {
    let mut place = Place::default();
    let folders = path.parent().into_iter().flat_map(Path::components);
    for folder in folders {
        let Component::Normal(name) = folder else { continue };
        let name = name.to_string_lossy().into_owned();
        if place.account.is_none() && name.parse::<AccountId>().is_ok() {
            place.account = Some(name);
        } else if place.region.is_none() && Partition::from_region(&name).is_some() {
            place.region = Some(name);
        } else {
            place.pipeline = Some(name);
            break;
        }
    }
    place
}
