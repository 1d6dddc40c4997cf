//! The people behind principals of AWS. One human may push as an IAM user and approve in a session.

use std::collections::{BTreeMap, BTreeSet};

use rule::{Account, Key, Keys, Principal, Rule, persons};

use crate::consensus::{Author, Consensus};
use crate::forge::ForgeError;
use crate::history::History;

const ANYBODY: &str =
    "is a session of a role, or of no user that the rule knows, and may be anybody";

/// The principals of a history, by the rule.
pub(super) struct People {
    /// The principals of each person.
    persons: Vec<BTreeSet<Author>>,
    /// The principals that may be anybody.
    anybody: BTreeSet<Author>,
}

impl People {
    /// Gives each person one name everywhere in the history, and marks the reviews of principals
    /// that may be anybody.
    ///
    /// # Errors
    /// [`ForgeError::Malformed`] if two entries of `people` match one principal.
    pub(super) fn name(
        rule: &Rule,
        account: &Account,
        history: &mut History,
    ) -> Result<Self, ForgeError> {
        let principals: Vec<Author> = everybody(history).flatten().cloned().collect();
        let principals: BTreeSet<Author> = principals.into_iter().collect();
        let principals: Vec<Author> = principals.into_iter().collect();
        let keys: Vec<Keys> = principals
            .iter()
            .map(|author| rule.keys(&Principal::parse(&author.to_string()), account))
            .collect::<Result<_, _>>()
            .map_err(|problem| ForgeError::Malformed(problem.to_string()))?;
        let is_anybody = |keys: &Keys| {
            !keys.is_attributable()
                || keys.proven().iter().any(|key| matches!(key, Key::Role { .. }))
        };
        let anybody = principals.iter().zip(&keys).filter(|(_, keys)| is_anybody(keys));
        let members = |members: &[usize]| {
            members.iter().filter_map(|position| principals.get(*position)).cloned().collect()
        };
        let people = Self {
            persons: persons(&keys).iter().map(|person| members(person.members())).collect(),
            anybody: anybody.map(|(author, _)| author.clone()).collect(),
        };
        let names: BTreeMap<&Author, &Author> = people
            .persons
            .iter()
            .flat_map(|person| person.iter().map(|one| (one, person.first().unwrap_or(one))))
            .collect();
        for review in history.changes.iter_mut().flat_map(|change| &mut change.reviews) {
            if review.by.as_ref().is_none_or(|by| people.anybody.contains(by)) {
                review.is_void_because = Some(ANYBODY.to_owned());
            }
        }
        for author in everybody_mut(history).flatten() {
            if let Some(name) = names.get(author) {
                *author = (*name).clone();
            }
        }
        Ok(people)
    }

    /// Names all principals of the authors and pushers that were found. One that may be anybody may
    /// have reviewed, too.
    pub(super) fn complete(&self, found: &mut Consensus) {
        for group in [&mut found.authors, &mut found.pushers] {
            let is_there = |person: &&BTreeSet<Author>| !person.is_disjoint(group);
            let more = self.persons.iter().filter(is_there).flatten().cloned();
            let more: Vec<Author> = more.collect();
            group.extend(more);
        }
        let writers: BTreeSet<&Author> = found.authors.iter().chain(&found.pushers).collect();
        let anybody = writers.into_iter().filter(|writer| self.anybody.contains(*writer));
        found.objections.extend(anybody.map(|writer| format!("{writer} {ANYBODY}")));
    }
}

fn everybody(history: &History) -> impl Iterator<Item = Option<&Author>> {
    let moves = history.moves.iter().map(|step| step.by.as_ref());
    let changes = history.changes.iter().flat_map(|change| {
        let reviews = change.reviews.iter().map(|review| review.by.as_ref());
        reviews.chain([change.opened_by.as_ref()])
    });
    moves.chain(changes)
}

fn everybody_mut(history: &mut History) -> impl Iterator<Item = Option<&mut Author>> {
    let moves = history.moves.iter_mut().map(|step| step.by.as_mut());
    let changes = history.changes.iter_mut().flat_map(|change| {
        let reviews = change.reviews.iter_mut().map(|review| review.by.as_mut());
        reviews.chain([change.opened_by.as_mut()])
    });
    moves.chain(changes)
}
