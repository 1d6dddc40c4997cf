//! What must hold, whatever happened.

use std::collections::BTreeMap;

use desk::{Unsent, Waiting};
use emulator::engine::{ActionRun, ActionStatus};
use evidence::history::History;
use evidence::{AccountSource, Evaluated, Period, Question, Report, Saved, Verdict};
use findings::Severity;
use jiff::{SignedDuration, Timestamp};
use rule::{Account, Rule};
use serde_json::{Value, json};

use super::people::{ACCOUNT, Who};
use super::pipeline::{FUNCTION, PIPELINE};
use super::script::Setting;
use super::truth::Truth;
use super::world::{Caller, Inner, JobReport, World};

/// What happened in the scripts, so that nobody has to believe that anything did.
pub(crate) type Seen = BTreeMap<&'static str, usize>;

/// Compares what the gate reported, what ran behind it and what evidence finds with the truth.
pub(crate) fn check(setting: &Setting, rule: &str, world: &World) -> Seen {
    let report = evidence(rule, world);
    let mut seen = Seen::new();
    let mut broken = Vec::new();
    let inner = world.lock();
    let mut count = |what| *seen.entry(what).or_default() += 1;
    for execution in inner.executions() {
        let truth = Truth { setting, log: &inner.log, execution };
        count("executions");
        for report in truth.reports().filter(|report| !report.is_forged) {
            count(if report.success { "gate passed" } else { "gate refused" });
            broken.extend(check_report(&truth, report));
        }
        broken.extend(check_gate_runs(&truth));
        if truth.deployments().next().is_some() {
            count("releases");
        }
        let evaluated = report.executions().iter().find(|it| it.execution.id == execution.id);
        match evaluated {
            Some(evaluated) => {
                count(evaluated.verdict.as_str());
                broken.extend(check_evidence(&truth, evaluated));
            }
            None => broken.push(format!("evidence does not know execution {}", execution.id)),
        }
    }
    for act in inner.log.acts.iter() {
        count(if act.approves { "approvals" } else { "rejections" });
        if act.is_at_desk {
            count("answers at the desk");
            if !inner.log.wanted.contains(&(act.who, act.attempt.clone())) {
                broken.push(format!("the desk answered what nobody was shown: {act:?}"));
            }
        }
    }
    drop(inner);
    broken.into_iter().for_each(|what| world.broke(what));
    seen
}

/// The gate lets nothing pass that fewer humans approved than the quorum, and refuses only for what
/// happened.
fn check_report(truth: &Truth<'_>, report: &JobReport) -> Option<String> {
    let id = &truth.execution.id;
    if report.success {
        return match truth.humans(report) {
            Ok(humans) if humans.len() >= truth.setting.quorum => None,
            found => Some(format!("the gate let {id} pass, and in truth: {found:?}")),
        };
    }
    let [kind, message] = &report.failure;
    match kind.as_str() {
        "JobFailed" => {
            if truth.is_beyond_doubt(report) {
                return Some(format!("enough humans approved {id}, and the gate says: {message}"));
            }
            let reasons = message.lines().skip_while(|line| *line != "Why:");
            let reasons = reasons.filter_map(|line| line.strip_prefix("- "));
            let codes: Vec<&str> =
                reasons.filter_map(|reason| Some(reason.split_once(": ")?.0)).collect();
            let unfounded = codes.iter().find(|code| !truth.justifies(code, report));
            let unfounded = unfounded.copied().or(codes.is_empty().then_some("no reason"));
            unfounded.map(|code| format!("of {id} the gate says without cause {code}: {message}"))
        }
        "SystemUnavailable" if truth.lagged(report) => None,
        _ => Some(format!("of {id} the gate says {kind}: {message}")),
    }
}

/// Every job has a result in time, and nothing is deployed that a gate before it did not let pass.
fn check_gate_runs(truth: &Truth<'_>) -> Option<String> {
    let id = &truth.execution.id;
    let hangs = |run: &&ActionRun| {
        run.in_progress() || run.error.as_ref().is_some_and(|error| error.code == "TimeoutError")
    };
    if truth.gate_runs().any(|run| hangs(&run)) {
        return Some(format!("a job of {id} never got a result"));
    }
    let has_gate = truth.gate_runs().next().is_some();
    let passed = |before: Timestamp| {
        let mut runs = truth.gate_runs();
        runs.any(|run| run.noticed == ActionStatus::Succeeded && run.updated <= before)
    };
    let around = truth.deployments().any(|run| has_gate && !passed(run.started));
    around.then(|| format!("{id} was deployed before its gate passed"))
}

