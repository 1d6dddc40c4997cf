//! Which actions have to be approved.

use std::collections::BTreeSet;

use super::change::{Compared, listed};

const KEY: &str = "actions";

pub(super) fn compare(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let before: BTreeSet<&str> = old.named_actions().collect();
    let after: BTreeSet<&str> = new.named_actions().collect();
    match (old.requires_every_approval(), new.requires_every_approval()) {
        (true, true) => {}
        (true, false) => compared.loosens(
            KEY,
            format!("only {} must be approved, and no other approval of the stage", listed(after)),
        ),
        (false, true) => compared.loosens(
            KEY,
            format!(
                "every approval of the stage must be approved, and {} no longer by name: if the \
                 pipeline loses one of them, nobody has to give it",
                listed(before)
            ),
        ),
        (false, false) => lists(compared, &before, &after),
    }
}

/// Compares two lists of names.
///
/// A longer list is a larger pool: if one person gives all approvals of the old list and another
/// person the added one, they are two. Each added action can bring one person more, so the old list
/// keeps its quorum only if the new quorum is higher by as many.
fn lists(compared: &mut Compared<'_>, before: &BTreeSet<&str>, after: &BTreeSet<&str>) {
    let gone: Vec<&str> = before.difference(after).copied().collect();
    let added: Vec<&str> = after.difference(before).copied().collect();
    if !gone.is_empty() {
        compared.loosens(KEY, format!("{} no longer has to be approved", listed(gone)));
    }
    if added.is_empty() {
        return;
    }
    let (old, new) = (compared.old.quorum().get(), compared.new.quorum().get());
    let kept = u32::try_from(added.len()).ok().and_then(|more| old.checked_add(more));
    let message = format!("{} must be approved too", listed(added));
    match kept {
        Some(kept) if new >= kept => compared.tightens(KEY, message),
        _ => {
            let doubt = format!(
                "the quorum of {new} counts it in, so fewer than {old} persons may give all of {}",
                listed(before.iter().copied())
            );
            compared.loosens(KEY, format!("{message}, but {doubt}"));
        }
    }
}
