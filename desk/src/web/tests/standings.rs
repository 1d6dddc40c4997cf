//! What the page of an execution says about the visitor.

use jiff::Timestamp;
use rule::Status;
use serde_json::{Value, json};

use super::fake::{EXECUTION, Fake, waiting};
use super::{Desk, ORIGIN};

/// What alice reads about herself, for the two approvals.
async fn read(desk: &Desk) -> Vec<String> {
    let cookie = desk.sign_in(&desk.alice).await;
    let page = desk.get(&format!("/e/payments/{EXECUTION}"), &cookie).await.text;
    let parts = page.split("<p class=\"standing\">").skip(1);
    parts.map(|part| part.split("</p>").next().unwrap().to_owned()).collect()
}

fn desk(rule: &Value) -> Desk {
    Desk::with(Fake::new(), ORIGIN, rule.clone())
}

#[tokio::test]
async fn each_reason_not_to_count_is_said_to_the_visitor_with_its_code() {
    let cases = [
        (
            json!({"roster": {"A": ["bob"], "B": ["*"]}}),
            "not-on-roster",
            "You are not one of the people who may give this approval",
        ),
        (json!({"excludeInitiator": true}), "initiator", "You started this release, or the rule"),
        (json!({"notPeople": ["Desk"]}), "not-a-person", "The rule takes you to be a machine."),
    ];
    for (rule, code, words) in cases {
        let said = read(&desk(&rule)).await;
        assert!(said[0].contains("You would not count"), "{said:?}");
        assert!(said[0].contains(words), "{said:?}");
        assert!(said[0].contains("The gate would say: "), "{said:?}");
        assert!(said[0].ends_with(&format!("<code>{code}</code>")), "{said:?}");
    }
}

#[tokio::test]
async fn nothing_is_said_against_a_visitor_who_counts() {
    let said = read(&desk(&json!({"roster": {"A": ["bob"], "B": ["*"]}}))).await;
    assert!(said[1].contains("You would count") && said[1].contains(" as alice"), "{said:?}");
    assert!(!said[1].contains("gate"), "{said:?}");
}

#[tokio::test]
async fn a_second_approval_of_one_person_is_said_to_be_theirs() {
    let desk = desk(&json!({"requireSignature": true}));
    let cookie = desk.sign_in(&desk.alice).await;
    let asked = desk.post("/answer/ask", &cookie, &super::answers::wanted("A")).await.json();
    desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    let said = read(&desk).await;
    assert_eq!(said.len(), 1);
    assert!(said[0].contains("For the rule, you have given another approval"), "{said:?}");
    assert!(said[0].contains("A and B were approved by one person, alice"), "{said:?}");
}

#[tokio::test]
async fn an_approval_from_before_a_rejection_is_said_to_need_a_retry() {
    let desk = desk(&json!({}));
    {
        let mut world = desk.web.ports.world();
        let mut rejected = waiting("A", 0);
        rejected.status = Status::Failed;
        rejected.started = "2025-12-31T23:00:00Z".parse().ok();
        rejected.updated = Some("2026-01-01T00:05:00Z".parse::<Timestamp>().unwrap());
        rejected.approver.history = Some("arn:aws:iam::111122223333:user/carol".to_owned());
        world.attempts.insert("A, rejected".to_owned(), rejected);
    }
    let said = read(&desk).await;
    assert!(said[0].contains("it counts after the stage is retried"), "{said:?}");
    assert!(said[0].ends_with("<code>superseded-by-rejection</code>"), "{said:?}");
}
