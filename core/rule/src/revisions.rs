//! What an execution releases: the revisions that its Source actions delivered.

use std::collections::BTreeSet;

use names::shown;

use crate::attempts::{Attempts, Newest};
use crate::facts::Attempt;

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
    revisions_of(&attempts.iter().collect())
}

/// The same for attempts that were read before.
pub(crate) fn revisions_of<'a>(
    attempts: &Attempts<'a>,
) -> Result<BTreeSet<&'a str>, UnknownRevision> {
    let name = |(_, name): (_, Option<&str>)| name.unwrap_or("an action").to_owned();
    let mut doubtful = attempts.actions().filter(|(_, action)| action.may_have_delivered);
    if let Some((place, _)) = doubtful.next() {
        return Err(UnknownRevision::Perhaps { action: name(place) });
    }
    let delivered =
        attempts.actions().filter_map(|(place, action)| match action.delivered.newest() {
            Newest::None => None,
            Newest::Is(newest) => {
                let missing = || UnknownRevision::Missing { action: name(place) };
                Some(newest.revision.as_deref().ok_or_else(missing))
            }
            Newest::Unclear => Some(Err(UnknownRevision::Unclear { action: name(place) })),
        });
    delivered.collect()
}
