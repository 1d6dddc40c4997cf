//! Prints what a forge tells about a range of commits, as the function would report it.
//!
//! ```sh
//! GITHUB_TOKEN=… cargo run -p reviews --example consensus -- acme/shop main BASE HEAD
//! GITLAB_TOKEN=… cargo run -p reviews --example consensus -- acme/shop main BASE HEAD
//! ```
//!
//! The environment variable `API` names another address, `REQUIRED` the number of reviews, and
//! `SECONDS` the time that reading may take.

use std::env;
use std::error::Error;
use std::io::{Write as _, stdout};
use std::time::Duration;

use reviews::{Author, Consensus, Forge as _, GitHub, GitLab, Range};
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
    let until = Instant::now() + Duration::from_secs(variable("SECONDS", "280").parse()?);
    let found = match env::var("GITLAB_TOKEN") {
        Ok(token) => {
            GitLab::new(&variable("API", GitLab::API), &token, until)?.consensus(&range).await?
        }
        Err(_) => {
            let token = env::var("GITHUB_TOKEN")?;
            GitHub::new(&variable("API", GitHub::API), &token, until)?.consensus(&range).await?
        }
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
