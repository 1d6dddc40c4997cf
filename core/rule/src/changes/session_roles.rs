//! Roles whose session names are believed.

use super::change::Compared;
use crate::trusted_role::{SharedRoles, TrustedRole};

const KEY: &str = "trustedSessionRoles";

pub(super) fn compare(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let is_in = |entry: &TrustedRole, entries: &[TrustedRole]| {
        entries.iter().any(|known| covers(known, entry))
    };
    let (before, after) = (old.trusted_session_roles(), new.trusted_session_roles());
    for entry in after.iter().filter(|entry| !is_in(entry, before)) {
        let message = format!(
            "the session names of `{}` are believed, so each name that its sessions have is \
             somebody",
            entry.text()
        );
        compared.loosens(KEY, message);
    }
    let doubt = if new.shared_roles() == SharedRoles::Collapse {
        Some("approvals through it count as one more person")
    } else if new.has_signing_keys() {
        Some("its sessions may now send what somebody else signed")
    } else {
        None
    };
    for entry in before.iter().filter(|entry| !is_in(entry, after)) {
        let message = format!("the session names of `{}` are no longer believed", entry.text());
        compared.tightens_unless(doubt, KEY, &message);
    }
}

/// Whether the first entry believes at least what the second does. A role that is named is believed
/// without a proof of its path, so no pattern covers a name.
fn covers(known: &TrustedRole, entry: &TrustedRole) -> bool {
    match (known, entry) {
        (TrustedRole::Named(_), TrustedRole::Named(name)) => known.matches(name),
        (TrustedRole::Reserved(known), TrustedRole::Reserved(glob)) => known.covers(glob),
        (TrustedRole::Named(_), TrustedRole::Reserved(_))
        | (TrustedRole::Reserved(_), TrustedRole::Named(_)) => false,
    }
}
