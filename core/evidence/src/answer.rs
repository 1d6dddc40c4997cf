//! The answer of a report: one sentence that begins with yes or no.

use std::collections::BTreeSet;

use findings::Severity;
use rule::Decision;

use crate::judge::evaluate::Evaluated;
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
    /// The name that reports use.
    pub fn as_str(&self) -> &'static str {
        match self.yes {
            Some(true) => "yes",
            Some(false) => "no",
            None => "none",
        }
    }
}

impl Report {
    /// The answer. It is yes only if there is no error, accepted or not.
    pub fn answer(&self) -> Answer {
        let people = self.people();
        let releases = self.releases();
        let unapproved = || self.executions.iter().filter(|it| is_unapproved(it));
        let in_doubt = || self.executions.iter().filter(|it| !is_unapproved(it) && has_error(it));
        let (bad, doubtful) = (unapproved().count(), in_doubt().count());
        let accepted = unapproved().chain(in_doubt()).filter(|it| is_accepted(it)).count();
        let justified = justified(accepted, bad.saturating_add(doubtful));
        let text = match (self.executions.len(), releases, bad, doubtful) {
            (0, ..) => "Neither yes nor no: there is no execution to judge.".to_owned(),
            (_, 0, 0, 0) => {
                format!("Yes: nothing was released, so nothing was released without {people}.")
            }
            (_, 1, 0, 0) => format!("Yes: the only release was approved by {people}."),
            (_, _, 0, 0) => format!("Yes: all {releases} releases were approved by {people}."),
            (_, _, 0, _) => format!("No: {}{justified}.", doubt(doubtful)),
            (_, _, _, 0) => {
                format!("No: {}{justified}.", shortfall(bad, releases, &people))
            }
            _ => format!(
                "No: {}, and {}{justified}.",
                shortfall(bad, releases, &people),
                doubt(doubtful)
            ),
        };
        let yes = (!self.executions.is_empty()).then_some(bad == 0 && doubtful == 0);
        Answer { yes, sentence: text }
    }

    /// The quorum in words. Executions may have different quorums, because UserParameters can
    /// raise it.
    pub(crate) fn people(&self) -> String {
        let releases = self.executions.iter().filter(|evaluated| evaluated.released);
        let decisions = releases.filter_map(|evaluated| evaluated.decision.as_ref());
        let asked = |decision: &Decision| decision.record().quorum.get();
        let quorums: BTreeSet<u32> = decisions.map(asked).collect();
        match quorums.first() {
            Some(quorum) if quorums.len() == 1 => format!("{} people", in_words(*quorum)),
            Some(_) => {
                let words: Vec<String> = quorums.iter().map(|quorum| in_words(*quorum)).collect();
                format!("as many people as the rule asked for ({})", words.join(" or "))
            }
            None => format!("{} people", in_words(self.floor.quorum().get())),
        }
    }
}

fn is_unapproved(evaluated: &Evaluated) -> bool {
    evaluated.released && evaluated.verdict != Verdict::Satisfied
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

fn shortfall(bad: usize, releases: usize, people: &str) -> String {
    match (bad, releases) {
        (1, 1) => format!("the only release was not approved by {people}"),
        (1, _) => format!("1 of {releases} releases was not approved by {people}"),
        _ => format!("{bad} of {releases} releases were not approved by {people}"),
    }
}

fn doubt(count: usize) -> String {
    format!("the record of {} is in doubt", counted(count, "execution"))
}

/// How many of the executions that speak against the answer somebody has justified.
pub(crate) fn justified(accepted: usize, of: usize) -> String {
    match accepted {
        0 => String::new(),
        1 if of == 1 => "; it is a justified exception".to_owned(),
        _ if accepted == of => "; all of them are justified exceptions".to_owned(),
        1 => "; 1 of them is a justified exception".to_owned(),
        _ => format!("; {accepted} of them are justified exceptions"),
    }
}

/// A quorum as people say it.
fn in_words(number: u32) -> String {
    const WORDS: [&str; 11] =
        ["zero", "one", "two", "three", "four", "five", "six", "seven", "eight", "nine", "ten"];
    let word = usize::try_from(number).ok().and_then(|number| WORDS.get(number));
    word.map_or_else(|| number.to_string(), |word| (*word).to_owned())
}
