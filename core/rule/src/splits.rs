//! The only way that a rule may split one human: one handle in two entries of `people` or
//! `signingKeys`.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::Key;
use crate::rule::Rule;

/// Two people of `people` or `signingKeys` that share a handle. The rule treats them as two people,
/// so they would count as two even if they were one human.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Split {
    /// One entry.
    pub first: String,
    /// The other entry.
    pub second: String,
    /// The handle that both have.
    pub handle: String,
}

impl Rule {
    /// Each pair of people in `people` or `signingKeys` that share a handle, either by the entries'
    /// own names or by the names of their principals.
    #[must_use]
    pub fn splits(&self) -> BTreeSet<Split> {
        let mut entries_of: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
        for (entry, name) in self.names_of_people() {
            for handle in self.handles(name) {
                entries_of.entry(handle).or_default().insert(entry);
            }
        }
        let mut splits = BTreeSet::new();
        for (handle, entries) in entries_of {
            let pairs = entries.iter().zip(entries.iter().skip(1));
            splits.extend(pairs.map(|(first, second)| Split {
                first: (*first).to_owned(),
                second: (*second).to_owned(),
                handle: handle.label(),
            }));
        }
        splits
    }
}
