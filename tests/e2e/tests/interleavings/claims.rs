//! The claims about the gate and evidence.

use std::collections::BTreeMap;

use emulator::engine::{ActionRun, ActionStatus};
use evidence::history::History;
use evidence::{AccountSource, Evaluated, Period, Question, Report, Saved, Verdict};
use findings::Severity;
use jiff::Timestamp;
use rule::{Account, Rule};
use serde_json::{Value, json};

use super::people::ACCOUNT;
use super::pipeline::{FUNCTION, PIPELINE};
use super::script::Setting;
use super::truth::Truth;
use super::world::{Caller, JobReport, World};

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
    if truth.is_ignored(report) {
        return None;
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
            false if verdict == Verdict::Satisfied && truth.was_refused_at_last() => {
                says("the gate refused, and nobody approved anything after that")
            }
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
    let list = |operation: &str, member: &str| -> String {
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
                return json!({member: all}).to_string();
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
