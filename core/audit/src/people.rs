//! The people who serve the slots: are they enough, and who is indispensable?
//!
//! A release needs a different person for each slot, so the question is whether a matching of
//! slots with people covers all slots.

use std::collections::{BTreeSet, HashMap};
use std::sync::LazyLock;

use iam::account::{Actor, RoleIx};
use petgraph::algo::matching::maximum_matching;
use petgraph::graph::UnGraph;
use rule::{Key, Keys, Principal, Rule};

use crate::account_view::AccountView;
use crate::scope::{Scope, SlotIx};

/// A person who serves slots.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(super) struct Person {
    /// The ARN of a user or a role.
    pub(super) subject: String,
    /// The names of the person's users and roles.
    pub(super) name: String,
    slots: BTreeSet<SlotIx>,
    /// Whether this stands for any number of people: the sessions of a role whose session names the
    /// gate believes.
    is_many: bool,
}

impl Person {
    /// The slots that the person serves, in words.
    pub(super) fn serving(&self, view: &AccountView<'_>) -> String {
        let slots: Vec<&str> = self.slots.iter().map(|slot| view.slot(*slot)).collect();
        format!("serves {}", slots.join(" and "))
    }
}

/// Everybody who serves slots.
pub(super) struct People {
    people: Vec<Person>,
    /// Whether every slot can have a different person.
    pub(super) are_enough: bool,
    /// The places of the people who are needed for that.
    indispensable: Vec<usize>,
}

impl People {
    /// Users are persons, joined as the gate joins them. A role that people can assume is one
    /// person, as its sessions count together, or any number of people if the gate believes their
    /// names. Machines are not people.
    pub(super) fn new(view: &AccountView<'_>) -> Self {
        let account = view.account();
        let mut people = Vec::new();
        for actor in view.actors() {
            let slots: BTreeSet<SlotIx> =
                view.reach.slots_of(actor).iter().map(|(slot, _)| slot).collect();
            let Some(identity) = account.identity(actor).filter(|_| !slots.is_empty()) else {
                continue;
            };
            let (is_human, is_many) = match actor {
                Actor::User(_) => (true, false),
                // It answers for everybody who signs.
                Actor::Role(_) if view.is_desk(actor) => (true, true),
                Actor::Role(at) => {
                    (is_for_people(view, at), view.trusts_sessions_of(&identity.name))
                }
            };
            if let Some(sessions) = sessions_of(view, actor) {
                people.extend(sessions.map(|(subject, name)| Person {
                    subject,
                    name,
                    slots: slots.clone(),
                    is_many: false,
                }));
            } else if is_human {
                let (subject, name) = (identity.arn.clone(), identity.name.clone());
                people.push(Person { subject, name, slots, is_many });
            }
        }
        let people = joined(view, people);
        let scope = view.reach.scope;
        let Some(assigned) = assign(scope, &people, None) else {
            return Self { people, are_enough: false, indispensable: Vec::new() };
        };
        // The assignment needs nobody else.
        let is_needed = |at: &usize| assign(scope, &people, Some(*at)).is_none();
        let indispensable = assigned.into_iter().filter(is_needed).collect();
        Self { people, are_enough: true, indispensable }
    }

    /// Everybody.
    pub(super) fn all(&self) -> impl Iterator<Item = &Person> {
        self.people.iter()
    }

    /// The people who are needed for a different person in each slot. Empty if the people are not
    /// enough anyway.
    pub(super) fn indispensable(&self) -> impl Iterator<Item = &Person> {
        self.indispensable.iter().filter_map(|at| self.people.get(*at))
    }

    /// Whether anybody serves a slot.
    pub(super) fn serve(&self, slot: SlotIx) -> bool {
        self.people.iter().any(|person| person.slots.contains(&slot))
    }
}

/// A different person for each slot, by their places, without one of them. `None` if there are not
/// enough.
fn assign(scope: &Scope, people: &[Person], away: Option<usize>) -> Option<BTreeSet<usize>> {
    let mut graph = UnGraph::<Option<usize>, ()>::default();
    let slots: Vec<_> = scope.slots_by_ix().map(|(slot, _)| (slot, graph.add_node(None))).collect();
    let present =
        people.iter().enumerate().filter(|(at, person)| person.is_many || away != Some(*at));
    for (at, person) in present {
        let served = slots.iter().filter(|(slot, node)| {
            // A slot with as many people as there are slots always finds one who is free, so the
            // graph stays small.
            person.slots.contains(slot) && graph.edges(*node).count() < slots.len()
        });
        let served: Vec<_> = served.map(|(_, node)| *node).collect();
        if served.is_empty() {
            continue;
        }
        for _ in 0..if person.is_many { slots.len() } else { 1 } {
            let one = graph.add_node(Some(at));
            for slot in &served {
                graph.add_edge(*slot, one, ());
            }
        }
    }
    let matching = maximum_matching(&graph);
    let person = |slot| *graph.node_weight(matching.mate(slot)?)?;
    slots.iter().map(|(_, slot)| person(*slot)).collect()
}

