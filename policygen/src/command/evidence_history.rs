//! Reads the lists of `--input`: files, and directories of them, such as a part of the archive.

use std::collections::BTreeSet;
use std::path::PathBuf;

use evidence::history::History;
use evidence::{Incomplete, Lists, Origin, OriginError, Role, Saved, SavedError};

use crate::input::{InputError, InputName};
use crate::sources::Sources;

/// Why the lists cannot be used.
#[derive(Debug, thiserror::Error)]
pub(crate) enum HistoryError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} cannot be used")]
    Saved { path: InputName, source: SavedError },
    #[error("{path} cannot be used")]
    Origin { path: InputName, source: OriginError },
    #[error(transparent)]
    Incomplete(#[from] Incomplete),
    #[error(
        "no file of --input is of the pipeline `{wanted}`; they are of {found}; check --pipeline, \
         --account and --region"
    )]
    OtherPipelines { wanted: String, found: String },
    #[error(
        "the files of --input are of several pipelines with this name: {found}; say which one you \
         mean with --account and --region"
    )]
    SeveralPipelines { found: String },
}

/// Which pipeline is wanted. Files that name another one are left out.
pub(crate) struct Wanted<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) account: Option<&'a str>,
    pub(crate) region: Option<&'a str>,
}

impl Wanted<'_> {
    fn is(&self, origin: &Origin) -> bool {
        self.pipeline == origin.pipeline
            && self.account.is_none_or(|account| account == origin.account)
            && self.region.is_none_or(|region| region == origin.region)
    }
}

/// Reads the files, and the pipeline that they name.
///
/// # Errors
/// [`HistoryError`] if a file cannot be used, or the files do not answer for one pipeline.
pub(crate) fn read(
    paths: &[PathBuf],
    wanted: &Wanted<'_>,
    sources: &mut Sources,
) -> Result<(History, Option<Origin>), HistoryError> {
    let mut history = History::default();
    let mut lists = Lists::default();
    let (mut origins, mut others) = (BTreeSet::new(), BTreeSet::new());
    for given in paths {
        for path in Sources::files_of(given)? {
            let name = || InputName::from(path.as_path());
            let (source, saved, origin) = match Sources::saved(&path)? {
                Some((source, saved)) => {
                    let origin = saved.origin();
                    (source, Ok(saved), origin)
                }
                None => {
                    let (source, text) = Sources::read(Role::History, &path)?;
                    let saved = Saved::parse(&text);
                    // A file of another pipeline is left out even if it cannot be used.
                    let origin = saved.as_ref().map_or_else(|_| Origin::of(&text), Saved::origin);
                    (source, saved, origin)
                }
            };
            let origin = origin.map_err(|source| HistoryError::Origin { path: name(), source })?;
            match origin {
                Some(origin) if !wanted.is(&origin) => {
                    others.insert(origin.arn);
                    continue;
                }
                Some(origin) => drop(origins.insert(origin)),
                None => {}
            }
            let read = saved.and_then(|saved| saved.add_to(&mut history));
            lists = lists.and(read.map_err(|source| HistoryError::Saved { path: name(), source })?);
            sources.keep(source);
        }
    }
    if lists == Lists::default() && !others.is_empty() {
        let wanted = wanted.pipeline.to_owned();
        return Err(HistoryError::OtherPipelines { wanted, found: in_words(&others) });
    }
    if origins.len() > 1 {
        let found = origins.into_iter().map(|origin| origin.arn).collect();
        return Err(HistoryError::SeveralPipelines { found: in_words(&found) });
    }
    if !paths.is_empty() {
        lists.check(&history, wanted.pipeline)?;
    }
    Ok((history, origins.pop_first()))
}

/// The ARNs, at most five of them.
fn in_words(arns: &BTreeSet<String>) -> String {
    const SHOWN: usize = 5;
    let shown: Vec<String> = arns.iter().take(SHOWN).map(|arn| format!("`{arn}`")).collect();
    match arns.len().saturating_sub(SHOWN) {
        0 => shown.join(", "),
        more => format!("{} and {more} more", shown.join(", ")),
    }
}
