//! Whether the history is behind. It lags: GetPipelineState shows an answer at once, the history
//! shows it 16 to 35 seconds later, and a new attempt after a moment (recorded from the real
//! service). A history that is behind may not have the newest attempt. That is a reason to read it
//! again, never a verdict, and never a reason to refuse a release.

use std::collections::{BTreeMap, BTreeSet};
use std::fmt;

use names::{FunctionRef, Versions};
use rule::{Attempt, Status};

use crate::gate_run::GateRun;
use crate::port::{HistoryEntry, StateEntry};

/// Something that the history does not show yet.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Lag {
    /// The gate's own run.
    OwnRun(String),
    /// The end of this approval. The state shows it.
    Answer(String),
    /// An attempt of this approval. The state shows it.
    Attempt(String),
    /// The end of the run of a function by this action. The state shows it.
    Run(String),
}

impl fmt::Display for Lag {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::OwnRun(run) => write!(f, "the history does not show the gate's own run, {run}"),
            Self::Answer(action) => {
                write!(f, "the history does not show yet how {action} was answered")
            }
            Self::Run(action) => {
                write!(f, "the history does not show yet how the run of {action} ended")
            }
            Self::Attempt(action) => {
                write!(
                    f,
                    "the history does not show yet the attempt of {action} that GetPipelineState shows"
                )
            }
        }
    }
}

/// The sources that the history is compared with.
pub(crate) struct Witnesses<'a> {
    /// The newest runs in the state, by their id.
    pub(crate) state: &'a BTreeMap<String, StateEntry>,
    pub(crate) execution_id: &'a str,
    pub(crate) gate_stage: &'a str,
    /// The run that the history must show.
    pub(crate) gate_run: Option<GateRun<'a>>,
    /// The stage whose approvals are judged.
    pub(crate) stage: &'a str,
    /// The function that says who wrote what is released, if the rule names one.
    pub(crate) reviews: Option<&'a FunctionRef>,
    /// The actions that the rule names.
    pub(crate) named: BTreeSet<&'a str>,
}

impl Witnesses<'_> {
    /// The first thing that is missing in the history. Returns `None` if the history is complete.
    pub(crate) fn lag(&self, history: &[HistoryEntry]) -> Option<Lag> {
        self.missing_gate_run(history)
            .or_else(|| self.unnoticed_answer(history))
            .or_else(|| self.missing_attempt(history))
            .or_else(|| self.unfinished_reviews(history))
    }

    fn missing_gate_run(&self, history: &[HistoryEntry]) -> Option<Lag> {
        let run = self.gate_run?;
        let is_shown = history.iter().any(|entry| run.is(&entry.attempt, self.gate_stage));
        (!is_shown).then(|| Lag::OwnRun(run.to_string()))
    }

    fn unnoticed_answer(&self, history: &[HistoryEntry]) -> Option<Lag> {
        let is_approval = |entry: &&HistoryEntry| entry.attempt.kind.may_be_approval();
        history
            .iter()
            .filter(is_approval)
            .find_map(|entry| self.unnoticed_end(entry))
            .map(Lag::Answer)
    }

    fn unfinished_reviews(&self, history: &[HistoryEntry]) -> Option<Lag> {
        let reviews = self.reviews?;
        let runs_it = |entry: &&HistoryEntry| {
            let function = entry.ran.function.as_ref();
            function.is_some_and(|function| reviews.matches(function, Versions::Same))
        };
        history.iter().filter(runs_it).find_map(|entry| self.unnoticed_end(entry)).map(Lag::Run)
    }

    /// The action of an attempt that is in progress in the history and has ended in the state.
    fn unnoticed_end(&self, entry: &HistoryEntry) -> Option<String> {
        let Attempt { id, status, action, .. } = &entry.attempt;
        let is_open = *status == Status::InProgress;
        let ended = self.state.get(id.as_ref()?).is_some_and(StateEntry::has_ended);
        (is_open && ended).then(|| action.clone().unwrap_or_default())
    }

    /// An approval of the judged stage that the state shows and the history does not, if this
    /// execution is the latest of the stage.
    fn missing_attempt(&self, history: &[HistoryEntry]) -> Option<Lag> {
        let of_stage = || {
            history
                .iter()
                .map(|entry| &entry.attempt)
                .filter(|a| a.stage.as_deref() == Some(self.stage))
        };
        let known: BTreeSet<&str> = of_stage()
            .filter(|attempt| attempt.kind.may_be_approval())
            .filter_map(|attempt| attempt.action.as_deref())
            .chain(self.named.iter().copied())
            .collect();
        let ids: BTreeSet<&str> =
            history.iter().filter_map(|entry| entry.attempt.id.as_deref()).collect();
        let entered = of_stage().filter_map(|attempt| attempt.started).min();
        // The state does not say the type of an action. Only approvals have a token or a principal
        // that answered.
        let is_approval = |entry: &&StateEntry| {
            let is_known = entry.action.as_deref().is_some_and(|action| known.contains(action));
            entry.awaits_answer || entry.last_updated_by.is_some() || is_known
        };
        // If this execution has not reached an action, the state still shows the action's run in an
        // earlier execution.
        let is_of_an_earlier_execution =
            |entry: &&StateEntry| match (entry.last_status_change, entered) {
                (Some(changed), Some(entered)) => changed < entered,
                (Some(_), None) | (None, _) => false,
            };
        self.state
            .values()
            .filter(|entry| entry.stage.as_deref() == Some(self.stage))
            .filter(|entry| entry.execution_id.as_deref() == Some(self.execution_id))
            .filter(is_approval)
            .find(|entry| {
                !ids.contains(entry.action_execution_id.as_str())
                    && !is_of_an_earlier_execution(entry)
            })
            .map(|entry| Lag::Attempt(entry.action.clone().unwrap_or_default()))
    }
}
