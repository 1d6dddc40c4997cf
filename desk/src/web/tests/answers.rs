//! Answers: who may give them, and what stops them.

use axum::http::StatusCode;
use facts::{CallError, Operation};
use jiff::{SignedDuration, Timestamp};
use rule::{Approver, Status};
use serde_json::{Value, json};
use signing::Answer;

use super::super::seal::Purpose;
use super::Desk;
use super::fake::{EXECUTION, Fake, refused, waiting};

pub(super) fn wanted(action: &str) -> Value {
    json!({
        "pipeline": "payments", "execution": EXECUTION, "stage": "Release", "action": action,
        "attempt": format!("run-1-of-{action}"), "answer": "Approved", "comment": "reviewed",
    })
}

fn with(mut wanted: Value, name: &str, value: &str) -> Value {
    wanted[name] = value.into();
    wanted
}

#[tokio::test]
async fn one_person_answers_once_and_another_completes_the_release() {
    let desk = Desk::new(Fake::new());
    let alice = desk.sign_in(&desk.alice).await;
    let asked = desk.post("/answer/ask", &alice, &wanted("A")).await.json();
    let given = desk.post("/answer/give", &alice, &desk.alice.sign(&asked)).await;
    assert_eq!(given.json()["text"], "You approved A. Still missing: B.");
    let again = desk.post("/answer/ask", &alice, &wanted("B")).await;
    assert_eq!(
        (again.status, again.json()["reason"].as_str()),
        (StatusCode::CONFLICT, Some("same-person"))
    );
    assert!(again.problem().starts_with("You would not count, so B stays open: "));
    let bob = desk.sign_in(&desk.bob).await;
    let asked = desk.post("/answer/ask", &bob, &wanted("B")).await.json();
    let given = desk.post("/answer/give", &bob, &desk.bob.sign(&asked)).await;
    assert_eq!(given.json()["text"], "You approved B. The rule is satisfied by alice and bob.");
    let given = desk.web.ports.world().given.clone();
    let by: Vec<_> = given.iter().map(|(person, action, ..)| (&**person, &**action)).collect();
    assert_eq!(by, [("alice", "A"), ("bob", "B")]);
    assert!(given[0].3.starts_with("reviewed [2pr1.p."));
}

#[tokio::test]
async fn a_rejection_needs_words_and_is_signed() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let reject = with(wanted("A"), "answer", "Rejected");
    let mute = desk.post("/answer/ask", &cookie, &with(reject.clone(), "comment", "  ")).await;
    assert_eq!(mute.status, StatusCode::UNPROCESSABLE_ENTITY);
    let asked = desk.post("/answer/ask", &cookie, &reject).await.json();
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    assert_eq!(given.json()["text"], "You rejected A. The stage stops.");
    let (_, _, answer, comment) = desk.web.ports.world().given[0].clone();
    assert!(answer == Answer::Rejected && comment.contains(" [2pr1.p."));
}

#[tokio::test]
async fn a_stale_page_answers_no_other_attempt() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let asked = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
    // A retry has opened it again.
    desk.web.ports.world().attempts.insert("A".to_owned(), waiting("A", 2));
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    let page = desk.post("/answer/ask", &cookie, &wanted("A")).await;
    for reply in [given, page] {
        assert_eq!(reply.status, StatusCode::CONFLICT);
        assert!(reply.problem().starts_with("It has changed: the approval was opened again."));
    }
    // The signature is not good for the other attempt either.
    assert!(desk.web.ports.world().given.is_empty());
}

#[tokio::test]
async fn an_approval_that_somebody_has_answered_meanwhile_is_not_answered_again() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let asked = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
    {
        let mut world = desk.web.ports.world();
        let attempt = world.attempts.get_mut("A").unwrap();
        attempt.status = Status::Succeeded;
        let other = Some("arn:aws:iam::111122223333:user/carol".to_owned());
        attempt.approver = Approver { history: other, state: None };
    }
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    assert_eq!(given.status, StatusCode::CONFLICT);
    assert!(given.problem().contains("does not wait any more"), "{}", given.problem());
}

#[tokio::test]
async fn who_has_answered_while_the_key_was_looked_for_is_judged_again() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let first = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
    let second = desk.post("/answer/ask", &cookie, &wanted("B")).await.json();
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&first)).await;
    assert_eq!(given.status, StatusCode::OK);
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&second)).await;
    assert_eq!(
        (given.status, given.json()["reason"].as_str()),
        (StatusCode::CONFLICT, Some("same-person"))
    );
    assert_eq!(desk.web.ports.world().given.len(), 1);
}

