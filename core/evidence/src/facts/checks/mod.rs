//! The facts in the order of the report, each with its check.

mod answers;
mod approvers;
mod gate;
mod retries;
mod roles;
mod sources;
mod tokens;
mod trigger;

use super::seen::Seen;
use super::sight::Sight;
use super::{Fact, Verdict};

/// Checks one fact.
pub(super) type Look = fn(&Sight) -> (Verdict, Seen);

/// Every fact.
pub(super) const ALL: [(Fact, Look); 18] = [
    (approvers::NAMED, approvers::named),
    (approvers::SESSIONS, approvers::sessions),
    (approvers::AGREED, approvers::agreed),
    (approvers::RECORDED, approvers::recorded),
    (tokens::TOKEN, tokens::token),
    (tokens::PARALLEL, tokens::parallel),
    (answers::NOTICED, answers::noticed),
    (answers::TIMED_OUT, answers::timed_out),
    (retries::AUTOMATIC, retries::automatic),
    (trigger::DETAIL, trigger::detail),
    (gate::OWN_RUN, gate::own_run),
    (gate::EXECUTION_ID, gate::execution_id),
    (gate::ACTION_NAME, gate::action_name),
    (gate::ACTION_ID, gate::action_id),
    (gate::CONFIGURATION, gate::configuration),
    (gate::PARAMETERS, gate::parameters),
    (sources::REVISION, sources::revision),
    (roles::RESERVED_NAMES, roles::reserved_names),
];

/// The verdict if `good` of `all` cases are as expected.
fn verdict(good: usize, all: usize) -> Verdict {
    match all {
        0 => Verdict::NotSeen,
        _ if good == all => Verdict::Holds,
        _ => Verdict::DoesNotHold,
    }
}
