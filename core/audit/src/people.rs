//! Who is left: do enough different persons serve the slots?
//!
//! Hall's condition: every slot can have a person of its own exactly if a matching covers all
//! slots.

use std::collections::{BTreeSet, HashMap};

use iam::account::Actor;
use rule::{Key, Keys, Principal, Rule};

use super::picture::Picture;
use super::survey::UndecidedError;

/// Somebody who serves slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The ARN of a user or a role.
    pub(super) subject: String,
    pub(super) name: String,
    slots: BTreeSet<usize>,
    /// Whether there may be any number of them: sessions of a role whose names the gate believes.
    many: bool,
}

impl Person {
    /// Which slots, in words.
    pub(super) fn serving(&self, picture: &Picture<'_>) -> String {
        let slots: Vec<&str> = self.slots.iter().map(|slot| picture.slot(*slot)).collect();
        format!("serves {}", slots.join(" and "))
    }
}

/// Everybody who serves slots.
pub(super) struct People {
    people: Vec<Person>,
    slots: usize,
    /// Whether every slot is served by more persons than there are slots.
    are_plenty: bool,
}

impl People {
    /// Users are persons, joined as the gate joins them. A role that people can assume is one
    /// person, as its sessions count together, or any number where the gate believes their names.
    /// Machines are nobody.
    pub(super) fn of(picture: &Picture<'_>) -> Result<Self, UndecidedError> {
        let account = picture.account();
        let mut people = Vec::new();
        for actor in picture.actors() {
            let slots: BTreeSet<usize> =
                picture.survey.approvals(actor).served().map(|(slot, _)| slot).collect();
            let Some(identity) = account.identity(actor).filter(|_| !slots.is_empty()) else {
                continue;
            };
            let (is_human, many) = match actor {
                Actor::User(_) => (true, false),
                Actor::Role(at) => {
                    (is_for_people(picture, at), picture.trusts_sessions_of(&identity.name))
                }
            };
            if is_human {
                people.push(Person {
                    subject: identity.arn.clone(),
                    name: identity.name.clone(),
                    slots,
                    many,
                });
            }
        }
        let slots = picture.slots().len();
        let people = joined(picture, people);
        let serving =
            |slot: usize| people.iter().filter(move |person| person.slots.contains(&slot)).count();
        let are_plenty = (0..slots).all(|slot| serving(slot) > slots);
        Ok(Self { people, slots, are_plenty })
    }

    pub(super) fn all(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }

    /// Whether anybody serves a slot.
    pub(super) fn serve(&self, slot: usize) -> bool {
        self.people.iter().any(|person| person.slots.contains(&slot))
    }

    /// Whether every slot can have a person of its own, while one of them is away.
    pub(super) fn suffice_without(&self, away: Option<usize>) -> bool {
        // Where each slot has more persons than there are slots, one who is away is not missed.
        if self.are_plenty {
            return true;
        }
        let present: Vec<&Person> = (0..)
            .zip(&self.people)
            .filter(|(at, person)| away != Some(*at) || person.many)
            .map(|(_, person)| person)
            .collect();
        // A slot that more persons serve than there are slots always finds one of them.
        let scarce: Vec<usize> = (0..self.slots)
            .filter(|slot| {
                let serving = present.iter().filter(|person| person.slots.contains(slot));
                let enough =
                    serving.clone().any(|person| person.many) || serving.count() >= self.slots;
                !enough
            })
            .collect();
        let serving: Vec<&&Person> = present
            .iter()
            .filter(|person| scarce.iter().any(|slot| person.slots.contains(slot)))
            .collect();
        covers(&scarce, &serving)
    }
}

/// Whether the slots can all be served by different persons: every set of slots by as many persons
/// as it has slots.
///
/// Scarce slots have fewer than `slots` persons each, so this is small; and it is a loop, not a
/// search that recurses.
fn covers(slots: &[usize], people: &[&&Person]) -> bool {
    let mut served: Vec<Option<usize>> = vec![None; people.len()];
    slots.iter().all(|slot| {
        // Augmenting path, breadth first: (person, the person from whom its slot would be taken).
        let mut from: Vec<Option<Option<usize>>> = vec![None; people.len()];
        let mut queue = std::collections::VecDeque::from([(*slot, None)]);
        while let Some((wanting, giver)) = queue.pop_front() {
            for (at, person) in people.iter().enumerate() {
                let Some(seen) = from
                    .get_mut(at)
                    .filter(|seen| seen.is_none() && person.slots.contains(&wanting))
                else {
                    continue;
                };
                *seen = Some(giver);
                match served.get(at).copied().flatten() {
                    Some(other) => queue.push_back((other, Some(at))),
                    None => {
                        hand_over(&mut served, &from, at, *slot);
                        return true;
                    }
                }
            }
        }
        false
    })
}

