//! What an execution releases: the revisions that its Source actions delivered.

use std::collections::BTreeSet;

use names::shown;

use crate::attempts::{Newest, newest};
use crate::facts::{ActionKind, Attempt, Status};

/// Why nobody can tell what an execution releases. No statement about it can be written, so no
/// signature of an approval in it counts.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum UnknownRevision {
    /// CodePipeline does not say what a Source action delivered.
    #[error("CodePipeline does not say which revision {} delivered", shown(action))]
    Missing {
        /// The Source action.
        action: String,
    },
    /// A Source action succeeded several times, and nobody can tell which time was the last.
    #[error("the history does not tell which run of {} is the newest", shown(action))]
    Unclear {
        /// The Source action.
        action: String,
    },
}

/// The revisions that an execution releases: of each Source action, what its newest succeeded
/// attempt delivered. Empty if the history has no Source action, as after a rollback (recorded from
/// the real service).
///
/// # Errors
/// [`UnknownRevision`] if one of them is not known.
pub fn revisions(attempts: &[Attempt]) -> Result<BTreeSet<&str>, UnknownRevision> {
    let succeeded = |attempt: &&Attempt| {
        attempt.kind == ActionKind::Source && attempt.status == Status::Succeeded
    };
    let sources = || attempts.iter().filter(succeeded);
    let names: BTreeSet<_> = sources().map(|source| (&source.stage, &source.action)).collect();
    names
        .into_iter()
        .map(|name| {
            let action = || name.1.clone().unwrap_or_else(|| "a Source action".to_owned());
            match newest(sources().filter(move |source| (&source.stage, &source.action) == name)) {
                Newest::Is(source) => source
                    .revision
                    .as_deref()
                    .ok_or_else(|| UnknownRevision::Missing { action: action() }),
                Newest::None | Newest::Unclear => {
                    Err(UnknownRevision::Unclear { action: action() })
                }
            }
        })
        .collect()
}
