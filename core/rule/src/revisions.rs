//! What an execution releases: the revisions that its Source actions delivered.

use std::collections::{BTreeMap, BTreeSet};

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
    /// An attempt may have delivered a revision, and CodePipeline does not say whether it did.
    #[error("CodePipeline does not say whether {} delivered a revision", shown(action))]
    Perhaps {
        /// The action.
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
    let name = |attempt: &Attempt| attempt.action.clone().unwrap_or_else(|| "an action".to_owned());
    let is_doubtful = |attempt: &&Attempt| {
        matches!(
            (attempt.kind, attempt.status),
            (ActionKind::Unknown, Status::Succeeded | Status::Unknown)
                | (ActionKind::Source, Status::Unknown)
        )
    };
    if let Some(doubtful) = attempts.iter().find(is_doubtful) {
        return Err(UnknownRevision::Perhaps { action: name(doubtful) });
    }
    let delivered = |attempt: &&Attempt| {
        attempt.kind == ActionKind::Source && attempt.status == Status::Succeeded
    };
    let sources: BTreeMap<_, &Attempt> = attempts
        .iter()
        .filter(delivered)
        .map(|source| ((&source.stage, &source.action), source))
        .collect();
    let of =
        |one: &Attempt, other: &Attempt| (&one.stage, &one.action) == (&other.stage, &other.action);
    sources
        .into_values()
        .map(|source| {
            let all = attempts.iter().filter(delivered).filter(|other| of(source, other));
            match newest(all) {
                Newest::Is(newest) => {
                    let missing = || UnknownRevision::Missing { action: name(newest) };
                    newest.revision.as_deref().ok_or_else(missing)
                }
                Newest::None | Newest::Unclear => {
                    Err(UnknownRevision::Unclear { action: name(source) })
                }
            }
        })
        .collect()
}
