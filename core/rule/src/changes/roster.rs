//! The people who may count, action by action.

use std::collections::BTreeSet;

use super::change::{Compared, listed};

const KEY: &str = "roster";

/// The entries of an action.
type Entries = BTreeSet<String>;

pub(super) fn compare(compared: &mut Compared<'_>) {
    let before = compared.old.roster().entries();
    let after = compared.new.roster().entries();
    if !before.is_empty() && after.is_empty() {
        compared.loosens(KEY, "there is no roster, so everybody may count in every action");
        return;
    }
    for (action, entries) in after.iter() {
        match before.get(action) {
            Some(known) => of_action(compared, action, known, entries),
            None if before.is_empty() || !compared.old.requires_every_approval() => {
                if !is_anybody(entries) {
                    compared.tightens(KEY, only(action, entries));
                }
            }
            None => compared.loosens(
                KEY,
                format!(
                    "`{action}` can be approved, by {}: it was not on the roster, so the gate \
                     refused every stage that has it",
                    who(entries)
                ),
            ),
        }
    }
    let new = compared.new;
    let is_required = |action: &str| {
        new.requires_every_approval() || new.named_actions().any(|named| named == action)
    };
    let gone = before.keys().filter(|action| !after.contains_key(*action));
    for action in gone.filter(|action| is_required(action)) {
        let message = format!("`{action}` is not on the roster, so nobody counts in it");
        compared.tightens(KEY, message);
    }
}

fn is_anybody(entries: &Entries) -> bool {
    entries.contains("*")
}

fn who(entries: &Entries) -> String {
    match is_anybody(entries) {
        true => "anybody".to_owned(),
        false => listed(entries.iter().map(String::as_str)),
    }
}

fn only(action: &str, entries: &Entries) -> String {
    format!("nobody counts in `{action}` but {}", who(entries))
}

fn of_action(compared: &mut Compared<'_>, action: &str, before: &Entries, after: &Entries) {
    match (is_anybody(before), is_anybody(after)) {
        (true, true) => {}
        (true, false) => compared.tightens(KEY, only(action, after)),
        (false, true) => compared.loosens(KEY, format!("anybody may answer `{action}`")),
        (false, false) => {
            for entry in after.difference(before) {
                let served = served_by(compared, entry);
                let also = match served.len() {
                    0 | 1 => String::new(),
                    2 => format!(", and can serve both {} now", listed(served)),
                    _ => format!(", and can serve all of {} now", listed(served)),
                };
                compared.loosens(KEY, format!("`{entry}` may answer `{action}`{also}"));
            }
            for entry in before.difference(after) {
                compared.tightens(KEY, format!("`{entry}` may no longer answer `{action}`"));
            }
        }
    }
}

/// The actions that an entry may answer under the new rule.
fn served_by<'a>(compared: &Compared<'a>, entry: &str) -> Vec<&'a str> {
    let new = compared.new.roster().entries().iter();
    let serves = |entries: &Entries| is_anybody(entries) || entries.contains(entry);
    new.filter(|(_, entries)| serves(entries)).map(|(action, _)| action.as_str()).collect()
}
