//! Text from outside stays text.

use axum::http::StatusCode;

use super::Desk;
use super::fake::{EXECUTION, Fake};
use crate::pipeline::Approval;
use crate::port::Release;

/// The corpus of the evidence report (`tests/conformance/test_evidence_html.py`).
const ATTACKS: [&str; 10] = [
    "<script>window.attacked = 1</script>",
    "</script><script>window.attacked = 1</script>",
    r#"<img src=x onerror="window.attacked = 1">"#,
    "\"><svg onload='window.attacked = 1'>",
    "'; window.attacked = 1; //",
    "</style><style>body { display: none }</style>",
    r#"<meta http-equiv=refresh content="0; url=https://attacker.example/">"#,
    r#"<a href="javascript:window.attacked = 1">look</a>"#,
    r#"<iframe src="https://attacker.example/"></iframe><base href="https://attacker.example/">"#,
    "\u{202e}gnp.exe \u{0}\u{1b}[2K {{constructor.constructor('window.attacked = 1')()}}",
];

/// The tags of a page, with their attributes left out.
fn tags(html: &str) -> Vec<&str> {
    html.split('<').skip(1).map(|rest| rest.split([' ', '>']).next().unwrap()).collect()
}

async fn pages(text: &str) -> Vec<String> {
    let fake = Fake::new();
    {
        let mut world = fake.world();
        let text = || Some(text.to_owned());
        world.release = Release {
            artifact: text(),
            revision: text(),
            message: Some(format!("{} and more", text().unwrap())),
            url: text(),
            author: text(),
        };
        world.approval = Approval { timeout_minutes: None, note: text(), link: text() };
        let attempt = world.attempts.get_mut("A").unwrap();
        attempt.status = rule::Status::Succeeded;
        attempt.approver.history = text();
        attempt.comment = text();
        attempt.error = text();
    }
    let desk = Desk::new(fake);
    let cookie = desk.sign_in(&desk.alice).await;
    let mut pages = Vec::new();
    let execution = format!("/e/payments/{EXECUTION}");
    for path in ["/", &execution, "/p/payments"] {
        let reply = desk.get(path, &cookie).await;
        assert_eq!(reply.status, StatusCode::OK, "{reply:?}");
        pages.push(reply.text);
    }
    pages
}

#[tokio::test]
async fn text_from_outside_adds_no_tag_and_no_address_and_hides_nothing() {
    let plain = pages("plain").await;
    for attack in ATTACKS {
        for (page, plain) in pages(attack).await.iter().zip(&plain) {
            assert_eq!(tags(page), tags(plain), "{attack}");
            assert!(!page.contains("href=\"javascript") && !page.contains("\u{202e}"));
            assert!(!page.contains('\u{0}') && !page.contains('\u{1b}'));
        }
    }
    let mut linked = pages("https://example.com/\"onmouseover=\"x").await;
    let page = linked.remove(0);
    assert!(page.contains(r#"href="https://example.com/&quot;onmouseover=&quot;x""#), "{page}");
    // Those of the frame, the execution, its two addresses, and the pipeline.
    assert_eq!(tags(&page).iter().filter(|tag| **tag == "a").count(), 4 + 1 + 2 + 1);
}
