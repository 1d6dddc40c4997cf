//! The invariants, checked over random facts and rules. Their alphabets are small, so collisions
//! are frequent.

#![cfg(test)]

use std::collections::{BTreeMap, BTreeSet};

use proptest::prelude::*;
use proptest::sample::{Index, select, subsequence};
use proptest::strategy::ValueTree;
use rule::{
    Account, ActionKind, Approver, Attempt, Decision, Execution, Facts, Initiator, Key, Keys,
    Principal, PrincipalKind, Quorum, Rule, Status, Verdict, decide, persons,
};
use serde_json::{Map, Value, json};

const ACCOUNT: &str = "111122223333";
const SESSIONS: [&str; 7] = [
    "alice",
    "bob@a.example",
    "ALICE@b.example",
    "carol",
    "botocore-session-1",
    "alice-admin",
    "@x",
];
/// No rule below trusts sessions of these roles.
const UNTRUSTED: [&str; 2] = ["Deployer", "Bot"];
const TRUSTED: [&str; 2] = ["AWSReservedSSO_A_01", "AWSReservedSSO_B_02"];

fn session(role: &str, name: &str) -> String {
    format!("arn:aws:sts::{ACCOUNT}:assumed-role/{role}/{name}")
}

fn principal() -> impl Strategy<Value = String> {
    prop_oneof![
        9 => select(vec!["alice", "Alice", "eng/alice", "bob", "carol", "dave", "adm-bob", "carol+x"]).prop_map(|n| format!("arn:aws:iam::{ACCOUNT}:user/{n}")),
        6 => (select(TRUSTED.to_vec()), select(SESSIONS.to_vec())).prop_map(|(role, name)| session(role, name)),
        4 => (select(UNTRUSTED.to_vec()), select(SESSIONS.to_vec())).prop_map(|(role, name)| session(role, name)),
        1 => select(vec!["Deployer", "AWSReservedSSO_A_01"]).prop_map(|n| format!("arn:aws:iam::{ACCOUNT}:role/{n}")),
        1 => Just("arn:aws:iam::444455556666:user/erin".to_owned()),
        1 => select(vec!["arn:aws:iam::111122223333:root", "arn:aws:sts::111122223333:federated-user/alice", "codepipeline.amazonaws.com", "", "?"])
            .prop_map(str::to_owned),
    ]
}

/// The account. IAM Identity Center created one of the trusted roles.
fn account() -> Account {
    Account::new(ACCOUNT).with_role(&format!(
        "arn:aws:iam::{ACCOUNT}:role/aws-reserved/sso.amazonaws.com/{}",
        TRUSTED[0]
    ))
}

fn time() -> impl Strategy<Value = jiff::Timestamp> {
    (0_i64..40)
        .prop_map(|minute| jiff::Timestamp::from_second(1_800_000_000 + 60 * minute).unwrap())
}

fn often<T: Clone + std::fmt::Debug>(
    some: impl Strategy<Value = T>,
) -> impl Strategy<Value = Option<T>> {
    proptest::option::weighted(0.985, some)
}

/// Sources that agree: if they contradict each other, no single source decides.
fn approver() -> impl Strategy<Value = Approver> {
    (often(principal()), select(vec![(true, true), (true, false), (false, true)])).prop_map(
        |(arn, (history, state))| Approver {
            history: arn.clone().filter(|_| history),
            state: arn.filter(|_| state),
        },
    )
}

fn attempt() -> impl Strategy<Value = Attempt> {
    (
        (often(select(vec!["Approve", "Approve", "Approve", "Other"])), often(select(vec!["A", "A", "B", "B", "C", "Gate"]))),
        prop_oneof![40 => Just(ActionKind::ManualApproval), 1 => Just(ActionKind::Other), 1 => Just(ActionKind::Unknown)],
        prop_oneof![
            40 => Just(Status::Succeeded), 1 => Just(Status::Failed), 1 => Just(Status::InProgress), 1 => Just(Status::Abandoned),
            1 => Just(Status::Unknown)
        ],
        (often(time()), often(time())),
        // CodePipeline notices an answer within a minute.
        (any::<bool>(), 0_i64..=60),
        // CodePipeline gives an error code only if nobody answered.
        (approver(), proptest::option::weighted(0.5, Just("PermissionError".to_owned()))),
    )
        .prop_map(|((stage, action), kind, status, (started, updated), (known, lag), (approver, error))| Attempt {
            answered: updated.filter(|_| known).and_then(|at| at.checked_sub(jiff::SignedDuration::from_secs(lag)).ok()),
            error: error.filter(|_| status == Status::Failed && approver == Approver::default()),
            stage: stage.map(str::to_owned),
            action: action.map(str::to_owned),
            id: None,
            kind,
            status,
            started,
            updated,
            approver,
            comment: None,
            revision: None,
            region: None,
            invoked: None,
        })
}

