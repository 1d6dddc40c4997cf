//! The one way in which a rule may split one human: a handle under two entries of `people`.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::Key;
use crate::rule::Rule;

/// Two entries of `people` that share a handle: they are told apart, and would count as two if they
/// were one human.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub struct Split {
    /// One entry.
    pub first: String,
    /// The other.
    pub second: String,
    /// The handle that both have.
    pub handle: String,
}

impl Rule {
    /// Each pair of entries of `people` that share a handle, by their names or by those of their
    /// principals.
    #[must_use]
    pub fn splits(&self) -> BTreeSet<Split> {
        let mut entries_of: BTreeMap<Key, BTreeSet<&str>> = BTreeMap::new();
        for (entry, patterns) in self.people() {
            let names = patterns.iter().filter_map(|pattern| pattern.human_name());
            for handle in names.chain([entry.as_str()]).flat_map(|name| self.handles(name)) {
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
