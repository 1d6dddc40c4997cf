//! The roster: who may count in which action.

use std::collections::{BTreeMap, BTreeSet};

use crate::key::{Key, Keys};
use crate::principal::is_iam_name;
use crate::rule_file::{RuleError, pipeline_name};
use crate::trusted_role::TrustedRole;

/// Who may count in which action. An empty roster lets everybody; any other has to have an entry
/// for every required action, so that a misspelt name never opens an action to everybody.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Roster(BTreeMap<String, BTreeSet<String>>);

/// The entry that lets anybody.
const ANYBODY: &str = "*";

impl Roster {
    /// # Errors
    /// [`RuleError`] naming the action whose entry means nothing.
    pub(crate) fn parse(
        file: Option<&BTreeMap<String, Vec<String>>>,
        is_person: impl Fn(&str) -> bool,
    ) -> Result<Self, RuleError> {
        let mut roster = BTreeMap::new();
        for (action, entries) in file.into_iter().flatten() {
            pipeline_name("roster", action)?;
            let wrong = |problem: String| RuleError::value(format!("roster.{action}"), problem);
            let entries: BTreeSet<String> =
                entries.iter().map(|entry| entry.to_lowercase()).collect();
            if entries.contains(ANYBODY) && entries.len() > 1 {
                return Err(wrong(
                    "`*` is anybody, so the other entries mean nothing; leave out the one or the others".to_owned(),
                ));
            }
            // What nobody can match would keep its place empty for ever.
            let means_nobody = |entry: &&String| {
                let name = entry.strip_prefix("role/").unwrap_or(entry);
                let is_name = is_iam_name(name) && (name != *entry || !name.contains('@'));
                *entry != ANYBODY && !is_person(entry) && !is_name
            };
            if let Some(entry) = entries.iter().find(means_nobody) {
                return Err(wrong(format!(
                    "`{entry}` is nobody: write a name of `people`, a handle (the part before `@`), `role/NAME`, or `*` for anybody"
                )));
            }
            if entries.is_empty() {
                return Err(wrong(
                    "is empty, so that nobody could approve; write `[\"*\"]` to let anybody"
                        .to_owned(),
                ));
            }
            roster.insert(action.clone(), entries);
        }
        Ok(Self(roster))
    }

    /// The actions that have an entry.
    pub(crate) fn actions(&self) -> impl Iterator<Item = &str> {
        self.0.keys().map(String::as_str)
    }

    /// Whether the action lacks an entry although there is a roster.
    pub(crate) fn lacks(&self, action: &str) -> bool {
        !self.0.is_empty() && !self.0.contains_key(action)
    }

    /// An action and a role on its roster whose sessions the rule trusts: those have no key of the
    /// role, and could never match.
    pub(crate) fn trusted_role(&self, trusted: &[TrustedRole]) -> Option<(&str, &str)> {
        let roles = self.0.iter().flat_map(|(action, entries)| {
            entries
                .iter()
                .filter_map(move |entry| Some((action.as_str(), entry.strip_prefix("role/")?)))
        });
        roles.into_iter().find(|(_, role)| trusted.iter().any(|entry| entry.means(role)))
    }

    /// Whether these keys have a place on the roster of `action`.
    ///
    /// INVARIANT (merge only): by proven keys alone. An entry that is a name of the `people` map
    /// means that person, and nobody else who happens to have that handle.
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

    /// The entries by action, as they are recorded.
    pub(crate) fn entries(&self) -> &BTreeMap<String, BTreeSet<String>> {
        &self.0
    }
}