fn facts() -> impl Strategy<Value = Facts> {
    let initiator = prop_oneof![
        3 => principal().prop_map(Initiator::Principal),
        1 => Just(Initiator::Automatic("Webhook".into())),
        1 => Just(Initiator::Unknown)
    ];
    (proptest::collection::vec(attempt(), 1..6), initiator, time()).prop_map(
        |(attempts, initiator, now)| Facts {
            account: account(),
            execution: Execution { pipeline: "p".into(), pipeline_version: None, id: "e".into() },
            gate_stage: "Approve".into(),
            job_id: None,
            attempts,
            initiator,
            now,
        },
    )
}

/// The demands of a rule. UserParameters may make them too.
fn demands() -> impl Strategy<Value = Map<String, Value>> {
    let quorum = prop_oneof![8 => Just(2), 1 => Just(3)];
    let actions = prop_oneof![subsequence(vec!["A", "B", "C"], 2..=3)];
    (
        proptest::option::of(quorum),
        proptest::option::weighted(0.3, actions),
        proptest::option::weighted(0.8, select(vec!["collapse", "collapse", "collapse", "reject"])),
        proptest::option::weighted(0.3, any::<bool>()),
        proptest::option::weighted(0.2, select(vec![10, 30])),
        subsequence(vec!["Bot"], 0..=1),
        proptest::option::weighted(0.1, Just(true)),
        proptest::option::weighted(0.2, subsequence(vec!["-admin", "adm-", "-ops"], 0..=3)),
    )
        .prop_map(|(quorum, actions, shared, initiator, age, machines, only, affixes)| {
            let mut map = Map::new();
            map.extend(quorum.map(|q| ("quorum".into(), json!(q))));
            map.extend(actions.map(|a| ("actions".into(), json!(a))));
            map.extend(shared.map(|s| ("sharedRoles".into(), json!(s))));
            map.extend(initiator.map(|i| ("excludeInitiator".into(), json!(i))));
            map.extend(age.map(|m| ("maxAgeMinutes".into(), json!(m))));
            map.extend(only.map(|only| ("onlyPeople".into(), json!(only))));
            map.extend(affixes.map(|affixes| ("handleAffixes".into(), json!(affixes))));
            map.extend(Some(("notPeople".into(), json!(machines))));
            map
        })
}

fn identities() -> impl Strategy<Value = Map<String, Value>> {
    let people = subsequence(
        vec![
            (
                "asmith",
                json!([
                    "arn:aws:iam::*:user/alice",
                    "arn:aws:sts::*:assumed-role/*/alice@b.example"
                ]),
            ),
            ("bob-a", json!(["arn:aws:sts::*:assumed-role/AWSReservedSSO_*/bob@a.example"])),
            ("cd", json!(["arn:aws:iam::*:user/carol", "arn:aws:iam::*:user/dave"])),
        ],
        0..=3,
    );
    let roster = proptest::option::weighted(
        0.2,
        subsequence(vec!["alice", "asmith", "bob", "cd", "role/deployer"], 1..=4),
    );
    (any::<bool>(), people, roster).prop_map(|(trusted, people, roster)| {
        let mut map = Map::new();
        map.insert(
            "trustedSessionRoles".into(),
            if trusted { json!(["AWSReservedSSO_*", "AWSReservedSSO_B_02"]) } else { json!([]) },
        );
        map.insert(
            "people".into(),
            Value::Object(people.into_iter().map(|(k, v)| (k.to_owned(), v)).collect()),
        );
        map.extend(roster.map(|r| ("roster".into(), json!({ "A": r, "B": ["*"], "C": ["*"] }))));
        map
    })
}

