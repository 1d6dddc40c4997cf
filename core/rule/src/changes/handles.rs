//! What is left out of handles before they are compared.

use super::change::Compared;

const KEY: &str = "handleAffixes";

pub(super) fn compare(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let (before, after) = (old.affixes(), new.affixes());
    for affix in before.difference(&after) {
        let message = format!(
            "`{}` is no longer left out of handles, so two names of one person may be two persons",
            affix.text()
        );
        compared.loosens(KEY, message);
    }
    let mut rostered = old.roster().entries().values().flatten();
    let doubt = if rostered.any(|entry| entry != "*" && !entry.starts_with("role/")) {
        Some("a name may get onto the roster by it")
    } else if old.has_signing_keys() || new.has_signing_keys() {
        Some("whose signatures a principal may send depends on it, so this cannot be decided")
    } else {
        None
    };
    for affix in after.difference(&before) {
        let message = format!("`{}` is left out of handles, which joins persons", affix.text());
        compared.tightens_unless(doubt, KEY, &message);
    }
}
