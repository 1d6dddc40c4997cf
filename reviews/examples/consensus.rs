//! Prints what a forge tells about a range of commits, as the function would report it.
//!
//! ```sh
//! GITHUB_TOKEN=… cargo run -p reviews --example consensus -- acme/shop main BASE HEAD
//! GITLAB_TOKEN=… cargo run -p reviews --example consensus -- acme/shop main BASE HEAD
//! ```
//!
//! With `ACCOUNT`, the 12-digit id of one, it asks CodeCommit and CloudTrail there, with the
//! credentials of the environment and `AWS_REGION`. `RULE` is then the rule.
//!
//! The environment variable `API` names another address, `REQUIRED` the number of reviews, and
//! `SECONDS` the time that reading may take.

use std::env;
use std::error::Error;
use std::io::{Write as _, stdout};
use std::time::Duration;

use facts::Budget;
use facts::aws::{Signed, config};
use reviews::{Author, CodeCommit, Consensus, Forge as _, GitHub, GitLab, Range};
use rule::{Account, Rule};
use tokio::time::Instant;

#[tokio::main(flavor = "current_thread")]
async fn main() -> Result<(), Box<dyn Error>> {
    let arguments: Vec<String> = env::args().skip(1).collect();
    let [repository, branch, base, head] = arguments.as_slice() else {
        return Err("name a repository, a branch, the base and the head".into());
    };
    let variable =
        |name: &str, default: &str| env::var(name).unwrap_or_else(|_| default.to_owned());
    let range = Range {
        repository: repository.clone(),
        branch: (branch != "-").then(|| branch.clone()),
        base: base.clone(),
        head: head.clone(),
        required: variable("REQUIRED", "1").parse()?,
    };
    let time = Duration::from_secs(variable("SECONDS", "280").parse()?);
    let until = Instant::now() + time;
    let found = if let Ok(token) = env::var("GITLAB_TOKEN") {
        GitLab::new(&variable("API", GitLab::API), &token, until)?.consensus(&range).await?
    } else if let Ok(account) = env::var("ACCOUNT") {
        let (config, region) = (config().load().await, env::var("AWS_REGION")?);
        let service = |name| Signed::in_region(&config, name, &region);
        let rule = Rule::floor(&variable("RULE", "{}"))?;
        let (account, budget) = (Account::new(account), Budget::of(time).unwatched());
        CodeCommit::new(service("codecommit"), service("cloudtrail"), rule, account, budget)
            .consensus(&range)
            .await?
    } else {
        let token = env::var("GITHUB_TOKEN")?;
        GitHub::new(&variable("API", GitHub::API), &token, until)?.consensus(&range).await?
    };
    let Consensus { authors, pushers, reviewers, objections, commits } = found;
    let words = |users: std::collections::BTreeSet<Author>| {
        users.iter().map(ToString::to_string).collect::<Vec<String>>()
    };
    let printed = serde_json::json!({
        "commits": commits,
        "authors": words(authors),
        "pushers": words(pushers),
        "reviewers": words(reviewers),
        "objections": objections,
    });
    Ok(writeln!(stdout(), "{printed:#}")?)
}
