//! Which function says who wrote and reviewed what is released, and how many must review it.

use std::collections::BTreeSet;

use super::change::Compared;
use crate::reviews::Reviews;

const KEY: &str = "reviews";

pub(super) fn compare(compared: &mut Compared<'_>) {
    match (compared.old.reviews(), compared.new.reviews()) {
        (None, None) => {}
        (Some(_), None) => {
            compared.loosens(KEY, "no function says who wrote and reviewed what is released");
        }
        (None, Some(new)) => {
            let message =
                format!("`{}` says who wrote and reviewed what is released", new.function());
            compared.tightens(KEY, message);
        }
        (Some(old), Some(new)) => both(compared, old, new),
    }
}

fn both(compared: &mut Compared<'_>, old: &Reviews, new: &Reviews) {
    if old.function() != new.function() {
        let message = format!(
            "`{}` is believed about who wrote and reviewed what is released, and no longer `{}`",
            new.function(),
            old.function()
        );
        compared.loosens(KEY, message);
    }
    let (before, after) = (old.record(), new.record());
    number(compared, "each change", before.required, after.required);
    let repositories: BTreeSet<&String> =
        before.repositories.keys().chain(after.repositories.keys()).collect();
    for repository in repositories {
        let of = format!("each change of `{repository}`");
        number(compared, &of, old.required_for(repository), new.required_for(repository));
    }
}

fn number(compared: &mut Compared<'_>, of: &str, old: u32, new: u32) {
    let noun = if new == 1 { "reviewer" } else { "reviewers" };
    let message = format!("{of} must have {new} {noun}, and not {old}");
    if new < old {
        compared.loosens(KEY, message);
    } else if new > old {
        compared.tightens(KEY, message);
    }
}