/// Gives each person on the path the slot of the one before, and the first of them the new slot.
fn hand_over(
    served: &mut [Option<usize>],
    from: &[Option<Option<usize>>],
    free: usize,
    slot: usize,
) {
    let mut to = free;
    while let Some(giver) = from.get(to).copied().flatten().flatten() {
        let taken = served.get(giver).copied().flatten();
        if let Some(place) = served.get_mut(to) {
            *place = taken;
        }
        to = giver;
    }
    if let Some(place) = served.get_mut(to) {
        *place = Some(slot);
    }
}

/// Whether any user, or anybody from elsewhere that is no machine, can assume a role.
fn is_for_people(picture: &Picture<'_>, role: usize) -> bool {
    let users = picture.users_of_roles.get(&role).is_some_and(|users| !users.is_empty());
    let outsiders = picture.account().roles.get(role).map(|role| picture.account().outsiders(role));
    users
        || outsiders.is_some_and(|outsiders| {
            !outsiders.federated.is_empty() || !outsiders.accounts.is_empty()
        })
}

/// The persons behind these ARNs, as the gate's rule joins them, or where it was not given, as a
/// rule does that says nothing: the places of each person's principals. A principal that the gate
/// would attribute to nobody is in none.
pub(super) fn persons(picture: &Picture<'_>, arns: &[&str]) -> Vec<Vec<usize>> {
    let by_default = Rule::default();
    let rule = picture.rule.unwrap_or(&by_default);
    let keys = arns.iter().map(|arn| {
        let keys = rule.keys(&Principal::parse(arn), &picture.gate_account);
        // A principal that is ambiguous by the rule counts as nobody for the gate.
        keys.unwrap_or_default()
    });
    let keys: Vec<Keys> = keys.collect();
    // Most share no key with anybody: `rule::persons` is quadratic, and need not be asked about
    // them.
    let mut holders: HashMap<&Key, usize> = HashMap::new();
    for key in keys.iter().flat_map(Keys::all) {
        *holders.entry(key).or_default() += 1;
    }
    let shares =
        |keys: &Keys| keys.all().any(|key| holders.get(key).is_some_and(|count| *count > 1));
    let attributable = keys.iter().enumerate().filter(|(_, keys)| keys.is_attributable());
    let (sharing, alone): (Vec<_>, Vec<_>) = attributable.partition(|(_, keys)| shares(keys));
    let places: Vec<usize> = sharing.iter().map(|(at, _)| *at).collect();
    let sharing: Vec<Keys> = sharing.into_iter().map(|(_, keys)| keys.clone()).collect();
    let joined = rule::persons(&sharing);
    let joined = joined.iter().map(|person| {
        let members = person.members().iter();
        members.filter_map(|at| places.get(*at)).copied().collect()
    });
    joined.chain(alone.into_iter().map(|(at, _)| vec![at])).collect()
}

/// Joins those that the gate takes for one human.
fn joined(picture: &Picture<'_>, people: Vec<Person>) -> Vec<Person> {
    // The bare ARN of a trusted role has no keys; its sessions have.
    let (mut all, people): (Vec<Person>, Vec<Person>) =
        people.into_iter().partition(|person| person.many);
    let arns: Vec<&str> = people.iter().map(|person| person.subject.as_str()).collect();
    let joined = persons(picture, &arns).into_iter().filter_map(|members| {
        let mut members = members.iter().filter_map(|at| people.get(*at));
        let first = members.next()?.clone();
        Some(members.fold(first, |mut all, member| {
            all.slots.extend(&member.slots);
            all.name = format!("{} = {}", all.name, member.name);
            all
        }))
    });
    all.extend(joined);
    all
}
