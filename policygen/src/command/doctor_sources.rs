//! The pipelines that `policygen doctor` checks: of files, and of regions and accounts.

use std::error::Error;
use std::path::PathBuf;

use futures_util::{StreamExt as _, TryStreamExt as _, stream};

use crate::aws::{Aws, CallError, Connection};
use crate::input::InputName;
use crate::output;
use crate::pipelines;
use doctor::pipeline::Pipeline;
use doctor::template::{Declared, NamedValue, Values};

/// The number of concurrent requests. AWS throttles per account, and other tools need their share.
const REQUESTS: usize = 4;

/// Where to look pipelines up.
#[derive(Clone, Debug, clap::Args)]
#[command(next_help_heading = "AWS access")]
pub(crate) struct AccessArgs {
    /// A region of the pipelines; may be given several times [default: that of your AWS
    /// configuration]
    #[arg(long, value_name = "REGION")]
    region: Vec<String>,
    /// A profile of your AWS configuration; may be given several times, for several accounts
    #[arg(long, value_name = "NAME")]
    profile: Vec<String>,
    /// Another address for the requests, such as the emulator's
    #[arg(long, value_name = "URL")]
    endpoint_url: Option<String>,
}

/// One region of one account.
pub(crate) struct Place {
    pub(crate) connection: Connection,
    pub(crate) region: Option<String>,
}

/// The pipelines to look up.
#[derive(Clone, Copy)]
pub(crate) enum Wanted<'a> {
    All,
    Named(&'a [String]),
}

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

#[derive(Debug, thiserror::Error)]
enum PlaceError {
    #[error("no region is configured; give `--region`")]
    NoRegion,
    #[error(transparent)]
    Call(#[from] CallError),
}

/// A place among several that could not be read.
#[derive(Debug, thiserror::Error)]
#[error("the pipelines of {place} are not checked")]
struct Unread {
    place: String,
    source: PlaceError,
}

impl AccessArgs {
    /// Every region of every account.
    pub(crate) fn places(&self) -> Vec<Place> {
        let or_default = |given: &[String]| match given {
            [] => vec![None],
            given => given.iter().cloned().map(Some).collect::<Vec<_>>(),
        };
        let regions = or_default(&self.region);
        let profiles = or_default(&self.profile).into_iter();
        let places = profiles.flat_map(|profile| {
            regions.iter().map(move |region| Place {
                connection: Connection {
                    profile: profile.clone(),
                    endpoint_url: self.endpoint_url.clone(),
                },
                region: region.clone(),
            })
        });
        places.collect()
    }

    /// Looks pipelines up. One of several places that AWS refuses does not end the report.
    ///
    /// # Errors
    /// If the only place cannot be read, or none of them.
    pub(crate) fn look_up(&self, wanted: Wanted<'_>) -> Result<Sources, Box<dyn Error>> {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        let places = self.places();
        let mut parts = Parts::default();
        for place in &places {
            let read = runtime.block_on(place.look_up(wanted));
            let read = read.map(|pipelines| {
                pipelines.into_iter().map(|pipeline| Found {
                    declared: Declared::certain(pipeline),
                    file: String::new(),
                })
            });
            match read {
                Err(error) if places.len() == 1 => return Err(error.into()),
                read => parts
                    .add(read.map_err(|source| Unread { place: place.in_words(), source }.into())),
            }
        }
        parts.finish()
    }
}

impl Place {
    async fn look_up(&self, wanted: Wanted<'_>) -> Result<Vec<Pipeline>, PlaceError> {
        let aws = Aws::connect(&self.connection, self.region.as_deref()).await;
        if aws.region().is_none() {
            return Err(PlaceError::NoRegion);
        }
        let names = match wanted {
            Wanted::All => aws.list_pipelines().await?,
            Wanted::Named(names) => names.to_vec(),
        };
        let looked_up = stream::iter(&names).map(|name| aws.get_pipeline(name)).buffered(REQUESTS);
        Ok(looked_up.try_collect().await?)
    }

    fn in_words(&self) -> String {
        let region = self.region.iter().map(|region| format!("the region `{region}`"));
        let profile = self.connection.profile.iter().map(|name| format!("the profile `{name}`"));
        region.chain(profile).collect::<Vec<_>>().join(" with ")
    }
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
