//! What is asked of a text.

use crate::grants::Clauses;

/// One action that must be allowed on the text that [`reach`](crate::reach()) looks for, plus a
/// suffix.
#[derive(Debug)]
pub struct Part<'p, 'a, S> {
    /// The text after the common part, e.g. `/ApprovalA`.
    pub suffix: &'p str,
    /// The clauses that must allow the action.
    pub clauses: &'p Clauses<'a, S>,
}
