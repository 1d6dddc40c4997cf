//! What the history of an execution says about its actions, read once: the newest attempt of each
//! action, and the newest rejection.

use std::collections::{BTreeMap, BTreeSet};

use jiff::Timestamp;

use crate::facts::{ActionKind, Attempt, Status};

/// An action: its stage and its name, as far as an attempt says them.
pub(crate) type Place<'a> = (Option<&'a str>, Option<&'a str>);

/// The attempts of an execution, as far as a decision depends on them. Their order and repeats
/// change nothing.
///
/// A stage can be retried thousands of times. This is as large as the number of actions and not of
/// attempts, and more attempts can be added. So a program that judges an execution at many times
/// reads its history once.
#[derive(Clone, Debug, Default)]
pub struct Attempts<'a> {
    actions: BTreeMap<Place<'a>, Action<'a>>,
    pub(crate) rejection: Rejection,
    /// The attempts that do not say which action they belong to. Each could be the newest of any.
    incomplete: Vec<&'a Attempt>,
    /// The regions of the manual approvals.
    approval_regions: BTreeSet<Option<&'a str>>,
}

/// The attempts of one action.
#[derive(Clone, Debug, Default)]
pub(crate) struct Action<'a> {
    all: Latest<'a>,
    /// The attempts of a Source action that succeeded.
    pub(crate) delivered: Latest<'a>,
    /// Whether one of them is, or might be, a manual approval.
    may_be_approval: bool,
    /// Whether one of them may have delivered a revision, and nobody can tell.
    pub(crate) may_have_delivered: bool,
    /// The Lambda functions that they invoked.
    pub(crate) runs: BTreeSet<FunctionRun<'a>>,
}

/// The run of a Lambda function, as far as it says which function ran.
#[derive(Clone, Copy, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct FunctionRun<'a> {
    pub(crate) function: &'a str,
    pub(crate) role: Option<&'a str>,
    region: Option<&'a str>,
}

impl<'a> FunctionRun<'a> {
    /// `None` if the attempt invoked no function that it names.
    pub(crate) fn of(attempt: &'a Attempt) -> Option<Self> {
        let invoked = attempt.invoked.as_ref()?;
        Some(Self {
            function: invoked.function.as_deref()?,
            role: invoked.role.as_deref(),
            region: attempt.region.as_deref(),
        })
    }
}

impl<'a> Attempts<'a> {
    /// Adds an attempt of the same execution.
    pub fn add(&mut self, attempt: &'a Attempt) {
        let place = (attempt.stage.as_deref(), attempt.action.as_deref());
        self.actions.entry(place).or_default().add(attempt);
        self.rejection = self.rejection.and(attempt);
        if place.0.is_none() || place.1.is_none() {
            self.incomplete.push(attempt);
        }
        if attempt.kind == ActionKind::ManualApproval {
            self.approval_regions.insert(attempt.region.as_deref());
        }
    }

    /// The actions of a stage that are, or might be, manual approvals.
    pub(crate) fn approvals_of(&self, stage: &str) -> BTreeSet<String> {
        let actions = self.actions.iter().filter(|(_, action)| action.may_be_approval);
        let of_stage = actions.filter(|((of, _), _)| *of == Some(stage));
        of_stage.filter_map(|((_, name), _)| name.map(str::to_owned)).collect()
    }

    /// The newest attempt of an action.
    pub(crate) fn newest(&self, stage: &str, action: &str) -> Newest<'a> {
        let found = self.actions.get(&(Some(stage), Some(action)));
        found.map_or(Newest::None, Action::newest)
    }

    /// Every action, also if an attempt does not say which one it is.
    pub(crate) fn actions(&self) -> impl Iterator<Item = (Place<'a>, &Action<'a>)> {
        self.actions.iter().map(|(place, action)| (*place, action))
    }

    /// The attempts that do not say which action they belong to, in a fixed order.
    pub(crate) fn incomplete(&self) -> Vec<&'a Attempt> {
        let mut incomplete = self.incomplete.clone();
        incomplete.sort_by_key(|it| (it.started, it.updated, &it.id, &it.stage, &it.action));
        incomplete
    }

    /// Whether a function ran in the region of every manual approval.
    pub(crate) fn is_beside_approvals(&self, run: &FunctionRun<'_>) -> bool {
        self.approval_regions.iter().all(|region| *region == run.region)
    }
}