/// The sessions of a role of IAM Identity Center that the gate believes, by ARN and name of the
/// person, if everybody who has the role is known.
fn sessions_of(
    view: &AccountView<'_>,
    actor: Actor,
) -> Option<impl Iterator<Item = (String, String)>> {
    let Actor::Role(at) = actor else { return None };
    let assigned = view.assigned().filter(|assigned| assigned.knows(at))?;
    let account = view.account();
    let name = &account.role(at)?.identity.name;
    let role = format!("arn:{}:sts::{}:assumed-role/{name}", account.partition, account.id);
    let named = assigned.sessions(at).map(move |user| (format!("{role}/{user}"), user.to_owned()));
    view.trusts_sessions_of(name).then_some(named)
}

/// Whether any user, or anybody outside the account who is not a machine, can assume a role.
fn is_for_people(view: &AccountView<'_>, role: RoleIx) -> bool {
    let users = view.users_of_roles.get(&role).is_some_and(|users| !users.is_empty());
    let outsiders = view.account().role(role).map(|role| view.account().outsiders(role));
    users
        || outsiders.is_some_and(|outsiders| {
            !outsiders.federated.is_empty() || !outsiders.accounts.is_empty()
        })
}

/// The rule if none was given: that of the defaults, which also believes the session names of roles
/// of IAM Identity Center.
static BELIEVING: LazyLock<Rule> = LazyLock::new(|| {
    Rule::floor(r#"{"trustedSessionRoles": ["AWSReservedSSO_*"]}"#).unwrap_or_default()
});

/// The persons behind these ARNs: for each, the places of the ARNs. They are joined as the gate's
/// rule joins them. A principal that the gate would
/// attribute to nobody belongs to no person.
pub(super) fn persons(view: &AccountView<'_>, arns: &[&str]) -> Vec<Vec<usize>> {
    let rule = view.rule.unwrap_or(&BELIEVING);
    let keys = arns.iter().map(|arn| {
        let keys = rule.keys(&Principal::parse(arn), &view.gate_account);
        // If the rule makes a principal ambiguous, the gate does not count it.
        keys.unwrap_or_default()
    });
    let keys: Vec<Keys> = keys.collect();
    // Most share no key with anybody. They are left out, as `rule::persons` is quadratic.
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

/// Joins the principals that the gate counts as one person.
fn joined(view: &AccountView<'_>, people: Vec<Person>) -> Vec<Person> {
    // The bare ARN of a trusted role has no keys, but its sessions do.
    let (mut all, people): (Vec<Person>, Vec<Person>) =
        people.into_iter().partition(|person| person.is_many);
    let arns: Vec<&str> = people.iter().map(|person| person.subject.as_str()).collect();
    let joined = persons(view, &arns).into_iter().filter_map(|members| {
        let mut members = members.iter().filter_map(|at| people.get(*at));
        let first = members.next()?.clone();
        Some(members.fold(first, |mut all, member| {
            all.slots.extend(&member.slots);
            if !all.name.split(" = ").any(|name| name == member.name) {
                all.name = format!("{} = {}", all.name, member.name);
            }
            all
        }))
    });
    all.extend(joined);
    all
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    fn scope(slots: usize) -> Scope {
        let slot = |number| format!("Approval{number}").parse().unwrap();
        Scope {
            slots: (0..slots).map(slot).collect(),
            region: None,
            pipeline: None,
            stage: None,
            gate: "gate".parse().unwrap(),
            desk: None,
        }
    }

    /// Tries every choice of people for the slots, one slot after the other.
    fn is_possible(slots: &[SlotIx], people: &[Person], away: Option<usize>) -> bool {
        fn go(slots: &[SlotIx], people: &[Person], used: &mut Vec<usize>) -> bool {
            let [slot, rest @ ..] = slots else { return true };
            (0..people.len()).any(|at| {
                let person = &people[at];
                if !person.slots.contains(slot) || (!person.is_many && used.contains(&at)) {
                    return false;
                }
                used.push(at);
                let found = go(rest, people, used);
                used.pop();
                found
            })
        }
        let mut used: Vec<usize> = away.into_iter().collect();
        go(slots, people, &mut used)
    }

    proptest! {
        #[test]
        fn people_are_assigned_exactly_if_some_choice_works(
            slots in 2..5_usize,
            people in prop::collection::vec((0..16_u8, prop::bool::weighted(0.1)), 0..8),
            away in prop::option::of(0..8_usize),
        ) {
            let scope = scope(slots);
            let slots: Vec<SlotIx> = scope.slots_by_ix().map(|(slot, _)| slot).collect();
            let person = |(served, is_many)| Person {
                subject: String::new(),
                name: String::new(),
                slots: slots.iter().zip(0..).filter(|(_, bit)| served & (1 << bit) != 0)
                    .map(|(slot, _)| *slot).collect(),
                is_many,
            };
            let people: Vec<Person> = people.into_iter().map(person).collect();
            let assigned = assign(&scope, &people, away);
            prop_assert_eq!(assigned.is_some(), is_possible(&slots, &people, away));
            for at in assigned.into_iter().flatten() {
                prop_assert!(people[at].is_many || away != Some(at));
            }
        }
    }
}
