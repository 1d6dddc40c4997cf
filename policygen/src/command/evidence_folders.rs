//! The saved lists of several pipelines, in folders: `PIPELINE/*.json`, with the account and the
//! region above it if they are known, as in `ACCOUNT/REGION/PIPELINE/*.json`.

use std::collections::{BTreeMap, BTreeSet};
use std::path::{Component, Path, PathBuf};

use evidence::Place;
use names::{AccountId, Partition};

use crate::input::InputError;
use crate::sources::Sources;

/// Why folders do not say which pipelines their lists belong to.
#[derive(Debug, thiserror::Error)]
pub(crate) enum FoldersError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error(
        "`{0}` is not in a folder with the name of its pipeline, and lists do not name it; give a \
         folder that has a folder for each pipeline"
    )]
    Nameless(PathBuf),
    #[error("no folder of --input is named {0}; its name is that of the pipeline")]
    NoFolder(String),
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
            let inside = file.strip_prefix(input).unwrap_or(&file);
            let place = place(inside);
            if place.pipeline.is_none() {
                return Err(FoldersError::Nameless(file));
            }
            found.entry(place).or_default().push(file);
        }
    }
    if !names.is_empty() {
        found.retain(|place, _| place.pipeline.as_ref().is_some_and(|it| names.contains(it)));
        let present: BTreeSet<&String> =
            found.keys().filter_map(|place| place.pipeline.as_ref()).collect();
        if let Some(missing) = names.iter().find(|name| !present.contains(name)) {
            return Err(FoldersError::NoFolder(format!("`{missing}`")));
        }
    }
    Ok(found)
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
