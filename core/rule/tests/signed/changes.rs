//! The promise of a comparison, over random rules and executions: if nothing loosens, the new rule
//! satisfies no execution that the old one does not.

use std::collections::BTreeSet;
use std::sync::LazyLock;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use proptest::strategy::ValueTree;
use proptest::test_runner::TestRunner;
use rule::{
    Account, ActionKind, Attempt, Effect, Facts, Initiator, Invoked, Rule, Verdict, decide,
};
use serde_json::{Map, Value, json};

use super::world::{
    ACCOUNT, Human, ORIGIN, Passkey, REVISION, RP_ID, approval, approved, attempt, facts, session,
    user,
};

const ACTIONS: [&str; 3] = ["ApprovalA", "ApprovalB", "ApprovalC"];

/// The executions that the rules are tried on. To sign them takes longest, so they are made once.
static EXECUTIONS: LazyLock<Vec<Facts>> = LazyLock::new(|| {
    let mut runner = TestRunner::deterministic();
    (0..400).map(|_| execution().new_tree(&mut runner).unwrap().current()).collect()
});

/// The holders of all keys: two SSH keys of alice, then a passkey of bob and one of carol.
static HUMANS: LazyLock<[Human; 4]> = LazyLock::new(|| {
    [
        Human::with_ssh(1),
        Human::with_ssh(2),
        Human::with_passkey(3, Passkey::DeviceBound),
        Human::with_passkey(4, Passkey::Synced),
    ]
});

fn principal() -> impl Strategy<Value = String> {
    let name = select(vec![
        "alice",
        "alice",
        "bob",
        "bob",
        "bob",
        "carol",
        "carol",
        "dave",
        "alice-ops",
        "adm-bob",
        "robot",
    ]);
    let role = select(vec!["Approver", "AWSReservedSSO_A_01", "AWSReservedSSO_B_02", "Deployer"]);
    prop_oneof![
        8 => name.clone().prop_map(user),
        6 => (role.clone(), name).prop_map(|(role, name)| session(role, name)),
        1 => role.clone().prop_map(|role| session(role, "botocore-session-1")),
        1 => role.prop_map(|role| session(role, "@x")),
        1 => Just(format!("arn:aws:iam::{ACCOUNT}:role/Approver")),
    ]
}

/// A comment: usually without a signature, or with one of somebody.
fn signer() -> impl Strategy<Value = Option<usize>> {
    prop_oneof![6 => Just(None), 6 => (0..HUMANS.len()).prop_map(Some), 1 => Just(Some(99))]
}

/// The users of forges and the principals who wrote what is released.
fn authors() -> impl Strategy<Value = String> {
    let forge = select(vec!["github:alice-gh/7", "github:bob-gh/8", "github:x/9", "github:bot/10"]);
    let author = prop_oneof![2 => forge.prop_map(str::to_owned), 1 => principal()];
    let some = proptest::collection::vec(author, 1..=2).prop_map(|authors| authors.join(" "));
    prop_oneof![1 => Just("-".to_owned()), 1 => some]
}

/// The run of the reviews function that found these authors.
fn reviewed(authors: &str) -> Attempt {
    let outputs = [
        ("Base", "-"),
        ("Head", REVISION),
        ("Authors", authors),
        ("Pushers", "-"),
        ("Reviewed", "yes"),
    ];
    let outputs = outputs.map(|(name, value)| (name.to_owned(), value.to_owned()));
    let function = Some("reviews".to_owned());
    Attempt {
        invoked: Some(Invoked { function, role: None, outputs: outputs.into() }),
        ..attempt("Source", "Reviews", ActionKind::Other)
    }
}

/// An execution whose approvals are all given.
fn execution() -> impl Strategy<Value = Facts> {
    let initiator = prop_oneof![
        1 => principal().prop_map(Initiator::Principal),
        1 => Just(Initiator::Automatic("Webhook".to_owned())),
    ];
    let by_oneself = select(vec![("alice", 0), ("alice", 1), ("bob", 2), ("carol", 3)]);
    let answer = prop_oneof![
        1 => (principal(), signer()),
        1 => principal().prop_map(|principal| (principal, None)),
        2 => by_oneself.prop_map(|(name, signer)| (user(name), Some(signer))),
    ];
    let answers = proptest::collection::vec(answer, 2..=3);
    (answers, initiator, authors(), 5..40_i64).prop_map(|(answers, initiator, authors, minutes)| {
        let attempts = answers.iter().zip(ACTIONS).map(|((principal, signer), action)| {
            let signed = |human: &Human| human.comment(&approval(action));
            let comment = match signer {
                None => "ok".to_owned(),
                Some(at) => HUMANS.get(*at).map_or("[2pr1.s.x]".to_owned(), signed),
            };
            approved(action, principal, &comment)
        });
        let attempts = attempts.chain([reviewed(&authors)]);
        let role = "role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01";
        let facts = facts(attempts.collect::<Vec<_>>());
        let now = facts.now + jiff::SignedDuration::from_mins(minutes);
        let account = Account::new(ACCOUNT).with_role(&format!("arn:aws:iam::{ACCOUNT}:{role}"));
        Facts { initiator, now, account, ..facts }
    })
}