fn floor_json() -> impl Strategy<Value = Map<String, Value>> {
    (demands(), identities())
        .prop_map(|(demands, identities)| demands.into_iter().chain(identities).collect())
}

fn floor() -> impl Strategy<Value = Rule> {
    floor_json().prop_filter_map("as many actions as persons", |json| {
        Rule::floor(&Value::Object(json).to_string()).ok()
    })
}

fn is_satisfied(rule: &Rule, facts: &Facts) -> bool {
    decide(rule, facts).is_ok_and(|decision| decision.record().verdict == Verdict::Satisfied)
}

/// What a decision says, independent of the order of attempts.
fn gist(decision: &Decision) -> (Verdict, Vec<String>, BTreeSet<String>, BTreeSet<String>) {
    let approvals =
        decision.record().approvals.iter().map(|approval| serde_json::to_string(approval).unwrap());
    let reasons =
        decision.record().reasons.iter().map(|reason| serde_json::to_string(reason).unwrap());
    (
        decision.record().verdict,
        decision.record().persons.clone(),
        approvals.collect(),
        reasons.collect(),
    )
}

fn is_untrusted_session(arn: &str) -> bool {
    matches!(Principal::parse(arn).kind(), PrincipalKind::Session { role, .. } if UNTRUSTED.contains(&role.as_str()))
}

/// The same attempts, but the callers gave other names to the sessions of untrusted roles.
fn renamed(facts: &Facts, mut name: impl FnMut(usize) -> String) -> Facts {
    let mut facts = facts.clone();
    for (position, attempt) in facts.attempts.iter_mut().enumerate() {
        let name = name(position);
        for witness in
            [&mut attempt.approver.history, &mut attempt.approver.state].into_iter().flatten()
        {
            if is_untrusted_session(witness) {
                let (role, _) = witness.rsplit_once('/').unwrap();
                *witness = format!("{role}/{name}");
            }
        }
    }
    facts
}