#[tokio::test]
async fn the_errors_of_aws_come_in_words_and_without_what_was_sent() {
    let denied = CallError::AccessDenied {
        operation: Operation::of("sts", "AssumeRole"),
        message: "not authorized to perform: sts:AssumeRole".to_owned(),
    };
    let unclear = CallError::Transient {
        operation: Operation::codepipeline("PutApprovalResult"),
        problem: "no reply in time".to_owned(),
    };
    let no_session = CallError::Transient {
        operation: Operation::of("sts", "AssumeRole"),
        problem: "no reply in time".to_owned(),
    };
    for (error, status, words) in [
        (
            refused("ApprovalAlreadyCompletedException"),
            409,
            "Somebody has answered A in the meantime",
        ),
        (refused("InvalidApprovalTokenException"), 409, "A was opened again in the meantime"),
        (denied, 502, "so it stays open"),
        (unclear, 502, "It is not known whether the answer arrived"),
        // The session to answer as was not there, so nothing can have arrived.
        (no_session, 502, "Nothing was sent, so A stays open: AssumeRole is unavailable"),
        (refused("ValidationException"), 502, "CodePipeline did not take the answer"),
    ] {
        let desk = Desk::new(Fake::new());
        let cookie = desk.sign_in(&desk.alice).await;
        let asked = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
        desk.web.ports.world().refuses = Some(error);
        let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
        assert_eq!(given.status.as_u16(), status, "{given:?}");
        assert!(given.problem().contains(words), "{}", given.problem());
        assert!(!given.text.contains("2pr1") && !given.text.contains(&cookie));
    }
}

#[tokio::test]
async fn nobody_answers_for_somebody_else() {
    let desk = Desk::new(Fake::new());
    let (alice, bob) = (desk.sign_in(&desk.alice).await, desk.sign_in(&desk.bob).await);
    let asked = desk.post("/answer/ask", &alice, &wanted("A")).await.json();
    // Bob sends what alice was asked, with either key, and alice sends what bob has signed.
    for (cookie, key) in [(&bob, &desk.alice), (&bob, &desk.bob), (&alice, &desk.bob)] {
        let reply = desk.post("/answer/give", cookie, &key.sign(&asked)).await;
        assert_eq!(reply.status, StatusCode::FORBIDDEN);
    }
    // Bob's signature under alice's credential.
    let mut forged = desk.bob.sign(&asked);
    forged["credential"] = desk.alice.sign(&asked)["credential"].clone();
    let reply = desk.post("/answer/give", &alice, &forged).await;
    assert_eq!(reply.status, StatusCode::FORBIDDEN);
    assert!(reply.problem().contains("The signature is not good"), "{}", reply.problem());
    assert!(desk.web.ports.world().given.is_empty());
}

#[tokio::test]
async fn a_signature_for_one_answer_is_not_good_for_another() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let approve = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
    let reject = with(wanted("A"), "answer", "Rejected");
    let reject = desk.post("/answer/ask", &cookie, &reject).await.json();
    let other = desk.post("/answer/ask", &cookie, &wanted("B")).await.json();
    for (signed, sent) in [(&reject, &approve), (&approve, &reject), (&other, &approve)] {
        let mut posted = desk.alice.sign(signed);
        posted["seal"] = sent["seal"].clone();
        assert_eq!(desk.post("/answer/give", &cookie, &posted).await.status, StatusCode::FORBIDDEN);
    }
    assert!(desk.web.ports.world().given.is_empty());
}

#[tokio::test]
async fn an_answer_that_took_too_long_or_was_made_up_is_not_sent() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let asked = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
    let mut posted = desk.alice.sign(&asked);
    let value = json!({
        "person": "alice", "key": desk.alice.public().id().to_string(), "nonce": vec![0; 16],
        "wanted": wanted("A"),
    });
    let past = Timestamp::now() - SignedDuration::from_secs(1);
    let late = desk.web.seal.close(Purpose::Answer, &value, past).unwrap();
    let session = cookie.split_once('=').unwrap().1.to_owned();
    for seal in [late, session, "made.up".to_owned()] {
        posted["seal"] = seal.into();
        assert_eq!(desk.post("/answer/give", &cookie, &posted).await.status, StatusCode::CONFLICT);
    }
}

/// Chromium adds a member to one in five clientDataJSONs.
#[tokio::test]
async fn a_signature_that_does_not_fit_is_asked_for_once_more() {
    let mut desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    let asked = desk.post("/answer/ask", &cookie, &wanted("A")).await.json();
    desk.alice.grease = r#","other_keys_can_be_added_here":"do not compare clientDataJSON against a template. See https://goo.gl/yabPex""#.to_owned();
    let long = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    assert_eq!((long.status, long.json()["again"].as_bool()), (StatusCode::CONFLICT, Some(true)));
    desk.alice.grease.clear();
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    assert_eq!(given.status, StatusCode::OK);
}

#[tokio::test]
async fn comments_that_do_not_fit_or_hold_a_signature_are_refused() {
    let desk = Desk::new(Fake::new());
    let cookie = desk.sign_in(&desk.alice).await;
    for comment in ["x".repeat(301), "see [2pr1.p.x]".to_owned()] {
        let reply =
            desk.post("/answer/ask", &cookie, &with(wanted("A"), "comment", &comment)).await;
        assert_eq!(reply.status, StatusCode::UNPROCESSABLE_ENTITY, "{comment}");
    }
    let longest = with(wanted("A"), "comment", &"é".repeat(300));
    let asked = desk.post("/answer/ask", &cookie, &longest).await.json();
    let given = desk.post("/answer/give", &cookie, &desk.alice.sign(&asked)).await;
    assert_eq!(given.status, StatusCode::OK, "{given:?}");
}