fn demands() -> impl Strategy<Value = Map<String, Value>> {
    let some = |values: Vec<Value>| proptest::option::weighted(0.15, select(values));
    (
        some(vec![json!(3)]),
        proptest::option::weighted(0.3, subsequence(ACTIONS.to_vec(), 2..=3)),
        proptest::option::weighted(0.05, Just("Approve")),
        proptest::option::weighted(0.8, select(vec!["collapse", "reject"])),
        some(vec![json!(true), json!({"deviceBound": true})]),
        proptest::option::weighted(0.25, Just(json!(true))),
        proptest::option::weighted(0.25, Just(json!(true))),
        some(vec![json!(10), json!(30)]),
        proptest::option::weighted(0.3, subsequence(vec!["-admin", "adm-", "-ops"], 0..=3)),
        subsequence(vec!["robot", "r*", "Deploy?r", "Deployer", "github:bot", "github:b*"], 0..=2),
        proptest::option::weighted(0.25, Just(json!(true))),
    )
        .prop_map(
            |(
                quorum,
                actions,
                stage,
                shared,
                signed,
                only,
                starter,
                age,
                affixes,
                machines,
                author,
            )| {
                let keys = [
                    ("quorum", quorum),
                    ("actions", actions.map(|it| json!(it))),
                    ("stage", stage.map(|it| json!(it))),
                    ("sharedRoles", shared.map(|it| json!(it))),
                    ("requireSignature", signed),
                    ("onlyPeople", only),
                    ("excludeInitiator", starter),
                    ("excludeAuthors", author),
                    ("maxAgeMinutes", age),
                    ("handleAffixes", affixes.map(|it| json!(it))),
                    ("notPeople", Some(json!(machines))),
                ];
                keys.into_iter().filter_map(|(key, value)| Some((key.to_owned(), value?))).collect()
            },
        )
}