/// Evidence agrees with the gate, and finds every release without enough humans.
fn check_evidence(truth: &Truth<'_>, evaluated: &Evaluated) -> Option<String> {
    let id = &truth.execution.id;
    let codes: Vec<&str> = evaluated.exceptions.iter().map(|it| it.code.as_str()).collect();
    let is_serious = evaluated.exceptions.iter().any(|it| it.code.severity() == Severity::Error);
    let verdict = evaluated.verdict;
    let passed = || truth.reports().any(|report| report.success && !report.is_forged);
    let says = |what: &str| Some(format!("of {id} evidence says {verdict:?} {codes:?}: {what}"));
    let Some(deployed) = truth.deployments().map(|run| run.started).next() else {
        // It stopped, or nothing behind the gate is a deployment.
        return match truth.is_forged() {
            false if evaluated.gate_agrees() == Some(false) => says("the gate reported otherwise"),
            _ => None,
        };
    };
    if !evaluated.released {
        return says("it was released");
    }
    if truth.gate_runs().next().is_none() {
        return if codes.contains(&"no-gate") { None } else { says("there was no gate") };
    }
    if truth.is_forged() {
        let at_the_end = JobReport {
            at: deployed,
            began: deployed,
            job: String::new(),
            is_forged: true,
            success: true,
            failure: Default::default(),
        };
        let humans = truth.humans(&at_the_end).unwrap_or_default();
        let enough = passed() || humans.len() >= truth.setting.quorum;
        return if enough || is_serious { None } else { says("too few humans approved") };
    }
    if evaluated.gate_agrees() != Some(true) {
        return says("the gate reported otherwise");
    }
    // A rejection counts against a release even if the gate cannot have seen it.
    let is_rejected = || truth.gate_runs().any(|run| truth.was_rejected_since(run));
    if (verdict != Verdict::Satisfied || is_serious) && !is_rejected() {
        return says("the gate let it pass");
    }
    None
}

fn evidence(rule: &str, world: &World) -> Report {
    let list = |operation: &str, member: &str| -> Vec<u8> {
        let mut all = Vec::new();
        let mut token = Value::Null;
        loop {
            let mut input = json!({"pipelineName": PIPELINE, "maxResults": 100});
            if !token.is_null() {
                input["nextToken"] = token;
            }
            let body = input.to_string();
            let mut page = world.call(Caller::Gate, operation, body.as_bytes()).unwrap().unwrap();
            all.append(page[member].as_array_mut().unwrap());
            token = page["nextToken"].take();
            if token.is_null() {
                return json!({member: all}).to_string().into_bytes();
            }
        }
    };
    let mut history = History::default();
    for (operation, member) in [
        ("ListPipelineExecutions", "pipelineExecutionSummaries"),
        ("ListActionExecutions", "actionExecutionDetails"),
    ] {
        Saved::parse(&list(operation, member)).unwrap().add_to(&mut history).unwrap();
    }
    let question = Question {
        pipeline: PIPELINE.to_owned(),
        period: Period::default(),
        execution: None,
        rule: Rule::floor(rule).unwrap(),
        pipeline_arn: None,
        account: AccountSource::Given(Account::new(ACCOUNT)),
        has_snapshot: false,
        gate: FUNCTION.parse().unwrap(),
    };
    Report::new(question, history, None).unwrap()
}

/// The desk shows what waits and nothing else, and says who would count.
pub(crate) fn check_look(
    setting: &Setting,
    world: &World,
    who: Who,
    shown: &[Waiting],
    before: Timestamp,
) {
    let now = world.now();
    // What was measured at AWS, at this pace.
    let pace = |milliseconds: i64| {
        SignedDuration::from_millis(milliseconds * i64::from(setting.lag) / 35 + 2)
    };
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
    let is_simple = run.stage == super::pipeline::judged_stage(truth.setting.shape)
        && required.contains(&run.action.name.as_str())
        && required.len() == truth.setting.quorum
        && truth.setting.max_age_minutes.is_none()
        && !truth.setting.exclude_initiator
        && !truth.approvals().any(|run| run.status == ActionStatus::Failed);
    if !is_simple || !who.credential.is_their_own() {
        return None;
    }
    let others = required.iter().filter(|action| **action != run.action.name);
    // In PARALLEL mode an answer is in the history or nowhere.
    let is_known = |run: &ActionRun| {
        truth.setting.mode != "PARALLEL" || (!run.in_progress() && run.updated < before)
    };
    let mut others = others.filter_map(|action| {
        truth.act(truth.newest(action, now).filter(|run| is_known(run))?, before)
    });
    let (mut of_same, mut of_shared) = (false, false);
    others.by_ref().for_each(|act| {
        of_same |= act.who.human == who.human && act.who.credential.is_their_own();
        of_shared |= !act.who.credential.is_their_own();
    });
    let what = format!("{} of {}", run.action.name, truth.execution.id);
    match counts {
        Some(true) if of_same => Some(format!("{who:?} would count for {what} once more")),
        Some(false) if !of_same && !of_shared => {
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