/// Every way to lose one fact, and some ways to garble one.
fn losses(facts: &Facts) -> Vec<Facts> {
    let mut lost = Vec::new();
    for position in 0..facts.attempts.len() {
        let ways: [fn(&mut Attempt); 10] = [
            |a| a.stage = None,
            |a| a.action = None,
            |a| a.kind = ActionKind::Unknown,
            |a| a.status = Status::Unknown,
            |a| a.started = None,
            |a| a.updated = None,
            |a| a.answered = None,
            |a| a.error = None,
            |a| a.approver = Approver::default(),
            |a| {
                a.approver =
                    Approver { history: Some("\u{0}arn:aws:iam::1:user".into()), state: None }
            },
        ];
        for lose in ways {
            let mut facts = facts.clone();
            lose(&mut facts.attempts[position]);
            lost.push(facts);
        }
    }
    for account in [Account::new(ACCOUNT), Account::new("444455556666"), Account::new("")] {
        lost.push(Facts { account, ..facts.clone() });
    }
    for initiator in [Initiator::Unknown, Initiator::Principal(String::new())] {
        lost.push(Facts { initiator, ..facts.clone() });
    }
    lost
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 2000, ..ProptestConfig::default() })]

    #[test]
    fn merge_only(rule in floor(), facts in facts(), names in proptest::collection::vec(select(SESSIONS.to_vec()), 7)) {
        // A name that occurs in no other key or pattern claims nothing.
        let unnamed = renamed(&facts, |position| format!("nobody-{position}"));
        let named = renamed(&facts, |position| names[position].to_owned());
        if let (Ok(named), Ok(unnamed)) = (decide(&rule, &named), decide(&rule, &unnamed)) {
            prop_assert!(named.record().persons.len() <= unnamed.record().persons.len());
            prop_assert!(named.record().verdict == Verdict::Unsatisfied || unnamed.record().verdict == Verdict::Satisfied);
        }
    }

    #[test]
    fn a_role_is_one_person_under_any_number_of_names(
        rule in floor(), others in proptest::collection::vec(principal(), 0..5), role in select(UNTRUSTED.to_vec()),
        names in proptest::collection::vec("[a-z@.]{2,8}", 1..6),
    ) {
        let keys = |arn: &String| rule.keys(&Principal::parse(arn), &account()).ok();
        let mut all: Vec<Keys> = others.iter().filter_map(keys).collect();
        let before = persons(&all).len();
        all.extend(names.iter().map(|name| session(role, name)).filter_map(|arn| keys(&arn)));
        prop_assert!(persons(&all).len() <= before + 1);
    }

    #[test]
    fn fail_closed(rule in floor(), facts in facts()) {
        if !is_satisfied(&rule, &facts) {
            for lossy in losses(&facts) {
                prop_assert!(!is_satisfied(&rule, &lossy), "{lossy:?}");
            }
        }
    }

    #[test]
    fn order_and_repeats_change_nothing(rule in floor(), facts in facts(), seed in any::<u64>(), again in any::<Index>()) {
        let mut other = facts.clone();
        if !other.attempts.is_empty() {
            other.attempts.push(again.get(&facts.attempts).clone());
            let length = other.attempts.len();
            other.attempts.rotate_left(usize::try_from(seed % 7).unwrap() % length);
            other.attempts.reverse();
        }
        prop_assert_eq!(decide(&rule, &facts).map(|d| gist(&d)).ok(), decide(&rule, &other).map(|d| gist(&d)).ok());
    }

    #[test]
    fn persons_never_exceed_approvals(rule in floor(), facts in facts()) {
        if let Ok(decision) = decide(&rule, &facts) {
            let counted: Vec<_> = decision.record().approvals.iter().filter(|approval| approval.counted).collect();
            prop_assert!(decision.record().persons.len() <= counted.len());
            prop_assert!(counted.iter().all(|approval| decision.record().persons.contains(approval.person.as_ref().unwrap())));
            prop_assert!(decision.record().approvals.iter().all(|approval| approval.counted != approval.reason.is_some()));
            if decision.record().verdict == Verdict::Satisfied {
                prop_assert!(decision.record().persons.len() >= 2);
                prop_assert!(decision.record().approvals.iter().all(|approval| approval.counted));
                prop_assert!(decision.satisfied().unwrap().summary().len() <= rule::SUMMARY_LIMIT);
            } else {
                prop_assert!(!decision.record().reasons.is_empty());
                prop_assert!(decision.refusal().unwrap().len() <= rule::REFUSAL_LIMIT);
            }
        }
    }

    /// Who is the same human, said pair by pair: who shares a key that is not only a handle, or a
    /// handle unless the map gives the two to two people.
    #[test]
    fn persons_are_what_pairs_of_principals_that_share_a_key_make(
        rule in floor(),
        arns in proptest::collection::vec(principal(), 0..9),
    ) {
        let keys = arns.iter().map(|arn| rule.keys(&Principal::parse(arn), &account()));
        let Ok(keys) = keys.collect::<Result<Vec<Keys>, _>>() else { return Ok(()) };
        let entry = |keys: &Keys| {
            let is_person = |key: &&Key| matches!(key, Key::Person(_));
            keys.proven().iter().find(is_person).cloned()
        };
        let are_one = |a: &Keys, b: &Keys| {
            let differ = matches!((entry(a), entry(b)), (Some(a), Some(b)) if a != b);
            a.shared_with(b).any(|key| !matches!(key, Key::Handle(_)) || !differ)
        };
        // Each principal begins with its own number, and takes that of everybody it is one with.
        let mut numbers: Vec<usize> = (0..keys.len()).collect();
        for (a, of_a) in keys.iter().enumerate().filter(|(_, keys)| keys.is_attributable()) {
            for (b, of_b) in keys.iter().enumerate().filter(|(_, keys)| keys.is_attributable()) {
                if are_one(of_a, of_b) {
                    let (one, other) = (numbers[a], numbers[b]);
                    numbers.iter_mut().filter(|it| **it == other).for_each(|it| *it = one);
                }
            }
        }
        let mut expected: BTreeMap<usize, Vec<usize>> = BTreeMap::new();
        for (at, _) in keys.iter().enumerate().filter(|(_, keys)| keys.is_attributable()) {
            expected.entry(numbers[at]).or_default().push(at);
        }
        let expected: BTreeSet<Vec<usize>> = expected.into_values().collect();
        let counted = persons(&keys).into_iter().map(|person| person.members().to_vec());
        prop_assert_eq!(counted.collect::<BTreeSet<_>>(), expected);
    }

    #[test]
    fn a_person_is_named_by_a_proven_key(rule in floor(), arns in proptest::collection::vec(principal(), 0..7)) {
        let keys: Vec<Keys> = arns.iter().filter_map(|arn| rule.keys(&Principal::parse(arn), &account()).ok()).collect();
        let people = persons(&keys);
        let members: Vec<usize> = people.iter().flat_map(|person| person.members().to_vec()).collect();
        prop_assert_eq!(members.len(), keys.iter().filter(|keys| keys.is_attributable()).count());
        prop_assert_eq!(members.iter().collect::<BTreeSet<_>>().len(), members.len());
        for person in &people {
            prop_assert!(person.members().iter().any(|member| keys[*member].proven().contains(person.name())));
        }
    }

    /// The floor's demands hold if the parameters say nothing about them.
    #[test]
    fn the_union_is_never_weaker_than_either(floor in floor_json(), parameters in demands(), facts in facts()) {
        let text = |map: &Map<String, Value>| Value::Object(map.clone()).to_string();
        let (Ok(floor_rule), parameters_alone) = (Rule::floor(&text(&floor)), {
            let mut alone: Map<String, Value> = floor.iter()
                .filter(|(key, _)| ["trustedSessionRoles", "people", "roster", "actions", "sharedRoles", "handleAffixes"].contains(&key.as_str()))
                .map(|(key, value)| (key.clone(), value.clone()))
                .collect();
            // Only the floor's affixes prove a handle.
            alone.extend(parameters.clone().into_iter().filter(|(key, _)| key != "handleAffixes"));
            // Only the floor may say that an initiator is not a human.
            let machines = |map: &Map<String, Value>| map.get("notPeople").and_then(Value::as_array).cloned().unwrap_or_default();
            alone.insert("notPeople".into(), json!([machines(&floor), machines(&parameters)].concat()));
            Rule::floor(&text(&alone))
        }) else { return Ok(()) };
        if let Ok(union) = floor_rule.tightened_by(&text(&parameters), "Approve") && is_satisfied(&union, &facts) {
            prop_assert!(is_satisfied(&floor_rule, &facts));
            prop_assert!(parameters_alone.is_err() || is_satisfied(&parameters_alone.unwrap(), &facts));
        }
    }

    #[test]
    fn no_quorum_below_two(persons in any::<u32>()) {
        prop_assert_eq!(Quorum::new(persons).is_ok(), persons >= 2);
    }

    #[test]
    fn no_text_makes_a_principal_or_a_rule_panic(
        text in any::<String>(), arn in "arn:aws[a-z-]{0,4}:(iam|sts)::[0-9]{11,13}:[a-z/@.-]{0,30}",
        mut rule in floor_json(), key in any::<Index>(), junk in any::<String>(),
    ) {
        for text in [&text, &arn] {
            let principal = Principal::parse(text);
            prop_assert_eq!(principal.arn(), text);
            prop_assert!(Rule::floor(text).is_err());
        }
        // An unknown key or a value of the wrong type is refused, and never panics.
        let key = key.get(&rule.keys().cloned().collect::<Vec<_>>()).clone();
        let value = rule.insert(key, json!([{ "junk": junk }]));
        prop_assert!(value.is_some());
        prop_assert!(Rule::floor(&Value::Object(rule).to_string()).is_err());
    }
}

