//! Actions that bypass the gate.

use iam::account::Actor;

use crate::action::Action;
use crate::reach_index::{ReachIndex, UndecidedError};

/// The actions that bypass the gate, and what each does.
pub(crate) const WAYS: [(Action, &str); 6] = [
    (Action::UpdatePipeline, "removes the gate"),
    (Action::RollbackStage, "releases an earlier execution again"),
    (Action::OverrideStageCondition, "overrides a condition of the stage"),
    (Action::PutJobSuccessResult, "answers in the gate's place"),
    (Action::UpdateFunctionCode, "replaces the gate"),
    (Action::UpdateFunctionConfiguration, "changes the gate's rule"),
];

/// The actions that bypass the gate, without what each does.
pub(crate) const BYPASSES: [Action; WAYS.len()] = {
    let [(a, _), (b, _), (c, _), (d, _), (e, _), (f, _)] = WAYS;
    [a, b, c, d, e, f]
};

/// Whether an actor can bypass the gate without any other step.
pub(crate) fn is_open_to(reach: &ReachIndex<'_>, actor: Actor) -> Result<bool, UndecidedError> {
    for action in BYPASSES {
        if reach.reaches(actor, action)?.is_some() {
            return Ok(true);
        }
    }
    Ok(false)
}
