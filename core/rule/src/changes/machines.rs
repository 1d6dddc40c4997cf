//! Principals that are machines.

use super::change::Compared;
use crate::glob::NameGlob;

const KEY: &str = "notPeople";

pub(super) fn compare(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let is_in = |glob: &NameGlob, globs: &[NameGlob]| globs.iter().any(|known| known.covers(glob));
    for glob in old.machines().iter().filter(|glob| !is_in(glob, new.machines())) {
        compared.loosens(KEY, format!("`{}` is no longer a machine", glob.pattern()));
    }
    let both_exclude = old.excludes_initiator() && new.excludes_initiator();
    let doubt = both_exclude.then_some("everybody may count in the executions that it starts");
    for glob in new.machines().iter().filter(|glob| !is_in(glob, old.machines())) {
        let message = format!("`{}` is a machine and never counts", glob.pattern());
        compared.tightens_unless(doubt, KEY, &message);
    }
}
