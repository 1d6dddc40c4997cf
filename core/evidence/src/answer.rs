//! The answer of a report: one sentence that begins with yes or no.

use std::collections::BTreeSet;

use anstyle::Style;
use findings::{Severity, style};
use rule::{Decision, Rule};

use crate::judge::evaluate::Evaluated;
use crate::judge::exception::ExceptionCode;
use crate::judge::verdict::Verdict;
use crate::render::counted;
use crate::report::Report;

/// Whether enough people approved every release.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Answer {
    /// Yes or no. `None` if there was no execution to judge.
    pub yes: Option<bool>,
    /// The answer in one sentence.
    pub sentence: String,
}

impl Answer {
    /// The style of the sentence at a terminal.
    pub(crate) fn style(&self) -> Style {
        match self.yes {
            Some(true) => style::GOOD,
            Some(false) => style::BAD,
            None => style::DOUBTFUL,
        }
    }

    /// The name that reports use.
    pub fn as_str(&self) -> &'static str {
        match self.yes {
            Some(true) => "yes",
            Some(false) => "no",
            None => "none",
        }
    }
}

/// The numbers behind an answer.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub(crate) struct Tally {
    pub(crate) executions: usize,
    pub(crate) releases: usize,
    /// Releases that not enough people approved.
    pub(crate) unapproved: usize,
    /// Other releases that nobody is known to have reviewed, though the rule has `reviews`.
    pub(crate) unreviewed: usize,
    /// Other executions with an error.
    pub(crate) doubtful: usize,
    /// Those of the last three whose errors somebody accepts.
    pub(crate) justified: usize,
}

impl Tally {
    /// How many executions speak against a yes.
    pub(crate) fn of_no(&self) -> usize {
        self.unapproved.saturating_add(self.unreviewed).saturating_add(self.doubtful)
    }

    /// What speaks against a yes, if anything does: without the verdict and the full stop.
    pub(crate) fn against(&self, releases: &str, people: &str) -> Option<String> {
        let parts: Vec<String> = [
            (self.unapproved > 0).then(|| shortfall(self.unapproved, releases, people)),
            (self.unreviewed > 0).then(|| {
                let were = if self.unreviewed == 1 { "was" } else { "were" };
                format!("{} {were} not shown to be reviewed", counted(self.unreviewed, "release"))
            }),
            (self.doubtful > 0).then(|| doubt(self.doubtful)),
        ]
        .into_iter()
        .flatten()
        .collect();
        (!parts.is_empty()).then(|| parts.join(", and "))
    }

    /// How many of the executions that speak against a yes somebody has justified.
    pub(crate) fn justified_in_words(&self) -> String {
        let of = self.of_no();
        match self.justified {
            0 => String::new(),
            1 if of == 1 => "; it is a justified exception".to_owned(),
            all if all == of => "; all of them are justified exceptions".to_owned(),
            1 => "; 1 of them is a justified exception".to_owned(),
            some => format!("; {some} of them are justified exceptions"),
        }
    }
}

impl Report {
    /// The answer. It is yes only if there is no error, accepted or not.
    pub fn answer(&self) -> Answer {
        let (people, tally) = (self.people(), self.tally());
        let releases = match tally.releases {
            1 => "the only release".to_owned(),
            releases => format!("{} of {releases} releases", tally.unapproved),
        };
        let against = tally.against(&releases, &people);
        let sentence = match (&against, tally.executions, tally.releases) {
            (_, 0, _) => "Neither yes nor no: there is no execution to judge.".to_owned(),
            (Some(against), ..) => format!("No: {against}{}.", tally.justified_in_words()),
            (None, _, 0) => {
                format!("Yes: nothing was released, so nothing was released without {people}.")
            }
            (None, _, 1) => format!("Yes: the only release was approved by {people}."),
            (None, ..) => {
                format!("Yes: all {} releases were approved by {people}.", tally.releases)
            }
        };
        let yes = (tally.executions > 0).then_some(against.is_none());
        Answer { yes, sentence }
    }

    /// The numbers behind the answer.
    pub(crate) fn tally(&self) -> Tally {
        let unapproved = || self.executions.iter().filter(|it| is_unapproved(it));
        let approved = || self.executions.iter().filter(|it| !is_unapproved(it));
        let unreviewed = || approved().filter(|it| has_only_missing_reviews(it));
        let in_doubt = || approved().filter(|it| !has_only_missing_reviews(it) && has_error(it));
        Tally {
            executions: self.executions.len(),
            releases: self.releases(),
            unapproved: unapproved().count(),
            unreviewed: unreviewed().count(),
            doubtful: in_doubt().count(),
            justified: unapproved()
                .chain(unreviewed())
                .chain(in_doubt())
                .filter(|it| is_accepted(it))
                .count(),
        }
    }

    /// The quorums of the releases. They may differ, because UserParameters can raise it.
    pub(crate) fn quorums(&self) -> BTreeSet<u32> {
        let releases = self.executions.iter().filter(|evaluated| evaluated.released);
        let decisions = releases.filter_map(|evaluated| evaluated.decision.as_deref());
        let asked = |decision: &Decision| decision.record().quorum.get();
        decisions.map(asked).collect()
    }

    /// The quorum in words.
    pub(crate) fn people(&self) -> String {
        people(&self.quorums(), &self.floor)
    }
}

/// Quorums in words. Without any release, it is the one of the rule.
pub(crate) fn people(quorums: &BTreeSet<u32>, floor: &Rule) -> String {
    match quorums.first() {
        Some(quorum) if quorums.len() == 1 => format!("{} people", in_words(*quorum)),
        Some(_) => {
            let words: Vec<String> = quorums.iter().map(|quorum| in_words(*quorum)).collect();
            format!("as many people as the rule asked for ({})", words.join(" or "))
        }
        None => format!("{} people", in_words(floor.quorum().get())),
    }
}

fn is_unapproved(evaluated: &Evaluated) -> bool {
    evaluated.released && evaluated.verdict != Verdict::Satisfied
}

/// Whether its only errors are about its reviews, and there are some.
fn has_only_missing_reviews(evaluated: &Evaluated) -> bool {
    let exceptions = evaluated.exceptions.iter();
    let mut errors = exceptions.filter(|it| it.code.severity() == Severity::Error).peekable();
    errors.peek().is_some() && errors.all(|it| it.code == ExceptionCode::UnreviewedRelease)
}

fn has_error(evaluated: &Evaluated) -> bool {
    evaluated.exceptions.iter().any(|it| it.code.severity() == Severity::Error)
}

/// Whether somebody accepts every error of an execution.
fn is_accepted(evaluated: &Evaluated) -> bool {
    let mut errors =
        evaluated.exceptions.iter().filter(|it| it.code.severity() == Severity::Error).peekable();
    errors.peek().is_some() && errors.all(|error| !error.is_open())
}

fn shortfall(unapproved: usize, releases: &str, people: &str) -> String {
    let were = if unapproved == 1 { "was" } else { "were" };
    format!("{releases} {were} not approved by {people}")
}

fn doubt(count: usize) -> String {
    format!("the record of {} is in doubt", counted(count, "execution"))
}

/// A quorum as people say it.
fn in_words(number: u32) -> String {
    const WORDS: [&str; 11] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = usize::try_from(number).ok().and_then(|number| WORDS.get(number));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}
