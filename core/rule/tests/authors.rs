//! Properties of `excludeAuthors`: an author or pusher is never counted, and nothing that the
//! reviews function says or leaves out raises the count.

#![cfg(test)]

use std::collections::BTreeMap;

use proptest::prelude::*;
use proptest::sample::{select, subsequence};
use rule::{
    Account, ActionKind, Approver, Attempt, Execution, Facts, Initiator, Invoked, Rule, Status,
    Verdict, decide,
};
use serde_json::json;

const ACCOUNT: &str = "111122223333";
const HEAD: &str = "1111111111111111111111111111111111111111";

/// A human: what the rule knows of them, and everything that they act by. Some of it is not in the
/// rule.
struct Human {
    entry: &'static str,
    known: &'static [&'static str],
    principals: &'static [&'static str],
    users: &'static [&'static str],
}

const HUMANS: [Human; 4] = [
    Human {
        entry: "alice",
        known: &["arn:aws:iam::*:user/asmith", "github:alice-gh"],
        principals: &[
            "arn:aws:iam::111122223333:user/asmith",
            "arn:aws:iam::111122223333:user/alice",
            "arn:aws:iam::111122223333:user/alice-admin",
            "arn:aws:sts::111122223333:assumed-role/Trusted/alice@example.com",
        ],
        users: &["github:alice-gh", "github:Alice-GH/1", "github:alice-two/11"],
    },
    Human {
        entry: "bob",
        known: &["github:bob-gh/2", "gitlab:bob"],
        principals: &[
            "arn:aws:iam::111122223333:user/bob",
            "arn:aws:sts::111122223333:assumed-role/Trusted/bob",
        ],
        users: &["github:bob-gh/2", "github:renamed/2", "gitlab:bob/20"],
    },
    Human {
        entry: "carol",
        known: &["arn:aws:sts::*:assumed-role/Trusted/carol", "github:carol-gh"],
        principals: &["arn:aws:sts::111122223333:assumed-role/Trusted/carol"],
        users: &["github:carol-gh/3", "arn:aws:sts::111122223333:assumed-role/Trusted/carol"],
    },
    Human {
        entry: "dave",
        known: &["arn:aws:iam::*:user/dave"],
        principals: &["arn:aws:iam::111122223333:user/dave"],
        users: &["github:dave-gh/4", "arn:aws:iam::111122223333:user/dave"],
    },
];

fn rule() -> Rule {
    let people: BTreeMap<_, _> = HUMANS.iter().map(|human| (human.entry, human.known)).collect();
    let rule = json!({
        "excludeAuthors": true,
        "reviews": {"function": "reviews"},
        "trustedSessionRoles": ["Trusted"],
        "notPeople": ["github:dependabot[bot]"],
        "people": people,
    });
    Rule::floor(&rule.to_string()).unwrap()
}

fn attempt(action: &str, kind: ActionKind) -> Attempt {
    Attempt {
        stage: Some("Release".into()),
        action: Some(action.into()),
        id: None,
        kind,
        status: Status::Succeeded,
        started: Some("2026-11-22T10:00:00Z".parse().unwrap()),
        updated: Some("2026-11-22T10:01:00Z".parse().unwrap()),
        answered: None,
        error: None,
        approver: Approver::default(),
        comment: None,
        revision: None,
        region: Some("eu-west-1".into()),
        invoked: None,
    }
}

type Outputs = BTreeMap<String, String>;

fn facts(approvers: &[&str], outputs: Outputs) -> Facts {
    let approvals = approvers.iter().enumerate().map(|(number, arn)| Attempt {
        approver: Approver { history: Some((*arn).into()), state: None },
        ..attempt(&format!("Approval{number}"), ActionKind::ManualApproval)
    });
    let source = Attempt { revision: Some(HEAD.into()), ..attempt("Source", ActionKind::Source) };
    let invoked = Invoked { function: Some("reviews".into()), role: None, outputs };
    let reviews = Attempt { invoked: Some(invoked), ..attempt("Reviews", ActionKind::Other) };
    Facts {
        account: Account::new(ACCOUNT),
        execution: Execution { pipeline: "p".into(), pipeline_version: None, id: "e".into() },
        gate_stage: "Release".into(),
        job_id: None,
        attempts: approvals.chain([source, reviews]).collect(),
        initiator: Initiator::Unknown,
        now: "2026-11-22T10:02:00Z".parse().unwrap(),
    }
}