impl<'a> FromIterator<&'a Attempt> for Attempts<'a> {
    fn from_iter<T: IntoIterator<Item = &'a Attempt>>(attempts: T) -> Self {
        let mut all = Self::default();
        attempts.into_iter().for_each(|attempt| all.add(attempt));
        all
    }
}

impl<'a> Action<'a> {
    fn add(&mut self, attempt: &'a Attempt) {
        self.all.add(attempt);
        self.may_be_approval |= attempt.kind.may_be_approval();
        match (attempt.kind, attempt.status) {
            (ActionKind::Source, Status::Succeeded) => self.delivered.add(attempt),
            (ActionKind::Unknown, Status::Succeeded | Status::Unknown)
            | (ActionKind::Source, Status::Unknown) => self.may_have_delivered = true,
            _ => {}
        }
        self.runs.extend(FunctionRun::of(attempt));
    }

    pub(crate) fn newest(&self) -> Newest<'a> {
        self.all.newest()
    }
}

/// The attempt of an action that counts: the newest, never any that succeeded. RetryStageExecution
/// keeps the old ones in the history.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Newest<'a> {
    #[default]
    None,
    Is(&'a Attempt),
    /// There are several attempts, and nobody can tell which is the newest.
    Unclear,
}

impl<'a> Newest<'a> {
    fn or(self, attempt: &'a Attempt) -> Self {
        match self {
            Self::None => Self::Is(attempt),
            // A page may have been read twice.
            Self::Is(known) if known == attempt => self,
            Self::Is(_) | Self::Unclear => Self::Unclear,
        }
    }
}

/// Finds the newest of the attempts that are added, in any order.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) struct Latest<'a> {
    started: Option<Timestamp>,
    at_that_time: Newest<'a>,
    /// An attempt without a start time could be the newest.
    at_no_time: Newest<'a>,
}

impl<'a> Latest<'a> {
    fn add(&mut self, attempt: &'a Attempt) {
        if attempt.started.is_none() {
            self.at_no_time = self.at_no_time.or(attempt);
        } else if attempt.started > self.started {
            *self = Self { started: attempt.started, at_that_time: Newest::Is(attempt), ..*self };
        } else if attempt.started == self.started {
            self.at_that_time = self.at_that_time.or(attempt);
        }
    }

    pub(crate) fn newest(self) -> Newest<'a> {
        match (self.at_that_time, self.at_no_time) {
            (Newest::None, newest) | (newest, Newest::None) => newest,
            (Newest::Is(_) | Newest::Unclear, Newest::Is(_) | Newest::Unclear) => Newest::Unclear,
        }
    }
}

/// When CodePipeline noticed the newest rejection of any manual approval in the execution. A
/// time-out is a rejection by nobody.
#[derive(Clone, Copy, Debug, Default)]
pub(crate) enum Rejection {
    #[default]
    None,
    At(Timestamp),
    /// There is one, and nobody can tell when it was.
    Sometime,
}

impl Rejection {
    /// INVARIANT (fail closed): what might be a rejection is treated as one.
    fn and(self, attempt: &Attempt) -> Self {
        let is_rejection = match attempt.status {
            Status::Failed | Status::Unknown => {
                attempt.kind.may_be_approval() && !attempt.failed_unanswered()
            }
            Status::InProgress | Status::Abandoned | Status::Succeeded => false,
        };
        match (self, attempt.updated) {
            _ if !is_rejection => self,
            (Self::Sometime, _) | (_, None) => Self::Sometime,
            (Self::None, Some(at)) => Self::At(at),
            (Self::At(newest), Some(at)) => Self::At(newest.max(at)),
        }
    }

    /// An approval counts only if it was opened after the rejection was noticed.
    ///
    /// The time of the answer does not help: if two answers are given within seconds, the history
    /// may show them in reverse order, so an approval before a rejection can look like one after
    /// it.
    pub(crate) fn supersedes(self, opened: Option<Timestamp>) -> bool {
        match self {
            Self::None => false,
            Self::Sometime => true,
            Self::At(rejected) => opened.is_none_or(|opened| opened <= rejected),
        }
    }
}
