//! Past releases: what they were, and what has changed since the last one.

use axum::body::Body;
use axum::http::Request;
use evidence::history::{ExecutionStatus, Revision};
use facts::{HistoryEntry, Ran};
use rule::{ActionKind, Approver, Attempt, Status};
use serde_json::json;

use super::fake::{EXECUTION, Fake, listed, waiting};
use super::{Desk, HOST, ORIGIN, Reply};

/// The id of an execution.
fn id(number: u32) -> String {
    format!("3137f7cb-7cf7-4a39-8b3c-d7ed3e1b{number:04}")
}

/// When an execution began, and what happened so many minutes later. The fake's own execution
/// began last.
fn at(number: u32, minutes: u32) -> String {
    format!("2025-12-{number:02}T00:{minutes:02}:00Z")
}

/// An execution that the people approved, and that the gate judged.
struct Release<'a> {
    number: u32,
    status: ExecutionStatus,
    approvers: [&'a str; 2],
    /// What the gate said, if it succeeded.
    gate: Status,
    said: &'a [(&'a str, &'a str)],
    revision: Revision,
}

const BY_ALICE_AND_BOB: &[(&str, &str)] =
    &[("Verdict", "satisfied"), ("Approvers", "alice, bob"), ("Basis", "user")];

fn commit(letter: &str, message: &str) -> Revision {
    let id = letter.repeat(40);
    let url = format!("https://github.com/acme/shop/commit/{id}");
    Revision::new(Some("Source".to_owned()), Some(id), Some(message.to_owned()), Some(url))
}

impl Release<'_> {
    fn new(number: u32) -> Self {
        Self {
            number,
            status: ExecutionStatus::Succeeded,
            approvers: ["alice", "bob"],
            gate: Status::Succeeded,
            said: BY_ALICE_AND_BOB,
            revision: commit("a", "Old"),
        }
    }

    fn entry(&self, action: &str, kind: ActionKind, status: Status) -> HistoryEntry {
        let (begun, ended) = if action == "Gate" { (10, 11) } else { (1, 2) };
        HistoryEntry {
            execution_id: Some(id(self.number)),
            pipeline_version: Some(1),
            outputs: std::collections::BTreeMap::new(),
            ran: Ran::default(),
            attempt: Attempt {
                kind,
                status,
                id: Some(format!("{action}-{}", self.number)),
                started: at(self.number, begun).parse().ok(),
                updated: at(self.number, ended).parse().ok(),
                ..waiting(action, self.number)
            },
        }
    }

    fn entries(&self) -> Vec<HistoryEntry> {
        let approval = |(action, name): (&str, &str)| {
            let mut entry = self.entry(action, ActionKind::ManualApproval, Status::Succeeded);
            let by = format!("arn:aws:iam::111122223333:user/{name}");
            // What CodePipeline shows if a person writes nothing.
            entry.attempt.comment = Some(format!("Approved by {by}"));
            entry.attempt.approver = Approver { history: Some(by), state: None };
            entry
        };
        let mut gate = self.entry("Gate", ActionKind::Other, self.gate);
        gate.ran.type_id = Some(["Invoke", "AWS", "Lambda"].map(str::to_owned));
        gate.ran.function = Some("gate".to_owned());
        let said = self.said.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        gate.outputs = said.collect();
        let mut source = self.entry("Source", ActionKind::Source, Status::Succeeded);
        source.attempt.revision.clone_from(&self.revision.id);
        source.outputs = [("AuthorDisplayName".to_owned(), "Carol".to_owned())].into();
        ["A", "B"].into_iter().zip(self.approvers).map(approval).chain([gate, source]).collect()
    }
}