fn line(words: &[&str]) -> String {
    if words.is_empty() { "-".into() } else { words.join(" ") }
}

fn outputs(authors: &[&str], pushers: &[&str]) -> Outputs {
    let values = [
        ("Base", "2222222222222222222222222222222222222222".to_owned()),
        ("Head", HEAD.to_owned()),
        ("Authors", line(authors)),
        ("Pushers", line(pushers)),
        ("Reviewed", "yes".to_owned()),
    ];
    values.map(|(name, value)| (name.to_owned(), value)).into()
}

fn words() -> impl Strategy<Value = Vec<&'static str>> {
    let mut users: Vec<&str> = HUMANS.iter().flat_map(|human| human.users).copied().collect();
    users.extend([
        "github:dependabot[bot]/49699333",
        "github:stranger/99",
        "arn:aws:sts::111122223333:assumed-role/Deployer/bob",
    ]);
    let count = users.len();
    prop_oneof![
        4 => subsequence(users.clone(), 0..=2),
        1 => subsequence(users, 0..=count),
    ]
}

fn approvers() -> impl Strategy<Value = Vec<&'static str>> {
    let all: Vec<&str> = HUMANS.iter().flat_map(|human| human.principals).copied().collect();
    proptest::collection::vec(select(all), 2..=4)
}

fn counted(facts: &Facts) -> (bool, Vec<String>) {
    let decision = decide(&rule(), facts).unwrap();
    let record = decision.record();
    let counted = record.approvals.iter().filter(|approval| approval.counted);
    let principals = counted.filter_map(|approval| approval.principal.clone()).collect();
    (record.verdict == Verdict::Satisfied, principals)
}

proptest! {
    #![proptest_config(ProptestConfig::with_cases(2_000))]

    /// If a human wrote or pushed a commit, by any name, nothing that they approved counts.
    #[test]
    fn an_author_or_pusher_is_never_counted(
        approvers in approvers(), authors in words(), pushers in words()
    ) {
        let (_, counted) = counted(&facts(&approvers, outputs(&authors, &pushers)));
        for human in &HUMANS {
            let wrote = human.users.iter().any(|user| authors.contains(user) || pushers.contains(user));
            let counts = human.principals.iter().any(|arn| counted.contains(&(*arn).to_owned()));
            prop_assert!(!(wrote && counts), "{}: {authors:?} {pushers:?} {counted:?}", human.entry);
        }
    }

    /// A false claim of authorship can only lower the count.
    #[test]
    fn one_more_author_never_raises_the_count(
        approvers in approvers(), authors in words(), pushers in words(), claimed in words()
    ) {
        let before = counted(&facts(&approvers, outputs(&authors, &pushers)));
        let more: Vec<&str> = authors.iter().chain(&claimed).copied().collect();
        let after = counted(&facts(&approvers, outputs(&more, &pushers)));
        prop_assert!(before.0 || !after.0);
        prop_assert!(after.1.iter().all(|arn| before.1.contains(arn)));
    }

    /// What is missing or malformed lowers the count.
    #[test]
    fn an_output_that_is_lost_or_garbled_lets_nobody_count(
        approvers in approvers(),
        authors in words(),
        name in select(vec!["Base", "Head", "Authors", "Pushers", "Reviewed"]),
        value in proptest::option::of("[a-z: ]{0,12}"),
    ) {
        let mut outputs = outputs(&authors, &[]);
        match value {
            None => drop(outputs.remove(name)),
            // Nobody can garble `Base` so that it matters: it is only shown.
            Some(value) if name == "Base" && !value.is_empty() => return Ok(()),
            Some(value) => drop(outputs.insert(name.to_owned(), value)),
        }
        prop_assume!(outputs.get("Reviewed").map(String::as_str) != Some("yes") || name != "Reviewed");
        prop_assert_eq!(counted(&facts(&approvers, outputs)).1, Vec::<String>::new());
    }
}