/// A map with some of these members, each with some of its texts.
fn some_of(
    share: f64,
    members: Vec<(&'static str, Vec<String>)>,
) -> impl Strategy<Value = Option<Map<String, Value>>> {
    let member = |(name, texts): (&'static str, Vec<String>)| {
        let most = texts.len();
        proptest::option::weighted(0.7, subsequence(texts, 1..=most))
            .prop_map(move |texts| Some((name.to_owned(), json!(texts?))))
    };
    let members: Vec<_> = members.into_iter().map(member).collect();
    let all = members.prop_map(|found| found.into_iter().flatten().collect());
    proptest::option::weighted(share, all)
}

fn identities() -> impl Strategy<Value = Map<String, Value>> {
    let any_role = |name: &str| format!("arn:aws:sts::*:assumed-role/*/{name}");
    let forge = |name: &str| format!("github:{name}");
    let people = some_of(
        0.8,
        vec![
            ("alice", vec![user("alice"), any_role("alice"), user("alice-ops"), forge("alice-gh")]),
            ("ali", vec![user("alice-ops"), any_role("alice-ops"), any_role("@x")]),
            ("bob", vec![user("bob"), user("adm-bob"), forge("bob-gh"), forge("alice/7")]),
            ("cd", vec![user("carol"), user("dave"), any_role("carol")]),
        ],
    );
    let key = |at: usize| HUMANS[at].key().to_string();
    let keys = some_of(
        0.4,
        vec![
            ("alice", vec![key(0), key(1)]),
            ("bob", vec![key(2)]),
            ("carol", vec![key(3), key(1)]),
        ],
    );
    let names = || subsequence(vec!["alice", "bob", "carol", "dave", "cd", "role/deployer"], 1..=5);
    let roster = (names(), names(), names()).prop_map(|(a, b, c)| {
        let entries = ACTIONS.into_iter().zip([a, b, c]);
        entries.map(|(action, names)| (action.to_owned(), json!(names))).collect()
    });
    let roster = proptest::option::weighted(0.3, roster);
    let trusted = subsequence(vec!["Approver", "AWSReservedSSO_*", "AWSReservedSSO_A*"], 0..=3);
    let desk = select(vec![ORIGIN, ORIGIN, ORIGIN, "https://approve.example.com:444"]);
    let reviews = (select(vec!["reviews", "reviews", "others"]), 1..=2_u32);
    let all = (people, keys, roster, trusted, desk, reviews);
    all.prop_map(|(people, keys, roster, trusted, desk, (function, required))| {
        let mut map = Map::new();
        map.insert("reviews".into(), json!({"function": function, "required": required}));
        map.insert("trustedSessionRoles".into(), json!(trusted));
        map.insert("desk".into(), json!({"rpId": RP_ID, "origin": desk}));
        map.extend(people.map(|it| ("people".to_owned(), Value::Object(it))));
        map.extend(keys.map(|it| ("signingKeys".to_owned(), Value::Object(it))));
        map.extend(roster.map(|it| ("roster".to_owned(), Value::Object(it))));
        map
    })
}

fn json_of_rule() -> impl Strategy<Value = Map<String, Value>> {
    (demands(), identities()).prop_map(|(demands, more)| demands.into_iter().chain(more).collect())
}

/// Every key of a rule.
fn keys() -> Vec<String> {
    let unknown = Rule::floor(r#"{"?": 1}"#).unwrap_err().to_string();
    let expected =
        unknown.split_once("expected one of ").unwrap().1.split_once(" at line").unwrap();
    expected.0.split(", ").map(|key| key.trim_matches('`').to_owned()).collect()
}

/// How the value of a key changes.
#[derive(Clone, Copy, Debug)]
enum How {
    /// It is that of the other rule.
    Replaced,
    /// A list or a map gets what the other rule has in addition.
    Extended,
    /// A list or a map keeps what the other rule has too.
    Cut,
}

fn changed(old: Option<&Value>, other: Option<&Value>, how: How) -> Option<Value> {
    match (old, other, how) {
        (Some(Value::Object(old)), Some(Value::Object(other)), How::Extended | How::Cut) => {
            let names: BTreeSet<&String> = old.keys().chain(other.keys()).collect();
            let each = names.into_iter().filter_map(|name| {
                Some((name.clone(), changed(old.get(name), other.get(name), how)?))
            });
            Some(Value::Object(each.collect()))
        }
        (Some(Value::Array(old)), Some(Value::Array(other)), How::Extended) => {
            let more = other.iter().filter(|item| !old.contains(item));
            Some(old.iter().chain(more).cloned().collect())
        }
        (Some(Value::Array(old)), Some(Value::Array(other)), How::Cut) => {
            let kept: Vec<_> = old.iter().filter(|item| other.contains(item)).cloned().collect();
            Some(json!(kept)).filter(|_| !kept.is_empty())
        }
        (old, other, How::Extended) => old.or(other).cloned(),
        (_, None, How::Cut) => None,
        (old, _, How::Cut) => old.cloned(),
        (_, other, How::Replaced) => other.cloned(),
    }
}

/// A rule, and the same with other values of a few keys.
fn change() -> impl Strategy<Value = (Rule, Rule)> {
    let how = select(vec![How::Replaced, How::Extended, How::Cut]);
    let often = ["people", "people", "signingKeys", "roster", "notPeople", "trustedSessionRoles"];
    let key = prop_oneof![select(keys()), select(often.map(str::to_owned).to_vec())];
    let changes = proptest::collection::vec((key, how), 1..=2);
    (json_of_rule(), json_of_rule(), changes).prop_filter_map(
        "a rule that the gate refuses",
        |(old, other, changes)| {
            let mut new = old.clone();
            for (key, how) in changes {
                match changed(old.get(&key), other.get(&key), how) {
                    Some(value) => _ = new.insert(key, value),
                    None => _ = new.remove(&key),
                }
            }
            let rule = |json| Rule::floor(&Value::Object(json).to_string()).ok();
            Some((rule(old)?, rule(new)?))
        },
    )
}

fn is_satisfied(rule: &Rule, facts: &Facts) -> bool {
    decide(rule, facts).is_ok_and(|decision| decision.record().verdict == Verdict::Satisfied)
}

fn loosens(old: &Rule, new: &Rule) -> bool {
    old.changes_to(new).iter().any(|change| change.effect == Effect::Loosens)
}

proptest! {
    #![proptest_config(ProptestConfig { cases: 600, ..ProptestConfig::default() })]

    #[test]
    fn what_does_not_loosen_satisfies_nothing_new(
        (old, new) in change(), from in 0..400_usize,
    ) {
        if !loosens(&old, &new) {
            for facts in EXECUTIONS.iter().cycle().skip(from).take(30) {
                prop_assert!(!is_satisfied(&new, facts) || is_satisfied(&old, facts), "{facts:?}");
            }
        }
    }

    #[test]
    fn a_rule_does_not_differ_from_itself((old, _) in change()) {
        prop_assert_eq!(old.changes_to(&old), []);
    }
}

/// The property above proves nothing if the generators never reach what it is about.
#[test]
fn the_generators_reach_every_kind_of_change() {
    let mut runner = TestRunner::deterministic();
    let (mut lets_more_pass, mut tightens, mut still_passes) = (0, 0, 0);
    for facts in EXECUTIONS.iter().cycle().take(4000) {
        let (old, new) = change().new_tree(&mut runner).unwrap().current();
        let (before, after) = (is_satisfied(&old, facts), is_satisfied(&new, facts));
        let only_tightens = !loosens(&old, &new) && old != new;
        lets_more_pass += usize::from(after && !before);
        tightens += usize::from(only_tightens && before && !after);
        still_passes += usize::from(only_tightens && after);
    }
    let reached = [lets_more_pass, tightens, still_passes];
    assert!(reached.iter().all(|count| *count > 10), "{reached:?}");
}