/// A rule that names all people, roles and actions, and trusts nobody else.
const CLOSED_WORLD: &str = r#"{
    "stage": "Approve", "actions": ["A", "B"], "onlyPeople": true, "trustedSessionRoles": ["AWSReservedSSO_A_01"],
    "people": {
        "alice": ["arn:aws:iam::111122223333:user/alice", "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_01/alice@example.com"],
        "bob": ["arn:aws:iam::111122223333:user/bob", "arn:aws:sts::111122223333:assumed-role/AWSReservedSSO_A_01/bob@example.com"]
    }
}"#;

/// A principal that alice can choose. She may create users and roles with any unused name, may name
/// the sessions of every role except the trusted one, and owns other accounts.
fn of_an_attackers_choosing() -> impl Strategy<Value = String> {
    let name = || {
        select(vec![
            "bob",
            "Bob",
            "b0b",
            "bob-admin",
            "adm-bob",
            "bob+x",
            "bob@example.com",
            "BOB@EXAMPLE.COM",
            "alice",
            "x",
        ])
    };
    let role = select(vec![
        "AWSReservedSSO_A_01x",
        "AWSReservedSSO_B_02",
        "Deployer",
        "bob",
        "AWSReservedSSO_A-01",
    ]);
    prop_oneof![
        name()
            .prop_filter("taken", |name| !name.eq_ignore_ascii_case("bob"))
            .prop_map(|n| format!("arn:aws:iam::{ACCOUNT}:user/{n}")),
        (role, name()).prop_map(|(role, name)| session(role, name)),
        name().prop_map(|n| format!("arn:aws:iam::{ACCOUNT}:role/{n}")),
        name().prop_map(|n| format!("arn:aws:sts::{ACCOUNT}:federated-user/{n}")),
        name().prop_map(|n| format!("arn:aws:iam::444455556666:user/{n}")),
        name().prop_map(|n| format!(
            "arn:aws:sts::444455556666:assumed-role/AWSReservedSSO_A_01/{n}"
        )),
        select(vec!["alice@example.com", "ALICE@example.com"])
            .prop_map(|n| session("AWSReservedSSO_A_01", n)),
        Just(format!("arn:aws:iam::{ACCOUNT}:user/alice")),
        "[ -~]{0,60}",
    ]
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 5000, ..ProptestConfig::default() })]

    #[test]
    fn in_the_closed_world_nobody_makes_a_second_person(
        a in of_an_attackers_choosing(), b in of_an_attackers_choosing(), parameters in demands(), facts in facts(),
    ) {
        let now = facts.now;
        let approval = |action: &str, arn: &String| Attempt {
            stage: Some("Approve".into()),
            action: Some(action.into()),
            id: None,
            kind: ActionKind::ManualApproval,
            status: Status::Succeeded,
            started: Some(now),
            updated: Some(now),
            answered: Some(now),
            error: None,
            approver: Approver { history: Some(arn.clone()), state: None },
            comment: None,
            revision: None,
            region: None,
            invoked: None,
        };
        let mut facts = facts;
        facts.attempts = vec![approval("A", &a), approval("B", &b)];
        let floor = Rule::floor(CLOSED_WORLD).unwrap();
        let rule = floor.tightened_by(&Value::Object(parameters).to_string(), "Approve");
        for rule in [Some(floor), rule.ok()].into_iter().flatten() {
            if let Ok(decision) = decide(&rule, &facts) {
                prop_assert!(decision.record().persons.len() < 2, "{:?}", decision.record().persons);
                prop_assert_eq!(decision.record().verdict, Verdict::Unsatisfied);
            }
        }
    }
}

/// The closed world is not empty: its two people can release.
#[test]
fn in_the_closed_world_its_people_count() {
    let rule = Rule::floor(CLOSED_WORLD).unwrap();
    let keys = |arn: &str| rule.keys(&Principal::parse(arn), &Account::new(ACCOUNT)).unwrap();
    let alice = keys(&session("AWSReservedSSO_A_01", "alice@example.com"));
    assert_eq!(persons(&[alice, keys("arn:aws:iam::111122223333:user/bob")]).len(), 2);
}

/// The properties above prove nothing if the generators never satisfy a rule.
#[test]
fn the_generators_reach_both_verdicts() {
    let mut runner = proptest::test_runner::TestRunner::deterministic();
    let satisfied = (0..4000)
        .filter(|_| {
            let (rule, facts) = (floor(), facts()).new_tree(&mut runner).unwrap().current();
            is_satisfied(&rule, &facts)
        })
        .count();
    assert!((200..3800).contains(&satisfied), "{satisfied} of 4000 are satisfied");
}
