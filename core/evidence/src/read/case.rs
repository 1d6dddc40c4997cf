//! Sorts a history into executions with their own actions, and finds defects of the record.

use std::collections::{BTreeMap, HashMap};

use jiff::Timestamp;

use super::history::{ActionExecution, ExecutionStatus, History, PipelineExecution, Trigger};
use super::kept::detail;
use super::period::Period;
use super::readings::{self, by_content};

/// One execution to judge.
#[derive(Debug)]
pub(crate) struct Case {
    pub(crate) execution: PipelineExecution,
    /// Oldest first.
    pub(crate) actions: Vec<ActionExecution>,
    /// Why the record cannot be relied on: a sentence.
    pub(crate) defect: Option<String>,
}

/// How many executions and action executions were read, and what became of them. The parts of each
/// list add up to the whole list.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Counts {
    /// Entries in the lists of executions.
    pub listed: usize,
    /// Entries that describe an execution again.
    pub repeated: usize,
    /// Executions that only their actions mention.
    pub unlisted: usize,
    /// Executions that the question does not ask about.
    pub outside: usize,
    /// Executions that the report judges.
    pub evaluated: usize,
    /// Entries in the lists of action executions.
    pub actions_read: usize,
    /// Entries that describe an action execution again.
    pub actions_repeated: usize,
    /// Action executions of executions that the question does not ask about.
    pub actions_outside: usize,
    /// Action executions that the verdicts are based on.
    pub actions_used: usize,
}

/// The executions of a period, or only `wanted`, newest first.
///
/// INVARIANT (fail closed): an execution whose record contradicts itself or is incomplete is kept,
/// with its defect.
pub(crate) fn cases(history: History, period: Period, wanted: Option<&str>) -> (Vec<Case>, Counts) {
    let mut counts = Counts {
        listed: history.executions.len(),
        actions_read: history.actions.len(),
        ..Counts::default()
    };
    let mut actions = by_execution(history.actions);
    let mut found = Vec::new();
    let mut descriptions: BTreeMap<String, Vec<PipelineExecution>> = BTreeMap::new();
    for execution in history.executions {
        descriptions.entry(execution.id.clone()).or_default().push(execution);
    }
    counts.repeated = counts.listed.saturating_sub(descriptions.len());
    for (execution, contradiction) in descriptions.into_values().filter_map(readings::execution) {
        let actions = actions.remove(&execution.id).unwrap_or_default();
        let defect = contradiction.map(|member| two_ways("this execution", member));
        found.push(Case::new(execution, actions, defect));
    }
    counts.unlisted = actions.len();
    for (id, actions) in actions {
        let defect = "The list of pipeline executions does not include this execution. Save the \
            whole list again.";
        found.push(Case::new(unlisted(id, &actions), actions, Some(defect.to_owned())));
    }
    found.retain(|case| {
        let is_asked_for = match wanted {
            Some(id) => case.execution.id == id,
            None => period.contains(&case.execution),
        };
        let (executions, actions) = if is_asked_for {
            (&mut counts.evaluated, &mut counts.actions_used)
        } else {
            (&mut counts.outside, &mut counts.actions_outside)
        };
        *executions = executions.saturating_add(1);
        *actions = actions.saturating_add(case.actions.len());
        is_asked_for
    });
    let kept = counts.actions_used.saturating_add(counts.actions_outside);
    counts.actions_repeated = counts.actions_read.saturating_sub(kept);
    found.sort_by(|a, b| {
        let newest_first = b.execution.started.cmp(&a.execution.started);
        newest_first.then_with(|| a.execution.id.cmp(&b.execution.id))
    });
    (found, counts)
}

/// The actions of each execution, in the given order.
fn by_execution(actions: Vec<ActionExecution>) -> HashMap<String, Vec<ActionExecution>> {
    let mut counts: HashMap<&str, usize> = HashMap::new();
    for action in &actions {
        *counts.entry(&action.execution_id).or_default() += 1;
    }
    // Lists of the right size: there are many, and lists that grow take up to twice the memory.
    let sized = counts.into_iter().map(|(id, count)| (id.to_owned(), Vec::with_capacity(count)));
    let mut of_each: HashMap<String, Vec<ActionExecution>> = sized.collect();
    for action in actions {
        if let Some(known) = of_each.get_mut(&action.execution_id) {
            known.push(action);
        }
    }
    of_each
}

