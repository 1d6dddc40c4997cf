//! The replies of GitHub, GitLab, CodeCommit and CloudTrail to the reviews function.

#[path = "../../reviews/src/forge/codecommit/wire.rs"]
#[expect(dead_code, reason = "the function asks for it")]
mod codecommit;
#[path = "../../reviews/src/forge/error.rs"]
#[expect(dead_code, unreachable_pub, reason = "the function has more errors")]
mod error;
#[path = "../../reviews/src/forge/github/wire.rs"]
#[expect(dead_code, reason = "the function asks for it")]
mod github;
#[path = "../../reviews/src/forge/gitlab/wire.rs"]
#[expect(dead_code, reason = "the function asks for it")]
mod gitlab;

pub(crate) use error::ForgeError;

use serde::Deserialize;
use serde::de::DeserializeOwned;
use serde_json::Value;

use crate::consensus::Author;
use crate::history::{Answer, Change, History, Review};
use crate::judge;

/// Some replies of GitHub about one range.
#[derive(Deserialize)]
struct GitHub {
    base: String,
    head: String,
    comparison: github::Comparison,
    #[serde(default)]
    activities: Vec<github::Activity>,
    #[serde(default)]
    pulls: Vec<Pull>,
}

#[derive(Deserialize)]
struct Pull {
    pull: github::Pull,
    #[serde(default)]
    reviews: Vec<github::ReviewItem>,
}

/// Each reply is read or refused. Nobody is named who is not in it. Without an approval by somebody
/// other than those who are named, no range passes.
pub fn check(data: &[u8]) {
    let Ok(value) = serde_json::from_slice::<Value>(data) else { return };
    if let Ok(github) = GitHub::deserialize(&value) {
        judged(github);
    }
    for (forge, check) in [
        ("github", check_github as fn(&Value)),
        ("gitlab", check_gitlab),
        ("codecommit", check_codecommit),
    ] {
        value.get(forge).into_iter().chain([&value]).for_each(check);
    }
}

fn read<T: DeserializeOwned>(reply: &Value) -> Option<T> {
    T::deserialize(reply).ok()
}

/// INVARIANT (fail closed): an author is somebody that the reply names.
fn is_named(author: Option<Author>, reply: &Value) {
    let name = match author {
        Some(Author::User(user)) => user.login().to_owned(),
        Some(Author::Principal(arn)) => arn.to_lowercase(),
        None => return,
    };
    let reply = serde_json::to_string(reply).unwrap_or_default().to_lowercase();
    let name = serde_json::to_string(&name).unwrap_or_default();
    assert!(reply.contains(name.trim_matches('"')), "{name} is not in the reply");
}

fn judged(github: GitHub) {
    let GitHub { base, head, comparison, activities, pulls } = github;
    let mut history = History {
        branch: "main".to_owned(),
        base,
        head,
        count: comparison.total_commits,
        commits: comparison.commits.into_iter().map(github::CommitItem::into_fact).collect(),
        moves: activities.iter().filter_map(|it| it.to_move("acme/shop", "acme/shop")).collect(),
        ..History::default()
    };
    for Pull { pull, reviews } in pulls {
        let reviews = reviews.into_iter().filter_map(|it| {
            let by = it.user.as_ref().and_then(github::Account::user);
            Some(Review { by, answer: it.answer()?, head: it.commit_id, is_void_because: None })
        });
        history.changes.push(Change {
            name: format!("#{}", pull.number),
            opened_by: pull.opened_by(),
            target: pull.base.name,
            source: Some(pull.head.name),
            head: pull.head.sha,
            merged_as: pull.merge_commit_sha.unwrap_or_default(),
            replaced: Default::default(),
            reviews: reviews.collect(),
        });
    }
    let found = judge(&history, 1);
    let reviews = history.changes.iter().flat_map(|change| &change.reviews);
    let approved = reviews.filter(|review| review.answer == Answer::Approved);
    let mut others = approved.filter_map(|review| review.by.as_ref());
    let has_another = others.any(|by| !found.authors.contains(by) && !found.pushers.contains(by));
    if found.objections.is_empty() && found.commits > 0 {
        assert!(has_another, "a range passes that nobody else approved");
    }
    for reviewer in &found.reviewers {
        assert!(history.users().any(|user| user == reviewer));
    }
}

