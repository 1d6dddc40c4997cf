//! `policygen doctor --facts`: what one real execution shows of what the product takes for true of
//! AWS.
//!
//! INVARIANT (no names): an answer is made of this program's words, of numbers, and of AWS's own
//! codes alone; see [`seen::Seen`].

mod checks;
mod live;
mod log;
pub mod render;
mod saved;
mod seen;
mod sight;

pub use live::{PipelineState, read as read_live};
pub use log::{LogError, read as read_log};
pub use saved::{SavedFactsError, read as read_saved};
pub use sight::{Known, Recorded, RetriedBy, Sight, StageState, StateRun};

use self::seen::Seen;

/// Something that the product takes for true of AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// Kebab-case and stable; its anchor in `docs/facts.md`.
    pub id: &'static str,
    /// What is taken for true, in a sentence without a full stop.
    pub says: &'static str,
    /// What happens if it is not, in a sentence without a full stop.
    pub if_not: &'static str,
}

/// Whether a fact holds in the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    Holds,
    DoesNotHold,
    /// The execution shows nothing by which to tell.
    NotSeen,
    /// Reading cannot tell.
    NotTested,
}

impl Verdict {
    /// As it stands in reports for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::NotSeen => "not seen here",
            Self::NotTested => "not tested",
        }
    }

    /// As it stands in reports for programs.
    pub fn code(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does-not-hold",
            Self::NotSeen => "not-seen",
            Self::NotTested => "not-tested",
        }
    }
}

/// What an execution says of a fact.
#[derive(Debug)]
pub struct Answer {
    pub fact: Fact,
    pub verdict: Verdict,
    pub seen: Seen,
}

/// Looks at one execution and says of every fact whether it holds there.
pub fn examine(sight: &Sight) -> Vec<Answer> {
    let answer = |(fact, look): &(Fact, checks::Look)| {
        let (verdict, seen) = look(sight);
        Answer { fact: *fact, verdict, seen }
    };
    checks::ALL.iter().map(answer).collect()
}

#[cfg(test)]
mod tests {
    use std::collections::BTreeSet;

    use super::checks::ALL;

    #[test]
    fn every_fact_has_an_anchor_in_the_documentation_and_no_anchor_is_without_a_fact_or_a_source() {
        let page = include_str!("../../../../docs/facts.md");
        let anchors: Vec<&str> =
            page.split("<a id=\"").skip(1).filter_map(|rest| rest.split('"').next()).collect();
        let unique: BTreeSet<&str> = anchors.iter().copied().collect();
        assert_eq!(anchors.len(), unique.len(), "an anchor is there twice");
        for (fact, _) in ALL {
            assert!(unique.contains(fact.id), "{} has no anchor", fact.id);
        }
        for row in page.lines().filter(|line| line.contains("<a id=")) {
            let asked = ALL.iter().any(|(fact, _)| row.contains(&format!("<a id=\"{}\"", fact.id)));
            assert_eq!(row.contains("`--facts`"), asked, "{row}");
        }
    }

    #[test]
    fn ids_are_told_apart() {
        let ids: BTreeSet<&str> = ALL.iter().map(|(fact, _)| fact.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
