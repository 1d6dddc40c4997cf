//! The pipelines that `policygen doctor` checks: of files, and of regions and accounts.

use std::error::Error;
use std::path::PathBuf;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::input::InputName;
use crate::output;
use crate::pipelines;
use crate::places::{Place, PlaceError, Wanted};
use doctor::pipeline::Pipeline;
use doctor::template::{Declared, NamedValue, Values};

/// The number of concurrent requests. AWS throttles per account, and other tools need their share.
const REQUESTS: usize = 4;

/// The pipelines of all sources.
pub(crate) struct Sources {
    pub(crate) found: Vec<Found>,
    /// Whether every source could be read.
    pub(crate) is_complete: bool,
}

/// A pipeline and the file that declares it. The file is empty if AWS does.
pub(crate) struct Found {
    pub(crate) declared: Declared,
    pub(crate) file: String,
}

impl Found {
    /// The variants of the pipeline. There is one, unless a template leaves conditions open.
    fn pipelines(&self) -> impl Iterator<Item = &Pipeline> {
        self.declared.variants.iter().map(|variant| &variant.pipeline)
    }

    pub(crate) fn name(&self) -> &str {
        self.pipelines().next().map(Pipeline::name).unwrap_or_default()
    }

    /// Whether it certainly has no actions.
    pub(crate) fn is_empty(&self) -> bool {
        self.pipelines().all(|pipeline| {
            let has_actions = pipeline.stages().iter().any(|stage| !stage.actions.is_empty());
            !has_actions && !pipeline.is_undecided()
        })
    }
}

/// A place among several that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the pipelines of {place} are not checked")]
struct Unread {
    place: String,
    source: PlaceError,
}

/// Looks pipelines up. One of several places that AWS refuses does not end the report.
///
/// # Errors
/// If the only place cannot be read, or none of them.
pub(crate) fn look_up(places: &[Place], wanted: Wanted<'_>) -> Result<Sources, Box<dyn Error>> {
    let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
    let mut parts = Parts::default();
    for place in places {
        let read = runtime.block_on(pipelines_of(place, wanted));
        let read = read.map(|pipelines| {
            pipelines.into_iter().map(|pipeline| Found {
                declared: Declared::certain(pipeline),
                file: String::new(),
            })
        });
        match read {
            Err(error) if places.len() == 1 => return Err(error.into()),
            read => {
                parts.add(read.map_err(|source| Unread { place: place.in_words(), source }.into()));
            }
        }
    }
    parts.finish()
}

async fn pipelines_of(place: &Place, wanted: Wanted<'_>) -> Result<Vec<Pipeline>, PlaceError> {
    let aws = place.connect().await?;
    let names = wanted.names(&aws).await?;
    let looked_up = stream::iter(&names).map(|name| aws.get_pipeline(name)).buffered(REQUESTS);
    Ok(looked_up.try_collect().await?)
}

/// Reads the pipelines of all files. One of several that cannot be read does not end the report.
///
/// # Errors
/// If the only file cannot be read, or none of them.
pub(crate) fn read_files(
    paths: &[PathBuf],
    values: &[NamedValue],
) -> Result<Sources, Box<dyn Error>> {
    let values: Values = values.iter().cloned().collect();
    let mut parts = Parts::default();
    for path in paths {
        let file = path.display().to_string();
        let read = pipelines::read(path, &values);
        if read.as_ref().is_ok_and(Vec::is_empty) {
            output::print_warning(&format!(
                "{} has no pipeline, so nothing in it is checked",
                InputName::from(path.as_path())
            ));
        }
        let read = read.map(|pipelines| {
            pipelines.into_iter().map(|declared| Found { declared, file: file.clone() })
        });
        match read {
            Err(error) if paths.len() == 1 => return Err(error.into()),
            read => parts.add(read.map_err(Into::into)),
        }
    }
    parts.finish()
}

/// What several sources gave.
#[derive(Default)]
struct Parts {
    found: Vec<Found>,
    errors: Vec<Box<dyn Error>>,
    /// The number of sources that could be read.
    read: usize,
}

impl Parts {
    fn add(&mut self, part: Result<impl Iterator<Item = Found>, Box<dyn Error>>) {
        match part {
            Ok(found) => {
                self.read += 1;
                self.found.extend(found);
            }
            Err(error) => self.errors.push(error),
        }
    }

    /// Prints what could not be read. If that is everything, the last error is the result.
    fn finish(mut self) -> Result<Sources, Box<dyn Error>> {
        let last = if self.read == 0 { self.errors.pop() } else { None };
        for error in &self.errors {
            output::print_error(error.as_ref());
        }
        match last {
            Some(error) => Err(error),
            None => Ok(Sources { found: self.found, is_complete: self.errors.is_empty() }),
        }
    }
}
