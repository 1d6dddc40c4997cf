//! Principals and users of forges that are machines.

use names::ForgeUser;

use super::change::Compared;
use crate::glob::NameGlob;

const KEY: &str = "notPeople";

pub(super) fn compare(compared: &mut Compared<'_>) {
    let (old, new) = (compared.old, compared.new);
    let is_of_forge = |glob: &NameGlob| ForgeUser::is_meant_by(glob.pattern());
    let is_in = |glob: &NameGlob, globs: &[NameGlob]| {
        globs.iter().any(|known| is_of_forge(known) == is_of_forge(glob) && known.covers(glob))
    };
    let authors = old.excludes_authors() && new.excludes_authors();
    let initiator = old.excludes_initiator() && new.excludes_initiator();
    for glob in old.machines().iter().filter(|glob| !is_in(glob, new.machines())) {
        let message = format!("`{}` is no longer a machine", glob.pattern());
        // Nobody approves as a user of a forge.
        match is_of_forge(glob) {
            true => compared.tightens(KEY, message),
            false => compared.loosens(KEY, message),
        }
    }
    for glob in new.machines().iter().filter(|glob| !is_in(glob, old.machines())) {
        let message = format!("`{}` is a machine", glob.pattern());
        let doubt = if authors {
            Some("what it writes keeps nobody from counting")
        } else if initiator && !is_of_forge(glob) {
            Some("the executions that it starts keep nobody from counting")
        } else {
            None
        };
        compared.tightens_unless(doubt, KEY, &message);
    }
}