fn check_github(reply: &Value) {
    is_named(read::<github::Account>(reply).and_then(|it| it.user()), reply);
    is_named(read::<github::Pull>(reply).and_then(|it| it.opened_by()), reply);
    if let Some(commit) = read::<github::CommitItem>(reply) {
        let (_, commit) = commit.into_fact();
        for author in commit.co_authors.into_iter().chain(commit.author).chain(commit.committer) {
            is_named(Some(author), reply);
        }
    }
    let moved = read::<github::Activity>(reply).and_then(|it| it.to_move("acme/shop", "acme/shop"));
    is_named(moved.and_then(|it| it.by), reply);
    let _ = read::<github::ReviewItem>(reply).map(|it| it.answer());
    let _ = read::<github::Event>(reply).map(|it| it.is_retargeting());
    let _ = read::<github::Rule>(reply).map(|it| it.takes_stale_reviews());
    let _ = read::<github::Permission>(reply).map(|it| it.lets_write(Some(7)));
    let _ = (read::<github::Repository>(reply), read::<github::RuleSuite>(reply));
}

fn check_gitlab(reply: &Value) {
    is_named(read::<gitlab::User>(reply).and_then(|it| it.author()), reply);
    if let Some(request) = read::<gitlab::MergeRequest>(reply) {
        is_named(request.opened_by(), reply);
        is_named(request.merged_by(), reply);
        let _ = (request.head(), request.merged_as());
    }
    let push = read::<gitlab::Event>(reply).and_then(|it| it.push(str::to_owned));
    is_named(push.and_then(|it| it.by), reply);
    let _ = read::<gitlab::CommitItem>(reply).map(|it| it.fact());
    let _ = read::<gitlab::StateEvent>(reply).map(|it| (it.is_merge(), it.is_by_gitlab()));
    let _ = read::<gitlab::Signature>(reply).map(|it| it.is_of_gitlab());
    let _ = read::<gitlab::Member>(reply).map(|it| it.may_push());
    let _ = (read::<gitlab::Approvals>(reply), read::<gitlab::Version>(reply));
    let _ = (read::<gitlab::Project>(reply), read::<gitlab::Account>(reply));
    let commits = read::<gitlab::Answer>(reply).and_then(gitlab::Answer::commits);
    for node in commits.into_iter().flat_map(|it| it.nodes) {
        is_named(node.author(), reply);
    }
}

fn check_codecommit(reply: &Value) {
    for event in read::<codecommit::Found>(reply).into_iter().flat_map(|it| it.events) {
        match event.record() {
            Ok(record) => {
                let _ = (record.is_of("shop"), record.has_choices(), record.references());
                let _ = (record.branch(), record.made(), record.pull_request(), record.by());
            }
            Err(ForgeError::Malformed(problem)) => assert!(!problem.is_empty()),
            Err(error) => assert!(error.to_string().is_empty(), "another kind of error: {error}"),
        }
    }
    for event in
        read::<codecommit::PullEvents>(reply).into_iter().flat_map(|it| it.pull_request_events)
    {
        let _ = (event.at, event.is_creation(), event.is_merge(), event.update());
    }
    if let Some(pull) = read::<codecommit::PullReply>(reply) {
        for target in pull.pull_request.pull_request_targets {
            let _ = (target.merge_option(), target.merged_as());
        }
    }
    let _ = read::<codecommit::Approval>(reply).map(|it| it.answer());
    let _ = (read::<codecommit::Approvals>(reply), read::<codecommit::Override>(reply));
    let _ = (read::<codecommit::Commits>(reply), read::<codecommit::Conflicts>(reply));
    let _ = read::<codecommit::RepositoryReply>(reply);
}
