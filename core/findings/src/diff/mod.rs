//! What changed between two reports about the same thing.
//!
//! A finding is the same in both if its code, its subject and its id in a file are. Its words may
//! differ, because the chain that leads to it may.

mod human;
mod json;

pub use human::render as human;
pub use json::render as json;

use std::collections::BTreeMap;

use crate::{Finding, Gate, Severity, counted, number};

/// A finding as a report has it.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reported {
    /// The finding.
    pub finding: Finding,
    /// Whether somebody accepts it.
    pub standing: Standing,
}

/// Whether somebody accepts a finding.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub enum Standing {
    /// Somebody does.
    Accepted,
    /// Nobody does.
    Open,
    /// Somebody did until an earlier day.
    Expired,
}

impl Standing {
    /// The word for it in JSON.
    fn as_str(self) -> &'static str {
        match self {
            Self::Accepted => "accepted",
            Self::Open => "open",
            Self::Expired => "acceptance-expired",
        }
    }
}

/// How bad a reported finding is. If any of it rises, the finding is worse.
#[derive(Clone, Copy, PartialEq, Eq, PartialOrd, Ord)]
struct State {
    severity: Severity,
    /// Whether the gate counts two people.
    counts_two: bool,
    /// Whether nobody accepts it.
    is_open: bool,
}

impl Reported {
    fn state(&self) -> State {
        State {
            severity: self.finding.severity,
            counts_two: self.finding.gate == Some(Gate::CountsTwo),
            is_open: self.standing != Standing::Accepted,
        }
    }
}

/// A finding of both reports whose state differs.
#[derive(Clone, Debug, PartialEq, Eq)]
struct Change {
    was: Reported,
    is: Reported,
}

impl Change {
    fn is_worse(&self) -> bool {
        let (was, is) = (self.was.state(), self.is.state());
        is.severity > was.severity
            || (is.counts_two && !was.counts_two)
            || (is.is_open && !was.is_open)
    }

    /// What it was before, in words.
    fn in_words(&self) -> String {
        let (was, is) = (self.was.state(), self.is.state());
        let mut words = Vec::new();
        if was.severity != is.severity {
            words.push(format!("the severity was {}", was.severity.as_str()));
        }
        if was.counts_two != is.counts_two {
            let did = if was.counts_two { "counted" } else { "did not count" };
            words.push(format!("the gate {did} two people"));
        }
        if was.is_open != is.is_open {
            let accepted = match self.is.standing {
                Standing::Accepted => "it is accepted now",
                Standing::Open => "it was accepted",
                Standing::Expired => "its acceptance has expired",
            };
            words.push(accepted.to_owned());
        }
        words.join(", ")
    }
}

/// What was compared, in words.
#[derive(Clone, Debug)]
pub struct Compared {
    /// The command that made both reports.
    pub command: &'static str,
    /// What the old report checked.
    pub old: String,
    /// What the new report checked.
    pub new: String,
    /// The findings of the old report about executions that the new one does not list. They are
    /// not gone.
    pub left_out: usize,
}

/// What changed. Each list has the worst first.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub struct Diff {
    new: Vec<Reported>,
    worse: Vec<Change>,
    improved: Vec<Change>,
    gone: Vec<Reported>,
    /// The number of findings that did not change.
    same: usize,
}

impl Diff {
    /// Compares the findings of two reports.
    #[must_use]
    pub fn between(old: Vec<Reported>, new: Vec<Reported>) -> Self {
        let mut groups: BTreeMap<_, (Vec<Reported>, Vec<Reported>)> = BTreeMap::new();
        for one in old {
            groups.entry(identity(&one)).or_default().0.push(one);
        }
        for one in new {
            groups.entry(identity(&one)).or_default().1.push(one);
        }
        let mut diff = Self::default();
        for (old, new) in groups.into_values() {
            diff.add(old, new);
        }
        diff.new.sort_by(worst_first);
        diff.gone.sort_by(worst_first);
        for changes in [&mut diff.worse, &mut diff.improved] {
            changes.sort_by(|a, b| worst_first(&a.is, &b.is));
        }
        diff
    }

    /// Adds the findings of one identity. A report can have several, each in other words: those
    /// that say the same are compared first.
    fn add(&mut self, mut old: Vec<Reported>, mut new: Vec<Reported>) {
        old.sort_by(worst_first);
        new.sort_by(worst_first);
        let says_same = |a: &Reported, b: &Reported| a.finding.message == b.finding.message;
        let is_same = |a: &Reported, b: &Reported| a.state() == b.state() && says_same(a, b);
        let mut pairs = pairs(&mut old, &mut new, is_same);
        pairs.extend(self::pairs(&mut old, &mut new, says_same));
        pairs.extend(self::pairs(&mut old, &mut new, |_, _| true));
        for pair in pairs {
            if pair.was.state() == pair.is.state() {
                self.same += 1;
            } else if pair.is_worse() {
                self.worse.push(pair);
            } else {
                self.improved.push(pair);
            }
        }
        self.gone.append(&mut old);
        self.new.append(&mut new);
    }

