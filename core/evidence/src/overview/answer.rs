//! The answer of a report over several pipelines.

use std::collections::BTreeSet;

use super::Overview;
use crate::answer::{Answer, Tally, people};
use crate::render::counted;

impl Overview {
    /// The answer. It is yes only if every pipeline could be judged, and no execution has an error,
    /// accepted or not.
    pub fn answer(&self) -> Answer {
        let (people, tally) = (self.people(), self.tally());
        let not_judged = self.rows.len().saturating_sub(self.judged());
        let unknown = format!("{} could not be judged", counted(not_judged, "pipeline"));
        let of = format!("of {}", counted(self.judged(), "pipeline"));
        let releases = match tally.releases {
            1 => format!("the only release {of}"),
            releases => format!("{} of {releases} releases {of}", tally.unapproved),
        };
        let against = tally.against(&releases, &people);
        let good = match (tally.executions, tally.releases) {
            (0, _) => "there is no execution to judge".to_owned(),
            (_, 0) => format!("nothing {of} was released, so nothing without {people}"),
            (_, 1) => format!("the only release {of} was approved by {people}"),
            (_, releases) => format!("all {releases} releases {of} were approved by {people}"),
        };
        let (yes, sentence) = match (&against, not_judged, tally.executions) {
            (Some(against), 0, _) => {
                (Some(false), format!("No: {against}{}.", tally.justified_in_words()))
            }
            (Some(against), ..) => {
                (Some(false), format!("No: {against}{}; {unknown}.", tally.justified_in_words()))
            }
            (None, 0, 0) => (None, format!("Neither yes nor no: {good}.")),
            (None, 0, _) => (Some(true), format!("Yes: {good}.")),
            (None, ..) => (None, format!("Neither yes nor no: {unknown}; {good}.")),
        };
        Answer { yes, sentence }
    }

    /// The numbers of all pipelines together.
    pub(crate) fn tally(&self) -> Tally {
        let mut sum = Tally::default();
        for Tally { executions, releases, unapproved, unreviewed, doubtful, justified } in
            self.rows.iter().map(super::Row::tally)
        {
            sum.executions = sum.executions.saturating_add(executions);
            sum.releases = sum.releases.saturating_add(releases);
            sum.unapproved = sum.unapproved.saturating_add(unapproved);
            sum.unreviewed = sum.unreviewed.saturating_add(unreviewed);
            sum.doubtful = sum.doubtful.saturating_add(doubtful);
            sum.justified = sum.justified.saturating_add(justified);
        }
        sum
    }

    /// The quorum in words.
    pub(crate) fn people(&self) -> String {
        let quorums: BTreeSet<u32> =
            self.rows.iter().flat_map(|row| row.quorums.iter().copied()).collect();
        people(&quorums, &self.floor)
    }
}
