//! The authors, pushers and reviewers of what an execution releases, according to the function that
//! the rule names in `reviews`.

use std::collections::{BTreeMap, BTreeSet};

use names::shown;
use serde::Serialize;
use signing::in_one_line;

use crate::account::Account;
use crate::attempts::{Attempts, FunctionRun, Newest};
use crate::facts::{Attempt, Status};
use crate::reviews::Reviews;
use crate::revisions::UnknownRevision;
use crate::rule::Rule;

/// The names of the reviews function's output variables.
pub mod reviews_variable {
    /// The revisions of the last satisfied release, written like [`HEAD`].
    pub const BASE: &str = "Base";
    /// The revisions of this execution: sorted by bytes, each once, one space between. `-` if it
    /// has no Source action.
    pub const HEAD: &str = "Head";
    /// The authors of the commits between the two: words with one space between, or `-`.
    pub const AUTHORS: &str = "Authors";
    /// Their pushers, written like [`AUTHORS`].
    pub const PUSHERS: &str = "Pushers";
    /// Their reviewers, written like [`AUTHORS`].
    pub const REVIEWERS: &str = "Reviewers";
    /// `yes`, or `no: ` and why.
    pub const REVIEWED: &str = "Reviewed";
    /// [`Rule::digest`](crate::Rule::digest) of the rule in the function's environment.
    pub const RULE_DIGEST: &str = "RuleDigest";
    /// The result for people.
    pub const SUMMARY: &str = "Summary";
}

/// What the reviews function found out about an execution.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct Authorship {
    /// The revisions of the last satisfied release, as the function writes them.
    pub base: String,
    /// The users of the forge who wrote a commit since then, such as `github:alice-gh/583231`.
    pub authors: BTreeSet<String>,
    /// Those who pushed one.
    pub pushers: BTreeSet<String>,
    /// Those whose reviews counted.
    pub reviewers: BTreeSet<String>,
    /// `yes`, or `no: ` and why.
    pub reviewed: String,
}

impl Authorship {
    /// Why the commits do not have their reviews. `None` if they have.
    #[must_use]
    pub fn objection(&self) -> Option<&str> {
        match self.reviewed.as_str() {
            "yes" => None,
            no => Some(no.strip_prefix("no: ").unwrap_or(no)),
        }
    }

    /// Everybody who wrote or pushed a commit.
    pub(crate) fn everybody(&self) -> BTreeSet<&str> {
        self.authors.iter().chain(&self.pushers).map(String::as_str).collect()
    }

    /// What two runs of the function found out together: nobody is lost, and both must say yes.
    fn and(mut self, other: Self) -> Self {
        self.authors.extend(other.authors);
        self.pushers.extend(other.pushers);
        self.reviewers.extend(other.reviewers);
        if self.objection().is_none() {
            self.reviewed = other.reviewed;
        }
        self
    }
}

/// Reads the runs of the reviews function in this execution.
///
/// # Errors
/// Why it cannot be known who wrote what is released: half a sentence.
///
/// INVARIANT (fail closed): only a run that succeeded in this execution, of the function that the
/// floor names, and about the revisions of this execution, is believed. If several actions invoke
/// the function, each must be.
pub(crate) fn authorship(
    rule: &Rule,
    reviews: &Reviews,
    account: &Account,
    attempts: &Attempts<'_>,
    revisions: &Result<BTreeSet<&str>, UnknownRevision>,
) -> Result<Authorship, String> {
    let revisions = revisions.as_ref().map_err(ToString::to_string)?;
    let head = in_one_line(&Vec::from_iter(revisions.iter().copied()));
    let head = head.map_err(|problem| problem.to_string())?;
    // In the account and the region of the pipeline, where manual approvals always are.
    let is_run = |run: &FunctionRun<'_>| {
        reviews.function().is_run_by(run.function, run.role, account.id())
            && attempts.is_beside_approvals(run)
    };
    let mut found: Option<Authorship> = None;
    for ((_, name), action) in attempts.actions() {
        if !action.runs.iter().any(is_run) {
            continue;
        }
        let name = shown(name.unwrap_or("an action"));
        let attempt = match action.newest() {
            Newest::Is(attempt) => attempt,
            Newest::None | Newest::Unclear => {
                return Err(format!("the history does not tell which run of {name} is the newest"));
            }
        };
        let is_believed = FunctionRun::of(attempt).as_ref().is_some_and(is_run);
        if attempt.status != Status::Succeeded || !is_believed {
            return Err(format!("{name}, which says who wrote it, has not succeeded"));
        }
        let one = read(rule, attempt, &head).map_err(|problem| format!("{name} {problem}"))?;
        found = Some(match found {
            Some(found) => found.and(one),
            None => one,
        });
    }
    found.ok_or_else(|| {
        format!(
            "the function `{}`, which says who wrote it, has not run in this execution",
            reviews.function()
        )
    })
}

/// What one run reported. `Err` continues a sentence that begins with the action.
fn read(rule: &Rule, attempt: &Attempt, head: &str) -> Result<Authorship, String> {
    let outputs = attempt.invoked.iter().flat_map(|it| &it.outputs);
    let outputs: BTreeMap<&str, &str> = outputs.map(|(name, value)| (&**name, &**value)).collect();
    let output = |name: &str| {
        let found = outputs.get(name).copied().filter(|value| !value.is_empty());
        found.ok_or_else(|| format!("has no output variable `{name}`"))
    };
    let known = output(reviews_variable::HEAD)?;
    if known != head {
        return Err(format!("looked at {}, and this execution releases {head}", shown(known)));
    }
    if outputs.get(reviews_variable::RULE_DIGEST).is_some_and(|digest| *digest != rule.digest()) {
        return Err("has another rule than the gate: give both functions the same".to_owned());
    }
    let people = |name: &str| -> Result<BTreeSet<String>, String> {
        Ok(match output(name)? {
            "-" => BTreeSet::new(),
            words => words.split(' ').map(str::to_owned).collect(),
        })
    };
    Ok(Authorship {
        base: output(reviews_variable::BASE)?.to_owned(),
        authors: people(reviews_variable::AUTHORS)?,
        pushers: people(reviews_variable::PUSHERS)?,
        reviewers: match outputs.contains_key(reviews_variable::REVIEWERS) {
            true => people(reviews_variable::REVIEWERS)?,
            false => BTreeSet::new(),
        },
        reviewed: output(reviews_variable::REVIEWED)?.to_owned(),
    })
}