/// A desk over these executions, newest first, and the fake's own.
fn desk(releases: &[Release<'_>]) -> Desk {
    let fake = Fake::new();
    for release in releases {
        let mut world = fake.world();
        let mut execution = listed(&id(release.number), &at(release.number, 0), release.status);
        execution.revisions = vec![release.revision.clone()];
        world.listed.push(execution);
        world.earlier.insert(id(release.number), release.entries());
    }
    fake.world().listed[0].revisions = vec![commit("f", "Round <b>cents</b>\n\nlong")];
    Desk::with(fake, ORIGIN, json!({}))
}

/// What a page says, without its tags.
fn words(reply: &Reply) -> String {
    let texts = reply.text.split('<').filter_map(|it| Some(it.split_once('>')?.1));
    texts.collect::<Vec<_>>().concat()
}

async fn page(desk: &Desk, path: &str) -> Reply {
    let cookie = desk.sign_in(&desk.alice).await;
    desk.get(path, &cookie).await
}

#[tokio::test]
async fn what_the_gate_said_stands_beside_what_the_rule_says_now() {
    let alone = Release { approvers: ["alice", "Alice"], ..Release::new(2) };
    let refused = Release {
        gate: Status::Failed,
        said: &[],
        status: ExecutionStatus::Failed,
        ..Release::new(1)
    };
    let desk = desk(&[Release::new(3), alone, refused]);
    let reply = page(&desk, "/p/payments").await;
    let text = words(&reply);
    let cards: Vec<&str> = text.split("Started by").skip(2).collect();
    assert!(cards[0].contains("Satisfied by alice and bob. It went on past the gate."), "{text}");
    assert!(cards[0].contains("A approved by alice (user), noticed 2025-12-03"), "{text}");
    assert!(
        cards[0].contains(
            "The gate said then: satisfied by alice, bob, basis user. \
             The rule as it is now says the same."
        ),
        "{text}"
    );
    assert!(cards[1].contains("Unsatisfied"), "{text}");
    assert!(cards[1].contains("The rule as it is now says otherwise"), "{text}");
    assert!(cards[1].contains("verdict-differs") && cards[1].contains("unsatisfied-release"));
    assert!(cards[2].contains("The gate failed then without a verdict."), "{text}");
    assert!(cards[2].contains("It released nothing."), "{text}");
    assert!(!cards[0].contains("error") && !text.contains("cannot be read"), "{text}");
}

#[tokio::test]
async fn an_execution_that_cannot_be_read_is_said_and_the_others_are_shown() {
    let desk = desk(&[Release::new(3), Release::new(2)]);
    desk.web.ports.world().earlier.remove(&id(3));
    let text = words(&page(&desk, "/p/payments").await);
    assert!(text.contains("It cannot be read: PutApprovalResult answered AccessDenied"), "{text}");
    assert!(text.contains("Satisfied by alice and bob"), "{text}");
}

#[tokio::test]
async fn a_page_reads_ten_executions_and_no_more() {
    let releases: Vec<_> = (1..=28).rev().map(Release::new).collect();
    let desk = desk(&releases);
    page(&desk, "/p/payments").await;
    assert_eq!(desk.web.ports.world().asked.len(), 10);
}

#[tokio::test]
async fn a_page_lists_the_revisions_since_the_last_satisfied_release() {
    let superseded = Release {
        status: ExecutionStatus::Superseded,
        revision: commit("c", "Refund <script>alert(1)</script>"),
        ..Release::new(4)
    };
    let alone = Release {
        approvers: ["alice", "alice"],
        revision: commit("b", "Alone"),
        ..Release::new(3)
    };
    let desk = desk(&[superseded, alone, Release::new(2), Release::new(1)]);
    let reply = page(&desk, &format!("/e/payments/{EXECUTION}")).await;
    let (_, section) = reply.text.split_once("What has changed").unwrap();
    let section = section.split("</section>").next().unwrap();
    let base = id(2);
    assert!(section.contains(&format!("<a href=\"/e/payments/{base}\">last release</a>")));
    assert!(section.contains("that enough people approved (alice and bob), of"), "{section}");
    let place = |text: &str| section.find(text).unwrap_or_else(|| panic!("{text}: {section}"));
    assert!(place("Round &lt;b&gt;cents&lt;/b&gt;") < place("Refund &lt;script&gt;"));
    assert!(place("This execution") < place("superseded") && !section.contains("Old"));
    // The superseded execution was not read, so nobody knows its author.
    assert_eq!(section.matches("by Carol").count(), 1);
    let compare =
        format!("https://github.com/acme/shop/compare/{}...{}", "a".repeat(40), "f".repeat(40));
    assert!(section.contains(&format!("href=\"{compare}\"")), "{section}");
    let asked = desk.web.ports.world().asked.clone();
    assert!(!asked.contains(&id(4)), "{asked:?}");
    assert_eq!(asked.iter().filter(|it| *it == EXECUTION).count(), 1);
}

#[tokio::test]
async fn the_same_revisions_are_no_change() {
    let desk = desk(&[Release::new(2)]);
    desk.web.ports.world().listed[0].revisions = vec![commit("a", "Old")];
    let text = words(&page(&desk, &format!("/e/payments/{EXECUTION}")).await);
    assert!(text.contains(": nothing. The revisions are the same."), "{text}");
}

#[tokio::test]
async fn the_search_for_the_last_release_ends() {
    let alone = |number| Release { approvers: ["bob", "bob"], ..Release::new(number) };
    let releases: Vec<_> = (1..=31).rev().map(alone).collect();
    let desk = desk(&releases);
    let path = format!("/e/payments/{EXECUTION}");
    let text = words(&page(&desk, &path).await);
    assert!(text.contains("None of the 30 executions before it that were looked at"), "{text}");
    assert!(desk.web.ports.world().asked.len() <= 31);
    desk.web.ports.world().listed.truncate(1);
    let text = words(&page(&desk, &path).await);
    assert!(text.contains("CodePipeline lists no earlier execution"), "{text}");
    desk.web.ports.world().listed.clear();
    let text = words(&page(&desk, &path).await);
    assert!(text.contains("This execution is not among the newest"), "{text}");
}

#[tokio::test]
async fn an_execution_that_may_be_the_last_release_is_not_passed_over_if_it_cannot_be_read() {
    let desk = desk(&[Release::new(2), Release::new(1)]);
    desk.web.ports.world().earlier.remove(&id(2));
    let text = words(&page(&desk, &format!("/e/payments/{EXECUTION}")).await);
    assert!(text.contains("The last release cannot be read: PutApprovalResult answered"), "{text}");
}

#[tokio::test]
async fn the_script_that_follows_the_progress_asks_for_no_other_execution() {
    let desk = desk(&[Release::new(1)]);
    let cookie = desk.sign_in(&desk.alice).await;
    let request = Request::get(format!("/e/payments/{EXECUTION}"))
        .header("host", HOST)
        .header("cookie", cookie)
        .header("sec-fetch-dest", "empty");
    let reply = desk.send(request.body(Body::empty()).unwrap()).await;
    assert!(reply.text.contains("id=\"progress\"") && !reply.text.contains("What has changed"));
    assert!(!desk.web.ports.world().asked.contains(&id(1)));
}
