//! What a change of a rule loosens and what it tightens: for the people who review it.
//!
//! Each key is compared by what it means for a verdict and not by its text.
//!
//! INVARIANT (fail closed): if nothing loosens, every execution that is satisfied under the new
//! rule is satisfied under the old one. What cannot be decided loosens, and says so.

mod actions;
mod change;
mod demands;
mod handles;
mod machines;
mod people;
mod proof;
mod reviews;
mod roster;
mod session_roles;
mod signing;

pub use change::{AddedKey, Change, Effect};

use self::change::Compared;
use crate::rule::Rule;

impl Rule {
    /// What is different if `new` takes the place of this rule in the function's own environment:
    /// first what loosens, then what tightens. Empty if both mean the same.
    #[must_use]
    pub fn changes_to(&self, new: &Self) -> Vec<Change> {
        let mut compared = Compared { old: self, new, found: Vec::new() };
        demands::compare(&mut compared);
        actions::compare(&mut compared);
        signing::compare(&mut compared);
        people::compare(&mut compared);
        roster::compare(&mut compared);
        session_roles::compare(&mut compared);
        handles::compare(&mut compared);
        machines::compare(&mut compared);
        reviews::compare(&mut compared);
        proof::compare(&mut compared);
        let mut found = compared.found;
        found.sort_by_key(|change| change.effect);
        found
    }
}
