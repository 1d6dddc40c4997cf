//! The claims about the desk.

use desk::{Unsent, Waiting};
use emulator::engine::{ActionRun, ActionStatus};
use jiff::{SignedDuration, Timestamp};

use super::people::Who;
use super::pipeline::{PIPELINE, judged_stage};
use super::script::Setting;
use super::truth::Truth;
use super::world::{Inner, World};

/// The desk shows what waits and nothing else, and says who would count.
pub(crate) fn check_look(
    setting: &Setting,
    world: &World,
    who: Who,
    shown: &[Waiting],
    before: Timestamp,
) {
    let now = world.now();
    let pace = |milliseconds| pace(setting, milliseconds);
    let mut broken = Vec::new();
    let inner = world.lock();
    for execution in inner.executions() {
        let truth = Truth { setting, log: &inner.log, execution };
        for run in truth.approvals() {
            let it = shown.iter().find(|it| it.attempt == run.id);
            let answered = truth.act(run, before);
            let what = format!("{} {} of {}", run.action.name, run.id, execution.id);
            // In PARALLEL mode only the history shows what waits, and it lags.
            let late = if setting.mode == "PARALLEL" { pace(35_000) } else { pace(0) };
            if it.is_some() && answered.is_some_and(|act| act.at + late < before) {
                broken.push(format!("the desk shows {what}, which was answered"));
            }
            let is_visible = run.is_open() && run.started + pace(7_500) < before;
            if it.is_none() && is_visible && is_latest(&inner, setting, &truth, run, now) {
                broken.push(format!("the desk does not show {what}"));
            }
            let counts = it.and_then(|it| it.counts);
            broken.extend(check_standing(&truth, run, who, counts, [before, now]));
        }
    }
    let known = |it: &Waiting| {
        let mut executions = inner.executions().iter();
        executions.any(|execution| {
            execution.id == it.execution
                && execution.runs.iter().any(|run| run.id == it.attempt && run.stage == it.stage)
        })
    };
    broken.extend(shown.iter().filter(|it| !known(it)).map(|it| format!("nobody knows {it:?}")));
    drop(inner);
    broken.into_iter().for_each(|what| world.broke(what));
}

/// Whether the state can show it: it is of the last execution in its stage, and its action is still
/// in the pipeline.
fn is_latest(
    inner: &Inner,
    setting: &Setting,
    truth: &Truth<'_>,
    run: &ActionRun,
    now: Timestamp,
) -> bool {
    let pipeline = inner.service.engine.pipeline(PIPELINE).unwrap();
    let declared = pipeline.current.stage(&run.stage);
    let is_declared = declared.is_some_and(|stage| stage.action(&run.action.name).is_some());
    let latest = pipeline.latest_in_stage(&run.stage, now);
    let is_latest = latest.is_some_and(|latest| latest.id == truth.execution.id);
    is_declared && run.counts() && (is_latest || setting.mode == "PARALLEL")
}

/// What the desk says about the approval that somebody could give.
fn check_standing(
    truth: &Truth<'_>,
    run: &ActionRun,
    who: Who,
    counts: Option<bool>,
    [before, now]: [Timestamp; 2],
) -> Option<String> {
    let required = truth.required();
    let is_simple = run.stage == judged_stage(truth.setting.shape)
        && required.contains(&run.action.name.as_str())
        && required.len() == truth.setting.quorum
        && truth.setting.max_age_minutes.is_none()
        && !truth.setting.exclude_initiator
        && !truth.approvals().any(|run| run.status == ActionStatus::Failed);
    if !is_simple || !who.credential.is_their_own() {
        return None;
    }
    let others = || required.iter().filter(|action| **action != run.action.name);
    // In PARALLEL mode an answer is in the history or nowhere. Otherwise the state has it, as soon
    // as it shows the approval.
    let is_known = |run: &ActionRun| match truth.setting.mode {
        "PARALLEL" => !run.in_progress() && run.updated < before,
        _ => run.started + pace(truth.setting, 7_500) < before,
    };
    let is_of_same = others().any(|action| {
        let newest = truth.newest(action, now).filter(|run| is_known(run));
        let act = newest.and_then(|newest| truth.act(newest, before));
        act.is_some_and(|act| act.who.human == who.human && act.who.credential.is_their_own())
    });
    // While somebody looks, others may answer.
    let may_be_of_same = others().any(|action| {
        let act = truth.newest(action, now).and_then(|newest| truth.act(newest, now));
        act.is_some_and(|act| act.who.human == who.human || !act.who.credential.is_their_own())
    });
    let what = format!("{} of {}", run.action.name, truth.execution.id);
    match counts {
        Some(true) if is_of_same => Some(format!("{who:?} would count for {what} once more")),
        Some(false) if !may_be_of_same => {
            Some(format!("{who:?} would not count for {what}, and nothing is against it"))
        }
        _ => None,
    }
}

/// What was sent from the desk is an answer to what was shown, and to nothing else. Nothing was
/// held back that could have been sent.
pub(crate) fn check_answer(
    world: &World,
    who: Who,
    shown: &Waiting,
    sent: &Result<(), Unsent>,
    before: Timestamp,
) {
    let inner = world.lock();
    let acts = || inner.log.acts.iter().filter(|act| act.at >= before && act.is_at_desk);
    let arrived = acts().any(|act| act.who == who && act.attempt == shown.attempt);
    let mut runs = inner.executions().iter().flat_map(|execution| &execution.runs);
    let is_open = runs.any(|run| run.id == shown.attempt && run.is_open() && run.counts());
    let broken = match sent {
        Ok(()) if !arrived => Some("the desk says that it was sent, and it did not arrive"),
        Err(Unsent::Gone | Unsent::Reopened) if is_open => {
            Some("the desk says that it does not wait any more, and it does")
        }
        _ => None,
    };
    drop(inner);
    if let Some(broken) = broken {
        world.broke(format!("{broken}: {who:?} {shown:?} {sent:?}"));
    }
}

/// A delay that was measured at AWS, at the pace of this setting.
fn pace(setting: &Setting, milliseconds: i64) -> SignedDuration {
    SignedDuration::from_millis(milliseconds * i64::from(setting.lag) / 35 + 2)
}
