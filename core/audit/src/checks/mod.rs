//! The checks of the audit, one file each, named after the code.

use findings::{Catalog, Check, Finding, described};
use iam::account::Actor;

use crate::account_view::AccountView;
use crate::action::Action;
use crate::reach_index::UndecidedError;

/// What a check does: it finds everything of its kind in an account.
type Find = for<'p, 'a> fn(&'p AccountView<'a>) -> Result<Vec<Finding>, UndecidedError>;

// `CHECKS`: one for each file of this folder.
include!(concat!(env!("OUT_DIR"), "/checks.rs"));

/// The actions that bypass the gate.
pub(crate) const BYPASSES: [Action; 6] = can_bypass_gate::ACTIONS;

/// Whether an actor can bypass the gate as it is.
pub(crate) fn can_bypass_gate(
    view: &AccountView<'_>,
    actor: Actor,
) -> Result<bool, UndecidedError> {
    can_bypass_gate::can(view, actor)
}

/// Everything that the audit looks for.
pub const CATALOG: Catalog = Catalog { page: "docs/audit.md", checks: &described(&CHECKS) };

/// What all checks find.
pub(super) fn find(view: &AccountView<'_>) -> Result<Vec<Finding>, UndecidedError> {
    let mut findings = Vec::new();
    for Check { find, .. } in CHECKS {
        findings.extend(find(view)?);
    }
    Ok(findings)
}
