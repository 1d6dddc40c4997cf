//! The roster: the people who may count, action by action.

use std::collections::{BTreeMap, BTreeSet};
use std::sync::Arc;

use names::is_iam_name;

use crate::error::{RuleError, check_codepipeline_name};
use crate::key::{Key, Keys};
use crate::trusted_role::TrustedRole;

/// The people who may count, by action. With an empty roster, everybody counts. Any other roster
/// must have an entry for every required action, so a misspelt name never opens an action to
/// everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster(Arc<BTreeMap<String, BTreeSet<String>>>);

/// The entry that lets anybody count.
const ANYBODY: &str = "*";

/// What is wrong with a roster that has no entry for a required action, and what to write.
pub(crate) fn missing_entry(action: &str) -> String {
    format!(
        "has no entry for {action}, which is required, so anybody could approve it; add one, or \
         `\"{action}\": [\"*\"]` to let anybody"
    )
}

impl Roster {
    /// # Errors
    /// [`RuleError`] that names the action whose entry has no meaning.
    pub(crate) fn parse(
        file: Option<&BTreeMap<String, Vec<String>>>,
        is_person: impl Fn(&str) -> bool,
    ) -> Result<Self, RuleError> {
        let mut roster = BTreeMap::new();
        for (action, entries) in file.into_iter().flatten() {
            check_codepipeline_name("roster", action)?;
            let wrong = |problem: String| RuleError::value(format!("roster.{action}"), problem);
            let entries: BTreeSet<String> =
                entries.iter().map(|entry| entry.to_lowercase()).collect();
            if entries.contains(ANYBODY) && entries.len() > 1 {
                return Err(wrong(
                    "`*` is anybody, so the other entries have no effect; remove `*` or the others"
                        .to_owned(),
                ));
            }
            // If nobody can match an entry, nobody can ever serve the action.
            let means_nobody = |entry: &&String| {
                let name = entry.strip_prefix("role/").unwrap_or(entry);
                let is_name = is_iam_name(name) && (name != *entry || !name.contains('@'));
                *entry != ANYBODY && !is_person(entry) && !is_name
            };
            if let Some(entry) = entries.iter().find(means_nobody) {
                return Err(wrong(format!(
                    "`{entry}` is nobody: write a name of `people`, a handle (the part before \
                     `@`), `role/NAME`, or `*` for anybody"
                )));
            }
            if entries.is_empty() {
                return Err(wrong(
                    "is empty, so nobody could approve; write `[\"*\"]` to let anybody".to_owned(),
                ));
            }
            roster.insert(action.clone(), entries);
        }
        Ok(Self(Arc::new(roster)))
    }

    /// The actions that have an entry.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether there is a roster, but no entry for this action.
    pub(crate) fn has_no_entry_for(&self, action: &str) -> bool {
        !self.0.is_empty() && !self.0.contains_key(action)
    }

    /// An action with a role on its roster whose sessions the rule trusts. Such sessions have no
    /// key of the role, so the entry could never match.
    pub(crate) fn trusted_role(&self, trusted: &[TrustedRole]) -> Option<(&str, &str)> {
        let roles = self.0.iter().flat_map(|(action, entries)| {
            entries
                .iter()
                .filter_map(move |entry| Some((action.as_str(), entry.strip_prefix("role/")?)))
        });
        roles.into_iter().find(|(_, role)| trusted.iter().any(|entry| entry.matches(role)))
    }

    /// Whether a person with these keys is on the roster of `action`.
    ///
    /// INVARIANT (merge only): only proven keys count. An entry that is a name in the `people` map
    /// means that person, not somebody else with the same handle.
    pub(crate) fn admits(
        &self,
        action: &str,
        keys: &Keys,
        is_person: impl Fn(&str) -> bool,
        handles: impl Fn(&str) -> BTreeSet<Key>,
    ) -> bool {
        let Some(entries) = self.0.get(action) else {
            return self.0.is_empty();
        };
        let is_handle_of =
            |entry: &String, key: &Key| !is_person(entry) && handles(entry).contains(key);
        entries.contains(ANYBODY)
            || keys.proven().iter().any(|key| match key {
                Key::Person(name) => entries.contains(name),
                Key::Handle(name) => {
                    !is_person(name) && entries.iter().any(|entry| is_handle_of(entry, key))
                }
                Key::Role { .. } => entries.contains(&key.label()),
                Key::User { .. } | Key::Traced(_) => false,
            })
    }

    /// The entries by action, for the record.
    pub(crate) fn entries(&self) -> &Arc<BTreeMap<String, BTreeSet<String>>> {
        &self.0
    }
}
