//! `policygen doctor --facts`: checks what we assume about AWS against one real execution.
//!
//! INVARIANT (no names): an answer holds only words of this program, numbers, and codes that AWS
//! defines. See `seen::Seen`.

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

/// Something that we assume about AWS.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Fact {
    /// In kebab-case. It never changes, and it is the anchor in `docs/facts.md`.
    pub id: &'static str,
    /// The assumption, as a sentence without a full stop.
    pub says: &'static str,
    /// What happens if it is wrong, as a sentence without a full stop.
    pub if_not: &'static str,
}

/// Whether a fact holds in the execution.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Verdict {
    /// The execution confirms it.
    Holds,
    /// The execution contradicts it.
    DoesNotHold,
    /// The execution neither confirms nor contradicts it.
    NotSeen,
    /// Reading alone can never tell.
    NotTested,
}

impl Verdict {
    /// The wording in reports for people.
    pub fn words(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does not hold",
            Self::NotSeen => "not seen here",
            Self::NotTested => "not tested",
        }
    }

    /// The code in reports for programs.
    pub fn as_str(self) -> &'static str {
        match self {
            Self::Holds => "holds",
            Self::DoesNotHold => "does-not-hold",
            Self::NotSeen => "not-seen",
            Self::NotTested => "not-tested",
        }
    }
}

/// What an execution shows about a fact.
#[derive(Debug)]
pub struct Answer {
    /// The fact.
    pub fact: Fact,
    /// Whether it holds.
    pub verdict: Verdict,
    /// What the verdict rests on.
    pub seen: Seen,
}

/// Checks every fact against one execution.
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
    fn every_fact_has_an_anchor_in_the_docs_and_every_anchor_a_fact_or_a_source() {
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
    fn each_id_is_unique() {
        let ids: BTreeSet<&str> = ALL.iter().map(|(fact, _)| fact.id).collect();
        assert_eq!(ids.len(), ALL.len());
    }
}
