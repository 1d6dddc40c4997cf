//! The one function that counts persons.

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

/// The persons behind these principals: the connected components of "shares a key".
///
/// Principals without proven keys are nobody and join nobody (INVARIANT, fail closed). Apart from
/// the positions of members, the result does not depend on the order of the principals, and repeats
/// change nothing. The time is quadratic in their number, the number of approvals of one stage.
#[must_use]
pub fn persons(principals: &[Keys]) -> Vec<Person> {
    let mut components: Vec<Vec<(usize, &Keys)>> = Vec::new();
    let attributable = principals.iter().enumerate().filter(|(_, keys)| keys.is_attributable());
    for (position, keys) in attributable {
        let (joined, apart): (Vec<_>, Vec<_>) = components
            .into_iter()
            .partition(|members| members.iter().any(|(_, member)| same_human(member, keys)));
        components = apart;
        let mut component: Vec<_> = joined.into_iter().flatten().collect();
        component.push((position, keys));
        components.push(component);
    }
    let mut persons: Vec<Person> = components.into_iter().filter_map(person).collect();
    persons.sort_by(|a, b| (&a.name, &a.members).cmp(&(&b.name, &b.members)));
    persons
}

fn person(component: Vec<(usize, &Keys)>) -> Option<Person> {
    // INVARIANT (merge only): a claimed key never lends a name.
    let name = component.iter().flat_map(|(_, keys)| keys.proven()).min()?.clone();
    let mut members: Vec<usize> = component.iter().map(|(position, _)| *position).collect();
    members.sort_unstable();
    Some(Person { name, members })
}

/// Whether two principals are joined directly: they share a key. A shared handle does not join two
/// people that the `people` map distinguishes.
fn same_human(a: &Keys, b: &Keys) -> bool {
    a.shared_with(b).any(|key| !matches!(key, Key::Handle(_)) || !are_different_people(a, b))
}

/// Whether `people` gives the two principals, by proven keys, to two different people. If it names
/// only one of two humans with the same handle, that changes nothing: a forgotten entry never
/// splits one human.
fn are_different_people(a: &Keys, b: &Keys) -> bool {
    matches!((a.proven_person(), b.proven_person()), (Some(a), Some(b)) if a != b)
}