impl Case {
    fn new(
        execution: PipelineExecution,
        actions: Vec<ActionExecution>,
        defect: Option<String>,
    ) -> Self {
        let (actions, contradiction) = distinct(actions);
        let defect = defect.or(contradiction).or_else(|| incomplete(&execution, &actions));
        Self { execution, actions, defect }
    }

    /// The time of the last change in this execution, if the history has any.
    pub(crate) fn last_update(&self) -> Option<Timestamp> {
        let updates = self.actions.iter().filter_map(|action| action.attempt.updated);
        updates.chain(self.execution.updated).max()
    }
}

/// The first thing missing from an execution that every evaluation needs, as a sentence.
fn incomplete(execution: &PipelineExecution, actions: &[ActionExecution]) -> Option<String> {
    let missing = |what: &str| Some(format!("The history does not say {what}. Read it again."));
    if execution.started.is_none() {
        return missing("when this execution started");
    }
    match execution.status {
        ExecutionStatus::Unknown => missing("which status this execution has"),
        ExecutionStatus::Succeeded | ExecutionStatus::Failed if actions.is_empty() => Some(
            "The history has no action executions of this execution, although it ran. Read the \
             whole list of action executions; \
             CodePipeline keeps it for 12 months."
                .to_owned(),
        ),
        ExecutionStatus::InProgress
        | ExecutionStatus::Stopping
        | ExecutionStatus::Stopped
        | ExecutionStatus::Succeeded
        | ExecutionStatus::Superseded
        | ExecutionStatus::Failed
        | ExecutionStatus::Cancelled => None,
    }
}

/// The little that is known of an execution that only its actions mention.
fn unlisted(id: String, actions: &[ActionExecution]) -> PipelineExecution {
    PipelineExecution {
        id,
        status: ExecutionStatus::Unknown,
        started: actions.iter().filter_map(|action| action.attempt.started).min(),
        updated: None,
        revisions: Vec::new(),
        trigger: Trigger::default(),
        mode: None,
        kind: None,
        stop_reason: None,
    }
}

/// Each attempt once, oldest first, and the first contradiction as a sentence. Attempts without an
/// id are only the same if they are equal.
fn distinct(mut actions: Vec<ActionExecution>) -> (Vec<ActionExecution>, Option<String>) {
    let mut attempts = Vec::with_capacity(actions.len());
    let mut defect = None;
    let times = |action: &ActionExecution| (action.attempt.started, action.attempt.updated);
    actions.sort_by(|a, b| (&a.attempt.id, times(a)).cmp(&(&b.attempt.id, times(b))));
    let mut actions = actions.into_iter().peekable();
    while let Some(action) = actions.next() {
        let Some(id) = action.attempt.id.clone() else {
            let mut same_times = attempts.iter().rev().take_while(|it| times(it) == times(&action));
            if !same_times.any(|known| *known == action) {
                attempts.push(action);
            }
            continue;
        };
        let mut descriptions = vec![action];
        let is_same = |next: &ActionExecution| next.attempt.id.as_ref() == Some(&id);
        descriptions.extend(std::iter::from_fn(|| actions.next_if(is_same)));
        let (joined, contradiction) = readings::attempt(descriptions);
        let what = || format!("the action execution {id}");
        defect = defect.or_else(|| contradiction.map(|member| two_ways(&what(), member)));
        attempts.extend(joined);
    }
    attempts.sort_by(|a, b| {
        let by_time = times(a).cmp(&times(b)).then_with(|| a.attempt.id.cmp(&b.attempt.id));
        by_time.then_with(|| by_content(a, b, detail))
    });
    (attempts, defect)
}

fn two_ways(what: &str, member: &str) -> String {
    format!(
        "The history describes {what} in two different ways: the values of `{member}` contradict \
         each other. Save both lists again, once each, or find out which file is wrong and leave \
         it out."
    )
}
