//! The checks of the audit, one file each, named after the code.

use findings::{Catalog, Check, Finding, described};

use crate::account_view::AccountView;
use crate::reach_index::UndecidedError;

/// What a check does: it finds everything of its kind in an account.
type Find = for<'p, 'a> fn(&'p AccountView<'a>) -> Result<Vec<Finding>, UndecidedError>;

// `CHECKS`: one for each file of this folder.
include!(concat!(env!("OUT_DIR"), "/checks.rs"));

/// Everything that the audit looks for.
pub const CATALOG: Catalog = Catalog { page: "docs/audit.md", checks: &described(&CHECKS) };

/// What all checks find.
pub(super) fn find(view: &AccountView<'_>) -> Vec<Finding> {
    let mut findings = Vec::new();
    for Check { find, .. } in CHECKS {
        findings.extend(decided(view, find));
    }
    findings.extend(not_decided::too_intricate(view));
    findings
}

/// What a check finds about everybody, except where it cannot decide. Those are set aside:
/// `not-decided` names them.
fn decided(view: &AccountView<'_>, find: Find) -> Vec<Finding> {
    loop {
        match find(view) {
            Ok(findings) => return findings,
            Err(UndecidedError { arn, .. }) => {
                if !view.reach.set_aside(arn) {
                    return Vec::new();
                }
            }
        }
    }
}
