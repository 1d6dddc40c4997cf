//! What really happened in one execution, from the log of all acts. It shares nothing with the
//! gate: it knows humans, not principals.

use std::collections::BTreeSet;

use emulator::engine::{ActionKind, ActionRun, ActionStatus, Execution};
use jiff::{SignedDuration, Timestamp};

use super::pipeline::{DEPLOY, judged_stage, named_actions};
use super::script::Setting;
use super::world::{Act, JobReport, Log};

/// What CodePipeline needs at most to notice an answer, and the gate to ask.
const SLACK: SignedDuration = SignedDuration::from_secs(70);

pub(crate) struct Truth<'a> {
    pub(crate) setting: &'a Setting,
    pub(crate) log: &'a Log,
    pub(crate) execution: &'a Execution,
}

/// Whether an approval may seem older than this at the time of a report. Where the state does not
/// show an answer, it is taken to be a minute older than the history says.
fn may_be_older(act: &Act, minutes: i64, report: &JobReport) -> bool {
    act.at + SignedDuration::from_mins(minutes - 1) <= report.at
}

impl<'a> Truth<'a> {
    /// The actions that have to be approved.
    pub(crate) fn required(&self) -> Vec<&'a str> {
        if let Some(named) = named_actions(self.setting.shape) {
            return named.to_vec();
        }
        let stages = self.execution.declaration.structure.stages.iter();
        let judged = stages.filter(|stage| stage.name == judged_stage(self.setting.shape));
        let actions = judged.flat_map(|stage| &stage.actions);
        let approvals = actions.filter(|action| action.kind() == ActionKind::ManualApproval);
        approvals.map(|action| action.name.as_str()).collect()
    }

    pub(crate) fn approvals(&self) -> impl Iterator<Item = &'a ActionRun> {
        self.execution.runs.iter().filter(|run| run.is_approval())
    }

    /// The newest attempt of an action that was opened by then.
    pub(crate) fn newest(&self, action: &str, by: Timestamp) -> Option<&'a ActionRun> {
        let judged = judged_stage(self.setting.shape);
        let attempts =
            self.approvals().filter(|run| run.stage == judged && run.action.name == action);
        attempts.filter(|run| run.started <= by).last()
    }

    pub(crate) fn act(&self, run: &ActionRun, by: Timestamp) -> Option<&'a Act> {
        self.log.acts.iter().find(|act| act.attempt == run.id && act.at <= by)
    }

    /// The humans who approved everything for this report. Every doubt is resolved in their
    /// favour: the gate reads while others act.
    ///
    /// # Errors
    /// What is missing.
    pub(crate) fn humans(&self, report: &JobReport) -> Result<BTreeSet<usize>, String> {
        let mut humans = BTreeSet::new();
        for action in self.required() {
            let run = self.newest(action, report.began);
            let run = run.ok_or_else(|| format!("{action} was never opened"))?;
            let act = self.act(run, report.at).filter(|act| act.approves);
            let act = act.ok_or_else(|| format!("{action} was not approved"))?;
            let rejected = self.approvals().find(|other| {
                self.act(other, report.at).is_some_and(|act| !act.approves)
                    && !other.in_progress()
                    && other.updated <= report.began
                    && run.started <= other.updated
            });
            if let Some(rejected) = rejected {
                let rejected = &rejected.action.name;
                return Err(format!("{action} was opened before {rejected} was rejected"));
            }
            if let Some(minutes) = self.setting.max_age_minutes
                && act.at + SignedDuration::from_mins(minutes) + SLACK < report.began
            {
                return Err(format!("{action} was approved too long ago"));
            }
            humans.insert(act.who.human);
        }
        if self.setting.exclude_initiator {
            humans.retain(|human| self.starter().is_none_or(|(starter, _)| starter != *human));
        }
        Ok(humans)
    }

    /// The human who started it, and whether their credential says so.
    fn starter(&self) -> Option<(usize, bool)> {
        let mut starters = self.log.starters.iter();
        let (_, who) = starters.find(|(id, _)| *id == self.execution.id)?;
        Some((who.human, who.credential.is_their_own()))
    }

    /// Whether it is certain that enough humans approved for this report, each with
    /// their personal credentials.
    pub(crate) fn is_beyond_doubt(&self, report: &JobReport) -> bool {
        let mut humans = BTreeSet::new();
        for action in self.required() {
            let Some(run) = self.newest(action, report.at) else { return false };
            let Some(act) = self.act(run, report.began).filter(|act| act.approves) else {
                return false;
            };
            let is_noticed = !run.in_progress() && run.updated <= report.began;
            let is_old = self
                .setting
                .max_age_minutes
                .is_some_and(|minutes| may_be_older(act, minutes, report));
            if !is_noticed || is_old || self.was_open_at_a_failure(run) {
                return false;
            }
            if !act.who.credential.is_their_own() {
                return false;
            }
            humans.insert(act.who.human);
        }
        if self.setting.exclude_initiator {
            match self.starter() {
                Some((starter, true)) if !humans.contains(&starter) => {}
                _ => return false,
            }
        }
        humans.len() >= self.setting.quorum && !self.is_ambiguous()
    }

    /// Whether any approval was rejected, timed out or failed after this one was opened.
    pub(crate) fn was_open_at_a_failure(&self, run: &ActionRun) -> bool {
        self.approvals().any(|other| {
            other.status == ActionStatus::Failed
                && (other.in_progress()
                    || run.started.as_millisecond() <= other.updated.as_millisecond())
        })
    }

    /// Whether the history cannot tell which of two attempts is newer: they began in the same
    /// millisecond, which happens only without lag.
    fn is_ambiguous(&self) -> bool {
        let mut begun = BTreeSet::new();
        self.approvals().any(|run| !begun.insert((&run.action.name, run.started.as_millisecond())))
    }

    /// Whether CodePipeline noticed a rejection after this run of the gate had begun.
    pub(crate) fn was_rejected_since(&self, run: &ActionRun) -> bool {
        let mut failed = self.approvals().filter(|other| other.noticed == ActionStatus::Failed);
        // The lists show milliseconds.
        failed.any(|other| run.started.as_millisecond() <= other.updated.as_millisecond())
    }

    /// Whether what happened justifies a reason of a refusal.
    pub(crate) fn justifies(&self, code: &str, report: &JobReport) -> bool {
        let newest: Vec<Option<&ActionRun>> =
            self.required().iter().map(|action| self.newest(action, report.at)).collect();
        let runs = || newest.iter().flatten();
        let acts: Vec<&Act> = runs().filter_map(|run| self.act(run, report.at)).collect();
        let approved: Vec<&&Act> = acts.iter().filter(|act| act.approves).collect();
        let is_shared = || approved.iter().any(|act| !act.who.credential.is_their_own());
        match code {
            "quorum-not-met" => true,
            "same-person" => {
                let humans: BTreeSet<usize> = approved.iter().map(|act| act.who.human).collect();
                humans.len() < approved.len() || is_shared()
            }
            "shared-role" => is_shared(),
            "missing-approval" => {
                newest.len() < 2 || approved.len() < newest.len() || self.is_ambiguous()
            }
            "rejected" => {
                acts.len() > approved.len() || runs().any(|run| run.status == ActionStatus::Failed)
            }
            "superseded-by-rejection" => runs().any(|run| self.was_open_at_a_failure(run)),
            "initiator" => {
                let is_starter = |human| match self.starter() {
                    Some((starter, true)) => starter == human,
                    Some((_, false)) | None => true,
                };
                let joined = |act: &&&Act| is_starter(act.who.human) || is_shared();
                self.setting.exclude_initiator && approved.iter().any(joined)
            }
            "too-old" => self.setting.max_age_minutes.is_some_and(|minutes| {
                let is_old = |act: &&&Act| may_be_older(act, minutes, report);
                approved.iter().any(is_old)
            }),
            _ => false,
        }
    }

    /// Whether the history did not show the end of an approval while the gate asked. It never shows
    /// the end of one that an update of the pipeline canceled.
    pub(crate) fn lagged(&self, report: &JobReport) -> bool {
        self.approvals().any(|run| {
            let is_answered = self.act(run, report.at).is_some();
            let is_canceled = || {
                let mut updates = self.log.updates.iter();
                updates.any(|at| run.started <= *at && *at <= report.at)
            };
            let is_shown = !run.in_progress() && run.updated <= report.began;
            !is_shown && (is_answered || is_canceled())
        })
    }

    /// Whether the gate's run was abandoned, so that CodePipeline ignores what it reports.
    pub(crate) fn is_ignored(&self, report: &JobReport) -> bool {
        let run = self.execution.run_of_job(&report.job);
        run.is_some_and(|run| run.status == ActionStatus::Abandoned)
    }

    pub(crate) fn deployments(&self) -> impl Iterator<Item = &'a ActionRun> {
        self.execution.runs.iter().filter(|run| run.action.name == DEPLOY)
    }

    pub(crate) fn gate_runs(&self) -> impl Iterator<Item = &'a ActionRun> {
        self.execution.runs.iter().filter(|run| run.action.kind() == ActionKind::Lambda)
    }

    /// The reports on the jobs of this execution.
    pub(crate) fn reports(&self) -> impl Iterator<Item = &'a JobReport> {
        let of_here = |report: &&JobReport| self.execution.run_of_job(&report.job).is_some();
        self.log.reports.iter().filter(of_here)
    }

    /// Whether the last report is a refusal, and nobody approved anything here after it or while it
    /// was made.
    pub(crate) fn was_refused_at_last(&self) -> bool {
        let Some(last) = self.reports().max_by_key(|report| report.at) else { return false };
        let approved_since = self.approvals().any(|run| {
            self.act(run, Timestamp::MAX).is_some_and(|act| act.at + SLACK >= last.began)
        });
        last.failure[0] == "JobFailed" && !approved_since
    }

    pub(crate) fn is_forged(&self) -> bool {
        self.reports().any(|report| report.is_forged)
    }
}
