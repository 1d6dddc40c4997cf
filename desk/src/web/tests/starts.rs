//! A new release, the person who is asked to approve it, and the link to it.

use axum::http::{StatusCode, header};
use facts::{CallError, Operation};
use serde_json::{Value, json};

use super::fake::{EXECUTION, Fake};
use super::{Desk, ORIGIN};
use crate::port::START_PIPELINE_EXECUTION;

const PUBLISH: Operation = Operation::of("sns", "Publish");
const ASSUME_ROLE: Operation = Operation::of("sts", "AssumeRole");

/// What the page says when alice starts a release and asks bob, if mails end like this.
async fn started(mails: Option<Result<(), CallError>>) -> (Value, Desk) {
    let desk = Desk::new(Fake::new());
    desk.web.ports.world().mails = mails;
    let alice = desk.sign_in(&desk.alice).await;
    let wanted = json!({"pipeline": "payments", "ask": "bob"});
    let reply = desk.post("/start", &alice, &wanted).await;
    assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
    (reply.json(), desk)
}

#[tokio::test]
async fn the_person_who_is_asked_is_told_by_mail_with_the_link() {
    let (said, desk) = started(Some(Ok(()))).await;
    assert_eq!(said["text"], "Started. bob is told by mail, with this link:");
    let link = format!("{ORIGIN}/e/payments/{EXECUTION}");
    assert_eq!(said["page"], link);
    let told = desk.web.ports.world().told.clone();
    let [notice] = told.as_slice() else { panic!("{told:?}") };
    assert_eq!(notice.people, ["bob"]);
    assert_eq!(notice.subject(), "payments: alice asks you to approve a release");
    assert_eq!(
        notice.mail(),
        format!(
            "alice has started a release of payments and asks you to approve it. Its approvals \
             open as soon as it gets there.\nAsked: bob.\n\n{link}\n"
        )
    );
}

#[tokio::test]
async fn a_mail_that_does_not_go_is_said_and_the_release_is_started_all_the_same() {
    let refused = CallError::of_service(PUBLISH, 404, "NotFound", "no topic".to_owned());
    let (said, _) = started(Some(Err(refused))).await;
    let text = "Started. bob could not be told (Publish answered NotFound: no topic). Send them \
                this link:";
    assert_eq!(said["text"], text);
    let (said, desk) = started(None).await;
    assert_eq!(said["text"], "Started. Send this link to bob:");
    let wanted = json!({"pipeline": "payments", "ask": ""});
    let alice = desk.sign_in(&desk.alice).await;
    desk.web.ports.world().told.clear();
    let reply = desk.post("/start", &alice, &wanted).await;
    assert_eq!(reply.json()["text"], "Started. Send this link to the people you ask:");
    assert!(desk.web.ports.world().told.is_empty());
}

/// Who hears that nothing was started starts another release.
#[tokio::test]
async fn a_start_whose_reply_lacks_the_id_may_have_started() {
    let lacks = "`pipelineExecutionId` is missing";
    let late = |operation| CallError::Transient { operation, problem: "no reply".to_owned() };
    for (error, may_have_started) in [
        (CallError::Malformed { operation: START_PIPELINE_EXECUTION, problem: lacks }, true),
        (late(START_PIPELINE_EXECUTION), true),
        // The session to start it as was not there.
        (late(ASSUME_ROLE), false),
        (CallError::Malformed { operation: ASSUME_ROLE, problem: "a key is missing" }, false),
    ] {
        let desk = Desk::new(Fake::new());
        let alice = desk.sign_in(&desk.alice).await;
        desk.web.ports.world().refuses = Some(error.clone());
        let reply = desk.post("/start", &alice, &json!({"pipeline": "payments", "ask": ""})).await;
        assert_eq!(reply.status, StatusCode::BAD_GATEWAY, "{error}: {reply:?}");
        let problem = reply.problem();
        assert_eq!(problem.contains("Nobody knows whether it has"), may_have_started, "{problem}");
        assert_eq!(problem.starts_with("Nothing was started"), !may_have_started, "{problem}");
    }
}

#[tokio::test]
async fn a_link_of_the_pipeline_leads_to_the_execution_that_is_shown() {
    let desk = Desk::new(Fake::new());
    let link = "https://review.example/#{codepipeline.PipelineExecutionId}";
    desk.web.ports.world().approval.link = Some(link.to_owned());
    let alice = desk.sign_in(&desk.alice).await;
    let page = desk.get(&format!("/e/payments/{EXECUTION}"), &alice).await.text;
    assert!(page.contains(&format!("href=\"https://review.example/{EXECUTION}\"")), "{page}");
    assert!(!page.contains("#{"), "{page}");
}

/// `ExternalEntityLink` without the variable filled in: what begins with `#` stays in the browser.
#[tokio::test]
async fn a_link_without_an_execution_leads_to_the_pipeline_and_nowhere_else() {
    let desk = Desk::new(Fake::new());
    let reply = desk.get("/e/payments/", "").await;
    assert_eq!(reply.status, StatusCode::SEE_OTHER, "{reply:?}");
    assert_eq!(reply.headers[header::LOCATION], "/p/payments");
    for elsewhere in ["/e/%2F%2Fevil.example/", "/e/a%0d%0ab/", "/e//", "/e/"] {
        assert_eq!(desk.get(elsewhere, "").await.status, StatusCode::NOT_FOUND, "{elsewhere}");
    }
}
