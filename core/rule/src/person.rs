//! The one function that counts persons.

use std::collections::BTreeMap;

use crate::key::{Key, Keys};

/// A set of principals joined by shared keys. Nothing else is ever counted.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Person {
    name: Key,
    members: Vec<usize>,
}

impl Person {
    /// The name: the best proven key of the members.
    #[must_use]
    pub fn name(&self) -> &Key {
        &self.name
    }

    /// The principals that are this person, by their positions in the argument of [`persons`].
    #[must_use]
    pub fn members(&self) -> &[usize] {
        &self.members
    }
}

/// The persons behind these principals: the connected components of "shares a key". A shared handle
/// does not join two people that the `people` map distinguishes. If `people` names only one of two
/// humans with the same handle, that changes nothing: a forgotten entry never splits one human.
///
/// Principals without proven keys are nobody and join nobody (INVARIANT, fail closed). Apart from
/// the positions of members, the result does not depend on the order of the principals, and repeats
/// change nothing.
#[must_use]
pub fn persons(principals: &[Keys]) -> Vec<Person> {
    let mut holders = Holders::of(principals);
    let mut is_known = vec![false; principals.len()];
    let mut persons = Vec::new();
    for (first, keys) in principals.iter().enumerate().filter(|(_, keys)| keys.is_attributable()) {
        let mut component = Vec::new();
        let mut open = vec![(first, keys)];
        while let Some((position, keys)) = open.pop() {
            if let Some(known) = is_known.get_mut(position).filter(|known| !**known) {
                *known = true;
                component.push((position, keys));
                open.extend(holders.take_joined(keys));
            }
        }
        persons.extend(person(component));
    }
    persons.sort_by(|a, b| (&a.name, &a.members).cmp(&(&b.name, &b.members)));
    persons
}

fn person(component: Vec<Principal<'_>>) -> Option<Person> {
    // INVARIANT (merge only): a claimed key never lends a name.
    let name = component.iter().flat_map(|(_, keys)| keys.proven()).min()?.clone();
    let mut members: Vec<usize> = component.iter().map(|(position, _)| *position).collect();
    members.sort_unstable();
    Some(Person { name, members })
}

/// A principal's position, and its keys.
type Principal<'a> = (usize, &'a Keys);

/// The principals that hold a key and are not joined yet. Handles hold them apart by the person
/// that `people` gives them to, if any.
struct Holders<'a>(BTreeMap<&'a Key, BTreeMap<Option<&'a Key>, Vec<Principal<'a>>>>);

impl<'a> Holders<'a> {
    fn of(principals: &'a [Keys]) -> Self {
        let mut holders = Self(BTreeMap::new());
        let attributable = principals.iter().enumerate().filter(|(_, keys)| keys.is_attributable());
        for (position, keys) in attributable {
            for key in keys.all() {
                let person = named_person(key, keys);
                let of_key = holders.0.entry(key).or_default();
                of_key.entry(person).or_default().push((position, keys));
            }
        }
        holders
    }

    /// Takes out everybody who is directly joined to a principal with these keys.
    fn take_joined(&mut self, keys: &'a Keys) -> Vec<Principal<'a>> {
        let mut joined = Vec::new();
        for key in keys.all() {
            let Some(of_key) = self.0.get_mut(key) else { continue };
            match named_person(key, keys) {
                None => joined.extend(std::mem::take(of_key).into_values().flatten()),
                person => {
                    joined.extend(of_key.remove(&None).into_iter().flatten());
                    joined.extend(of_key.remove(&person).into_iter().flatten());
                }
            }
        }
        joined
    }
}

/// The person that `people` gives a holder of a handle to, by proven keys. Other keys join no
/// matter who holds them.
fn named_person<'a>(key: &Key, keys: &'a Keys) -> Option<&'a Key> {
    keys.proven_person().filter(|_| matches!(key, Key::Handle(_)))
}