    /// Whether a finding that is at least as bad as this, and that nobody accepts, is new or
    /// became worse.
    #[must_use]
    pub fn fails(&self, severity: Severity) -> bool {
        let worse = self.worse.iter().map(|change| &change.is);
        self.new.iter().chain(worse).any(|one| {
            let state = one.state();
            state.is_open && state.severity >= severity
        })
    }

    /// The answer: `3 findings are new and 2 are gone.`
    fn sentence(&self) -> String {
        let changes = [
            (self.new.len(), "is new", "are new"),
            (self.worse.len(), "became worse", "became worse"),
            (self.improved.len(), "improved", "improved"),
            (self.gone.len(), "is gone", "are gone"),
        ];
        let mut parts: Vec<String> = Vec::new();
        for (count, one, several) in changes.into_iter().filter(|(count, ..)| *count > 0) {
            let verb = if count == 1 { one } else { several };
            let subject = if parts.is_empty() { counted(count, "finding") } else { number(count) };
            parts.push(format!("{subject} {verb}"));
        }
        match parts.split_last() {
            None if self.same == 0 => "Nothing changed: neither report has a finding.".to_owned(),
            None => format!("Nothing changed: both reports have the same {}.", self.count_same()),
            Some((last, [])) => format!("{last}."),
            Some((last, first)) => format!("{} and {last}.", first.join(", ")),
        }
    }

    fn count_same(&self) -> String {
        if self.same == 1 { "finding".to_owned() } else { counted(self.same, "finding") }
    }
}

/// What makes a finding the same in both reports.
fn identity(reported: &Reported) -> (&'static str, String, Option<String>) {
    let Finding { code, subject, location, .. } = &reported.finding;
    (code, subject.clone(), location.as_ref().and_then(|location| location.id.clone()))
}

fn worst_first(a: &Reported, b: &Reported) -> std::cmp::Ordering {
    let order = |it: &Reported| std::cmp::Reverse(it.state());
    order(a).cmp(&order(b)).then_with(|| crate::order(&a.finding).cmp(&crate::order(&b.finding)))
}

/// Takes the findings that fit each other out of both lists, in pairs.
fn pairs(
    old: &mut Vec<Reported>,
    new: &mut Vec<Reported>,
    fits: impl Fn(&Reported, &Reported) -> bool,
) -> Vec<Change> {
    let mut pairs = Vec::new();
    for was in std::mem::take(old) {
        match new.iter().position(|is| fits(&was, is)) {
            Some(at) => pairs.push(Change { was, is: new.remove(at) }),
            None => old.push(was),
        }
    }
    pairs
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;
    use crate::Check;

    fn reported() -> impl Strategy<Value = Reported> {
        let severity = prop::sample::select(vec![Severity::Note, Severity::Error]);
        let gate = prop::sample::select(vec![None, Some(Gate::Refuses), Some(Gate::CountsTwo)]);
        let standing =
            prop::sample::select(vec![Standing::Accepted, Standing::Open, Standing::Expired]);
        let code = prop::sample::select(vec!["a-code", "b-code"]);
        (code, severity, gate, standing, "[ab]", "[xyz]").prop_map(
            |(code, severity, gate, standing, name, message)| {
                let check = Check { code, severity, title: "", find: () };
                let subject = format!("arn:aws:iam::111122223333:user/{name}");
                let finding = Finding { gate, ..check.finding(subject, message, String::new()) };
                Reported { finding, standing }
            },
        )
    }

    proptest! {
        #[test]
        fn nothing_changed_between_a_report_and_itself(
            report in prop::collection::vec(reported(), 0..12),
        ) {
            let same = report.len();
            let mut turned = report.clone();
            turned.reverse();
            prop_assert_eq!(Diff::between(report, turned), Diff { same, ..Diff::default() });
        }

        #[test]
        fn what_is_new_one_way_is_gone_the_other_way(
            old in prop::collection::vec(reported(), 0..12),
            new in prop::collection::vec(reported(), 0..12),
        ) {
            let count = new.len();
            let there = Diff::between(old.clone(), new.clone());
            let back = Diff::between(new, old);
            prop_assert_eq!(&there.new, &back.gone);
            prop_assert_eq!(&there.gone, &back.new);
            prop_assert_eq!(there.same, back.same);
            let Diff { new, worse, improved, same, .. } = there;
            prop_assert_eq!(new.len() + worse.len() + improved.len() + same, count);
        }
    }
}
