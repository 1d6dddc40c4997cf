//! The people who serve the slots: are they enough, and who is indispensable?
//!
//! A release needs a different person for each slot, so the question is whether a matching of
//! slots with people covers all slots.

use std::collections::{BTreeMap, BTreeSet, HashMap};
use std::sync::LazyLock;

use iam::account::Actor;
use petgraph::algo::matching::maximum_matching;
use petgraph::graph::UnGraph;
use petgraph::unionfind::UnionFind;
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
    /// What the gate knows the person by.
    keys: Keys,
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
    /// The ARNs of principals that may approve a slot, and that the gate would never count there.
    pub(super) uncounted: Vec<(SlotIx, String)>,
    /// Whether every slot can have a different person.
    pub(super) are_enough: bool,
    /// The places of the people who are needed for that.
    indispensable: Vec<usize>,
}

impl People {
    /// Users are persons, joined as the gate joins them. A role that people can assume is one
    /// person, as its sessions count together, or any number of people if the gate believes their
    /// names. If it is known who has the role, it is these people. Machines are not people. Nobody
    /// is here that the gate's rule never counts. If an actor is too intricate to be decided, it
    /// serves what it may serve.
    pub(super) fn new(view: &AccountView<'_>) -> Self {
        let mut people = Vec::new();
        let mut uncounted = Vec::new();
        for actor in view.account().actors() {
            let slots: BTreeSet<SlotIx> =
                view.reach.slots_of(actor).iter().map(|(slot, _)| slot).collect();
            if slots.is_empty() || !is_for_people(view, actor) || has_nobody(view, actor) {
                continue;
            }
            let of_actor = match view.rule {
                None => by_default(view, actor, &slots),
                Some(rule) => by_rule(view, rule, actor, &slots),
            };
            let counted = |slot| of_actor.iter().any(|person: &Person| person.slots.contains(slot));
            let never = slots.iter().filter(|slot| !counted(slot));
            uncounted.extend(never.map(|slot| (*slot, view.account().arn(actor).to_owned())));
            people.extend(of_actor);
        }
        let people = joined(people);
        let scope = view.reach.scope;
        let Some(assigned) = assign(scope, &people, None) else {
            return Self { people, uncounted, are_enough: false, indispensable: Vec::new() };
        };
        // The assignment needs nobody else.
        let is_needed = |at: &usize| assign(scope, &people, Some(*at)).is_none();
        let indispensable = assigned.into_iter().filter(is_needed).collect();
        Self { people, uncounted, are_enough: true, indispensable }
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

/// The people behind an actor, if nothing is known about the gate's rule. The desk answers for
/// everybody who signs.
fn by_default(view: &AccountView<'_>, actor: Actor, slots: &BTreeSet<SlotIx>) -> Vec<Person> {
    let name = view.name(actor).to_owned();
    let is_role = matches!(actor, Actor::Role(_));
    if let Some(sessions) = sessions_of(view, actor) {
        let person = |(subject, name): (String, String)| Person {
            keys: keys_by(&BELIEVING, view, &subject),
            subject,
            name,
            slots: slots.clone(),
            is_many: false,
        };
        return sessions.map(person).collect();
    }
    vec![Person {
        subject: view.account().arn(actor).to_owned(),
        slots: slots.clone(),
        is_many: is_role && (view.is_desk(actor) || view.trusts_sessions_of(&name)),
        keys: keys(view, view.account().arn(actor)),
        name,
    }]
}

/// The default rule with belief in the session names of roles of IAM Identity Center.
static BELIEVING: LazyLock<Rule> = LazyLock::new(|| {
    Rule::floor(r#"{"trustedSessionRoles": ["AWSReservedSSO_*"]}"#).unwrap_or_default()
});

/// The sessions of a role of IAM Identity Center that the gate believes, by ARN and name of the
/// person, if everybody who has the role is known.
pub(super) fn sessions_of<'v>(
    view: &'v AccountView<'_>,
    actor: Actor,
) -> Option<impl Iterator<Item = (String, String)> + use<'v>> {
    let Actor::Role(at) = actor else { return None };
    let assigned = view.assigned_people().filter(|assigned| assigned.knows(at))?;
    let account = view.account();
    let name = &account.role(at)?.identity.name;
    let role = format!("arn:{}:sts::{}:assumed-role/{name}", account.partition, account.id);
    let named = assigned.sessions(at).map(move |user| (format!("{role}/{user}"), user.to_owned()));
    (view.trusts_sessions_of(name) && !view.is_desk(actor)).then_some(named)
}

/// Whether it is known that nobody has a role.
fn has_nobody(view: &AccountView<'_>, actor: Actor) -> bool {
    let Actor::Role(at) = actor else { return false };
    let assigned = view.assigned_people().filter(|assigned| assigned.knows(at));
    assigned.is_some_and(|assigned| assigned.sessions(at).next().is_none())
}

/// The most people behind one role that are counted one by one.
const MOST: usize = 32;

/// The people behind an actor that the rule may count, each in some of these slots.
fn by_rule(
    view: &AccountView<'_>,
    rule: &Rule,
    actor: Actor,
    slots: &BTreeSet<SlotIx>,
) -> Vec<Person> {
    let account = &view.gate_account;
    let (subject, name) = (view.account().arn(actor), view.name(actor));
    let person = |name: &str, is_many, of: Vec<(SlotIx, Keys)>| {
        let keys = of.first().map(|(_, keys)| keys.clone())?;
        let slots = of.into_iter().map(|(slot, _)| slot).collect();
        let (subject, name) = (subject.to_owned(), name.to_owned());
        Some(Person { subject, name, slots, is_many, keys })
    };
    let counted = |of: &BTreeSet<SlotIx>, standing: &dyn Fn(&str) -> Option<Keys>| {
        let counted = of.iter().filter_map(|slot| Some((*slot, standing(view.slot(*slot))?)));
        counted.collect::<Vec<_>>()
    };
    let unsigned = |arn: &str, action: &str| view.counting.keys_of(action, arn);
    let signed = |signer: &str, arn: &str, action: &str| {
        rule.standing_if_signed(signer, action, &Principal::parse(arn), account).ok()??.ok()
    };
    let shown = view.answers_as(actor, actor);
    let Some(first) = shown.shown().first() else { return Vec::new() };
    if matches!(actor, Actor::User(_)) {
        // A human who has a signing key may sign.
        let signer = rule.person_of(&Principal::parse(subject), account).ok().flatten();
        let standing = |action: &str| {
            let if_signed = || signed(signer.as_deref()?, subject, action);
            unsigned(subject, action).or_else(if_signed)
        };
        return person(name, false, counted(slots, &standing)).into_iter().collect();
    }
    let is_many = view.trusts_sessions_of(name);
    let sessions = sessions_of(view, actor);
    let is_known = sessions.is_some();
    let mut people: Vec<Person> = match sessions {
        None => {
            let any = counted(slots, &|action| unsigned(&first.arn, action));
            person(name, is_many, any).into_iter().collect()
        }
        Some(sessions) => {
            let people = sessions.filter_map(|(arn, user)| {
                let counted = counted(slots, &|action| unsigned(&arn, action));
                person(&user, false, counted).map(|person| Person { subject: arn, ..person })
            });
            people.collect()
        }
    };
    let has_people = |slot: &SlotIx| people.iter().any(|person| person.slots.contains(slot));
    let left: BTreeSet<SlotIx> = slots.iter().filter(|slot| !has_people(slot)).copied().collect();
    // What messages call somebody who came through a role.
    let called = |who: &str| format!("{who} by {name}");
    let others = shown.shown().iter().skip(1).filter_map(|other| {
        let name = called(other.arn.rsplit('/').next().unwrap_or_default());
        person(&name, false, counted(&left, &|action| unsigned(&other.arn, action)))
    });
    if !is_known {
        people.extend(others.take(MOST));
    }
    let signers = rule.signer_names().filter_map(|signer| {
        let of_signer = counted(&left, &|action| signed(signer, &first.arn, action));
        person(&called(signer), false, of_signer)
    });
    people.extend(signers.take(MOST));
    people
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

/// Whether an actor is a user, the desk, or a role that people can assume: any user, or anybody
/// outside the account except machines.
fn is_for_people(view: &AccountView<'_>, actor: Actor) -> bool {
    let Actor::Role(role) = actor else { return true };
    let users = view.users_of_roles.get(&role).is_some_and(|users| !users.is_empty());
    let outsiders = view.account().role(role).map(|role| view.account().outsiders(role));
    users
        || view.is_desk(actor)
        || outsiders.is_some_and(|outsiders| {
            !outsiders.federated.is_empty() || !outsiders.accounts.is_empty()
        })
}

/// What the gate knows a principal by. If the rule makes it ambiguous, the gate does not count it.
fn keys(view: &AccountView<'_>, arn: &str) -> Keys {
    keys_by(&view.counting.rule, view, arn)
}

fn keys_by(rule: &Rule, view: &AccountView<'_>, arn: &str) -> Keys {
    rule.keys(&Principal::parse(arn), &view.gate_account).unwrap_or_default()
}

/// The persons behind these ARNs: for each, the places of the ARNs. They are joined as the gate's
/// rule joins them, or the default rule if none was given. A principal that the gate would
/// attribute to nobody belongs to no person.
pub(super) fn persons(view: &AccountView<'_>, arns: &[&str]) -> Vec<Vec<usize>> {
    let rule = view.rule.unwrap_or(&BELIEVING);
    persons_by(&arns.iter().map(|arn| keys_by(rule, view, arn)).collect::<Vec<Keys>>())
}

/// The persons behind these keys: for each, the places of the keys.
fn persons_by(keys: &[Keys]) -> Vec<Vec<usize>> {
    // `rule::persons` is quadratic, so it is asked only about those who share keys, directly or
    // through others: it joins nobody else.
    let mut sharing = UnionFind::<usize>::new(keys.len());
    let mut holders: HashMap<&Key, usize> = HashMap::new();
    let attributable = || keys.iter().enumerate().filter(|(_, keys)| keys.is_attributable());
    for (at, keys) in attributable() {
        for key in keys.all() {
            sharing.union(at, *holders.entry(key).or_insert(at));
        }
    }
    let mut groups: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
    for (at, _) in attributable() {
        groups.entry(sharing.find(at)).or_default().push(at);
    }
    let persons = groups.into_values().flat_map(|places| {
        let of_group = places.iter().filter_map(|at| keys.get(*at)).cloned();
        let joined = rule::persons(&of_group.collect::<Vec<Keys>>());
        let persons = joined.into_iter().map(move |person| {
            person.members().iter().filter_map(|at| places.get(*at)).copied().collect()
        });
        persons.collect::<Vec<Vec<usize>>>()
    });
    persons.collect()
}

/// Joins the principals that the gate counts as one person.
fn joined(people: Vec<Person>) -> Vec<Person> {
    // The bare ARN of a trusted role has no keys, but its sessions do.
    let (mut all, people): (Vec<Person>, Vec<Person>) =
        people.into_iter().partition(|person| person.is_many);
    let keys: Vec<Keys> = people.iter().map(|person| person.keys.clone()).collect();
    let joined = persons_by(&keys).into_iter().filter_map(|members| {
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
        Scope::of_all((0..slots).map(slot).collect(), "gate".parse().unwrap())
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
                keys: Keys::default(),
            };
            let people: Vec<Person> = people.into_iter().map(person).collect();
            let assigned = assign(&scope, &people, away);
            prop_assert_eq!(assigned.is_some(), is_possible(&slots, &people, away));
            for at in assigned.into_iter().flatten() {
                prop_assert!(people[at].is_many || away != Some(at));
            }
        }
    }

    /// A principal, as CodePipeline may show it.
    fn principal() -> impl Strategy<Value = String> {
        let name = "(ann|bob|cy)(-admin|)";
        prop_oneof![
            4 => name.prop_map(|name| format!("arn:aws:iam::111122223333:user/{name}")),
            2 => name.prop_map(|name| format!("arn:aws:sts::111122223333:assumed-role/Sso/{name}")),
            2 => ("(Deployer|Other)", name).prop_map(|(role, name)| {
                format!("arn:aws:sts::111122223333:assumed-role/{role}/{name}")
            }),
            1 => Just("arn:aws:iam::111122223333:root".to_owned()),
        ]
    }

    proptest! {
        /// Not everybody is compared with everybody, but the persons are those of the gate.
        #[test]
        fn the_persons_are_those_that_the_gate_counts(
            arns in prop::collection::vec(principal(), 0..12),
        ) {
            let of_people = Rule::floor(r#"{
                "trustedSessionRoles": ["Sso"],
                "people": {
                    "first": [
                        "arn:aws:iam::111122223333:user/ann",
                        "arn:aws:iam::111122223333:user/cy-admin"
                    ],
                    "second": ["arn:aws:sts::111122223333:assumed-role/Sso/ann"]
                }
            }"#).unwrap();
            let account = rule::Account::new("111122223333").with_roles(std::iter::empty::<&str>());
            let keys = |arn: &String| of_people.keys(&Principal::parse(arn), &account);
            let keys: Vec<Keys> = arns.iter().map(|arn| keys(arn).unwrap_or_default()).collect();
            let mut found = persons_by(&keys);
            let persons = rule::persons(&keys);
            let mut all: Vec<Vec<usize>> =
                persons.iter().map(|person| person.members().to_vec()).collect();
            found.sort();
            all.sort();
            prop_assert_eq!(found, all);
        }
    }
}
