//! What an auditor is told about a principal is what the gate would decide about its answer.

use rule::{Account, Decision, Principal, ReasonCode, Rule};
use serde_json::{Value, json};

use super::world::{
    ACCOUNT, Human, ORIGIN, Passkey, RP_ID, approval, approved, decision, session, user,
};

/// The people who hold keys. alice has two, and bob has one that can be copied.
fn keys() -> [(&'static str, Vec<Human>); 2] {
    [
        ("alice", vec![Human::with_ssh(1), Human::with_passkey(11, Passkey::DeviceBound)]),
        ("bob", vec![Human::with_ssh(2)]),
    ]
}

fn rules() -> Vec<Rule> {
    let texts = |humans: &[Human]| -> Vec<String> {
        humans.iter().map(|human| human.key().to_string()).collect()
    };
    let keys = keys().map(|(name, humans)| (name.to_owned(), json!(texts(&humans))));
    let keys = Value::Object(keys.into_iter().collect());
    let demands = [
        json!({}),
        json!({"requireSignature": true}),
        json!({"requireSignature": {"deviceBound": true}}),
        json!({"sharedRoles": "collapse"}),
        json!({"onlyPeople": true}),
        json!({"notPeople": ["bo?", "Deployer"]}),
        json!({"roster": {"ApprovalA": ["alice", "role/Deployer"], "ApprovalB": ["bob"]}}),
    ];
    let all = demands.into_iter().map(|mut rule| {
        rule["signingKeys"] = keys.clone();
        rule["desk"] = json!({"rpId": RP_ID, "origin": ORIGIN});
        rule["trustedSessionRoles"] = json!(["Approver"]);
        rule["people"] = json!({"bob": [user("robert")], "carol": [session("Approver", "carol")]});
        Rule::floor(&rule.to_string()).unwrap()
    });
    all.collect()
}

fn principals() -> Vec<String> {
    vec![
        user("alice"),
        user("bob"),
        user("robert"),
        user("dave"),
        session("Approver", "carol"),
        session("Approver", "alice@example.com"),
        session("Approver", "botocore-session-1"),
        session("Deployer", "alice"),
        session("Build", "x"),
        format!("arn:aws:iam::{ACCOUNT}:role/Deployer"),
        format!("arn:aws:iam::{ACCOUNT}:root"),
        "arn:aws:iam::444455556666:user/alice".to_owned(),
    ]
}

/// Why the only approval of a decision does not count.
fn objection(decision: &Decision) -> Option<ReasonCode> {
    let judged = &decision.record().approvals[0];
    assert_eq!(judged.counted, judged.reason.is_none());
    judged.reason
}

#[test]
fn a_standing_is_what_the_gate_would_decide() {
    let account = Account::new(ACCOUNT);
    let mut seen = (0, 0);
    for rule in rules() {
        for (action, arn) in ["ApprovalA", "ApprovalB"]
            .into_iter()
            .flat_map(|action| principals().into_iter().map(move |arn| (action, arn)))
        {
            let principal = Principal::parse(&arn);
            let standing = rule.standing(action, &principal, &account).unwrap();
            let unsigned = objection(&decision(&rule, [approved(action, &arn, "ok")]));
            assert_eq!(standing.as_ref().err().map(|reason| reason.code), unsigned, "{arn}");
            if let Ok(keys) = standing {
                assert_eq!(keys, rule.keys(&principal, &account).unwrap(), "{arn}");
                seen.0 += 1;
            }
            for (person, humans) in keys() {
                let signed = humans.iter().map(|human| {
                    let comment = human.comment(&approval(action));
                    objection(&decision(&rule, [approved(action, &arn, &comment)]))
                });
                let signed: Vec<_> = signed.collect();
                let told = rule.standing_if_signed(person, action, &principal, &account).unwrap();
                match told {
                    Some(Ok(keys)) => {
                        assert!(signed.contains(&None), "{arn} {person} {signed:?}");
                        assert!(keys.proven().iter().any(|key| key.label() == person));
                        seen.1 += 1;
                    }
                    Some(Err(reason)) => assert!(signed.iter().all(|it| *it == Some(reason.code))),
                    None => assert!(signed.iter().all(|it| *it == Some(ReasonCode::BadSignature))),
                }
            }
            let stranger = rule.standing_if_signed("carol", action, &principal, &account);
            assert_eq!(stranger.unwrap(), None, "she has no key");
        }
    }
    assert!(seen.0 > 20 && seen.1 > 40, "{seen:?}");
}

#[test]
fn a_principal_is_proven_to_be_an_entry_or_a_namesake_of_one() {
    let account = Account::new(ACCOUNT);
    let rule = &rules()[0];
    for (arn, entry, person) in [
        (user("robert"), Some("bob"), Some("bob")),
        (user("bob-admin"), None, Some("bob")),
        (user("alice"), None, Some("alice")),
        (session("Approver", "carol"), Some("carol"), Some("carol")),
        (session("Approver", "alice@example.com"), None, Some("alice")),
        (session("Deployer", "alice"), None, None),
        (user("dave"), None, None),
        (format!("arn:aws:iam::{ACCOUNT}:root"), None, None),
    ] {
        let principal = Principal::parse(&arn);
        assert_eq!(rule.entry_of(&principal, &account).unwrap().as_deref(), entry, "{arn}");
        assert_eq!(rule.person_of(&principal, &account).unwrap().as_deref(), person, "{arn}");
    }
}

#[test]
fn a_rule_mentions_names_and_roles() {
    let rule = Rule::floor(
        &json!({
            "trustedSessionRoles": ["Approver", "AWSReservedSSO_*"],
            "people": {"carol": [user("team/csmith"), session("Approver", "carol@example.com")]},
            "signingKeys": {"alice": [Human::with_ssh(1).key().to_string()]},
            "roster": {"A": ["erin", "role/Deployer"], "B": ["*"]},
        })
        .to_string(),
    )
    .unwrap();
    let mut names: Vec<&str> = rule.mentioned_names().collect();
    names.sort_unstable();
    assert_eq!(names, ["alice", "carol", "carol@example.com", "csmith", "erin"]);
    assert_eq!(rule.mentioned_roles().collect::<Vec<_>>(), ["Approver", "deployer"]);
}