#[test]
fn people_who_wrote_nothing_release_it() {
    let approvers = ["arn:aws:iam::111122223333:user/bob", "arn:aws:iam::111122223333:user/dave"];
    let wrote = outputs(&["github:alice-gh/1"], &["github:alice-gh/1"]);
    assert!(counted(&facts(&approvers, wrote)).0);
    let wrote = outputs(&["github:alice-gh/1"], &["github:bob-gh/2"]);
    assert!(!counted(&facts(&approvers, wrote)).0);
}

#[test]
fn an_author_that_names_no_human_could_be_anybody() {
    let approvers = [HUMANS[1].principals[0], HUMANS[3].principals[0]];
    for author in [
        "arn:aws:iam::444455556666:user/carol",
        "arn:aws:sts::111122223333:assumed-role/Trusted/i-0123456789abcdef0",
        "arn:aws:sts::111122223333:assumed-role/Deployer/carol",
        "arn:aws:iam::111122223333:role/Trusted",
        "arn:aws:iam::111122223333:root",
        "arn:aws:nothing",
        "github:stranger/99",
        "carol",
    ] {
        let (is_satisfied, counted) = counted(&facts(&approvers, outputs(&[author], &[])));
        assert!(!is_satisfied && counted.is_empty(), "{author}: {counted:?}");
    }
}

/// The approvers' names among the authors in the record, for a change by alice and dave.
fn named_authors(exclude: bool, facts: &Facts) -> Vec<Option<String>> {
    let rule = json!({
        "excludeAuthors": exclude,
        "reviews": {"function": "reviews"},
        "people": {"alice": HUMANS[0].known},
    });
    let decision = decide(&Rule::floor(&rule.to_string()).unwrap(), facts).unwrap();
    decision.record().approvals.iter().map(|approval| approval.author.clone()).collect()
}

#[test]
fn a_record_names_the_author_among_the_approvers_even_if_authors_count() {
    let approvers = [HUMANS[0].principals[0], HUMANS[1].principals[0]];
    let mut facts = facts(&approvers, outputs(&["github:alice-gh"], &["github:dave-gh/4"]));
    for exclude in [false, true] {
        let named = named_authors(exclude, &facts);
        assert_eq!(named, [Some("github:alice-gh".to_owned()), None], "{exclude}");
    }
    facts.attempts[0].status = Status::Failed;
    assert_eq!(named_authors(false, &facts), [None, None], "a rejection is not an approval");
}

/// The reviews function says it, or its outputs are lost.
#[test]
fn a_record_says_what_the_reviews_function_said() {
    let judged = |rule: &str, outputs: Outputs| {
        let facts = facts(&[HUMANS[1].principals[0]], outputs);
        decide(&Rule::floor(rule).unwrap(), &facts).unwrap()
    };
    let rule = r#"{"reviews": {"function": "reviews"}}"#;
    let mut said = outputs(&["github:alice-gh/1"], &["github:dave-gh/4", "github:carol-gh/3"]);
    said.insert("Reviewers".into(), "github:bob-gh/2".into());
    let whole = judged(rule, said.clone());
    let reviewed = whole.record().reviewed().unwrap();
    assert_eq!(reviewed.authors, ["github:alice-gh/1"]);
    assert_eq!(reviewed.pushers, ["github:carol-gh/3", "github:dave-gh/4"]);
    assert_eq!(reviewed.reviewers, ["github:bob-gh/2"]);
    assert_eq!(reviewed.reviewed, "yes");
    said.remove("Head");
    let lost = judged(rule, said.clone());
    let reviewed = lost.record().reviewed().unwrap();
    assert!(reviewed.reviewed.starts_with("unknown: "), "{reviewed:?}");
    assert!(reviewed.authors.is_empty() && reviewed.pushers.is_empty());
    assert_eq!(judged("{}", said).record().reviewed(), None);
}
