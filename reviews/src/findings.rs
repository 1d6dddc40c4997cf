//! What the function reports: its output variables.

use std::collections::BTreeSet;

use job::Success;
use rule::{SUMMARY_LIMIT, cut, reviews_variable};

use crate::consensus::{Author, Consensus};

/// The longest list of users that is reported. AWS publishes no limit of one value, only that there
/// is one of all variables of a pipeline (CodePipeline API model,
/// `OutputVariablesSizeExceededException`).
const LIST_LIMIT: usize = 10_000;

/// What was found out about an execution.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Findings {
    /// The revisions of the last satisfied release, in one line.
    pub(crate) base: String,
    /// The revisions of this execution, in one line.
    pub(crate) head: String,
    /// Of all sources together.
    pub(crate) consensus: Consensus,
    pub(crate) rule_digest: String,
}

impl Findings {
    /// Adds what was found out about another source.
    pub(crate) fn add(&mut self, other: Consensus) {
        let Consensus { authors, pushers, reviewers, objections, commits } = other;
        let all = &mut self.consensus;
        if commits > 0 && authors.is_empty() && objections.is_empty() {
            all.objections.push(format!("nobody is known who wrote {commits} commits"));
        }
        all.authors.extend(authors);
        all.pushers.extend(pushers);
        all.reviewers.extend(reviewers);
        all.objections.extend(objections);
        all.commits += commits;
    }

    /// Adds a reason why the commits do not have their reviews: a sentence without a full stop.
    pub(crate) fn object(&mut self, objection: impl Into<String>) {
        self.consensus.objections.push(objection.into());
    }

    /// The values of the variables. INVARIANT (fail closed): a list that cannot be written whole is
    /// not written, and then the commits are not reviewed.
    pub(crate) fn lines(&self) -> Lines {
        let Consensus { authors, pushers, reviewers, objections, commits } = &self.consensus;
        let mut objections = objections.clone();
        let mut line = |role: &str, users: &BTreeSet<Author>| {
            words(users).unwrap_or_else(|problem| {
                objections.push(format!("the {} {role} {problem}", users.len()));
                "-".to_owned()
            })
        };
        let (authors, pushers) = (line("authors", authors), line("pushers", pushers));
        let reviewers = line("reviewers", reviewers);
        let reviewed = match objections.is_empty() {
            true => "yes".to_owned(),
            false => {
                let why = objections.join("; ").replace(char::is_control, " ");
                cut(&format!("no: {why}"), "", SUMMARY_LIMIT)
            }
        };
        let base = &self.base;
        let summary = match commits {
            0 => format!("No commits since {base}. Reviewed: {reviewed}"),
            _ => format!(
                "{commits} commits since {base}, written by {authors}, pushed by {pushers}, \
                 reviewed by {reviewers}. Reviewed: {reviewed}"
            ),
        };
        Lines { authors, pushers, reviewers, reviewed, summary: cut(&summary, "", SUMMARY_LIMIT) }
    }
}

/// The values of the variables that are not the revisions'.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Lines {
    pub(crate) authors: String,
    pub(crate) pushers: String,
    pub(crate) reviewers: String,
    pub(crate) reviewed: String,
    pub(crate) summary: String,
}

impl Success for Findings {
    fn output_variables(&self) -> Vec<(&'static str, String)> {
        let Lines { authors, pushers, reviewers, reviewed, summary } = self.lines();
        vec![
            (reviews_variable::BASE, self.base.clone()),
            (reviews_variable::HEAD, self.head.clone()),
            (reviews_variable::AUTHORS, authors),
            (reviews_variable::PUSHERS, pushers),
            (reviews_variable::REVIEWERS, reviewers),
            (reviews_variable::REVIEWED, reviewed),
            (reviews_variable::RULE_DIGEST, self.rule_digest.clone()),
            (reviews_variable::SUMMARY, summary),
        ]
    }
}

/// The users, with one space between; `-` if there are none. `Err` ends a sentence that begins with
/// the users.
fn words(users: &BTreeSet<Author>) -> Result<String, &'static str> {
    let users: Vec<String> = users.iter().map(ToString::to_string).collect();
    let is_word = |user: &String| {
        !user.is_empty()
            && user != "-"
            && !user.contains(|it: char| it.is_whitespace() || it.is_control())
    };
    if !users.iter().all(is_word) {
        return Err("cannot be reported: a name is not one word");
    }
    let line = users.join(" ");
    match line.len() {
        0 => Ok("-".to_owned()),
        1..=LIST_LIMIT => Ok(line),
        _ => Err("are too many to be reported"),
    }
}

#[cfg(test)]
mod tests {
    use names::{Forge, ForgeUser};

    use super::*;

    fn users(count: u64) -> BTreeSet<Author> {
        let user = |id| ForgeUser::new(Forge::GitHub, &format!("user-{id}"), Some(id)).unwrap();
        (0..count).map(|id| Author::User(user(id))).collect()
    }

    fn lines(consensus: Consensus) -> Lines {
        let mut findings = Findings::default();
        findings.add(consensus);
        findings.lines()
    }

    #[test]
    fn users_are_words_and_nobody_is_a_dash() {
        let consensus = Consensus { authors: users(2), commits: 3, ..Consensus::default() };
        let found = lines(consensus);
        assert_eq!(found.authors, "github:user-0/0 github:user-1/1");
        assert_eq!((&*found.pushers, &*found.reviewed), ("-", "yes"));
    }

    #[test]
    fn a_list_is_never_cut() {
        let consensus = Consensus { authors: users(1_000), commits: 1_000, ..Consensus::default() };
        let found = lines(consensus);
        assert_eq!(found.authors, "-");
        assert_eq!(found.reviewed, "no: the 1000 authors are too many to be reported");
        let spaced = Author::Principal("arn:aws:iam::111122223333:user/a b".to_owned());
        let consensus = Consensus { authors: [spaced].into(), commits: 1, ..Consensus::default() };
        assert!(lines(consensus).reviewed.starts_with("no: the 1 authors cannot be reported"));
    }

    #[test]
    fn commits_without_an_author_are_not_reviewed() {
        let found = lines(Consensus { commits: 2, ..Consensus::default() });
        assert_eq!(found.reviewed, "no: nobody is known who wrote 2 commits");
    }

    #[test]
    fn every_objection_of_every_source_is_told() {
        let objecting =
            |text: &str| Consensus { objections: vec![text.to_owned()], ..Consensus::default() };
        let mut findings = Findings::default();
        findings.add(objecting("one\ntwo"));
        findings.add(objecting(&"x".repeat(2 * SUMMARY_LIMIT)));
        let found = findings.lines();
        assert!(found.reviewed.starts_with("no: one two; xxx"), "{found:?}");
        assert!(found.reviewed.len() <= SUMMARY_LIMIT && found.summary.len() <= SUMMARY_LIMIT);
    }
}
