//! A pipeline: the form to start a release, and the last ones.

use evidence::history::PipelineExecution;
use evidence::{ApprovalAttempt, Counting, Evaluated, Exception, GateReport, GateRun, Verdict};
use maud::{Markup, html};
use names::shown;
use rule::{AtIs, Status};

use super::{frame, parts};
use crate::past::Past;
use crate::port;
use crate::report::json::Release;
use crate::report::pending::person;

/// A pipeline.
#[derive(Debug)]
pub(in crate::web) struct History {
    pub(in crate::web) pipeline: String,
    /// The newest executions, newest first.
    pub(in crate::web) listed: Vec<PipelineExecution>,
    /// How they were judged, with a note about the gate; or why they were not.
    pub(in crate::web) judged: Result<(Past, Option<String>), String>,
    /// `None` if nobody has signed in.
    pub(in crate::web) starting: Option<Starting>,
}

/// What somebody has to know before they start a release.
#[derive(Debug)]
pub(in crate::web) struct Starting {
    /// The people with a signing key, without the visitor.
    pub(in crate::web) people: Vec<String>,
    /// Whether the rule does not count the person who started.
    pub(in crate::web) excludes_starter: bool,
    /// The role that CodePipeline will record as the starter, if the rule does not believe the
    /// names of its sessions.
    pub(in crate::web) untrusted: Option<String>,
}

pub(in crate::web) fn history(visitor: Option<&str>, view: &History) -> Markup {
    frame(
        &shown(&view.pipeline),
        visitor,
        &html! {
            h1 { (shown(&view.pipeline)) }
            @if let Some(starting) = &view.starting { (form(&view.pipeline, starting)) }
            h2 .group { "Last releases" }
            @match &view.judged {
                Ok((past, note)) => (judged_by(view.listed.len(), past, note.as_deref())),
                Err(problem) => {
                    p .status.bad { "The releases cannot be judged: " (shown(problem)) "." }
                }
            }
            @for execution in &view.listed { (card(view, execution)) }
        },
    )
}

/// What the verdicts are, and what they assume.
fn judged_by(count: usize, past: &Past, note: Option<&str>) -> Markup {
    html! {
        p .quiet {
            "The newest " (count) ", judged by the rule as it is now, beside what the gate said \
             then. The gate is the function " code { (past.report.gate()) } "."
        }
        @for note in past.report.notes().iter().map(String::as_str).chain(note) {
            p .quiet { (shown(note)) }
        }
        @if !past.assumed_roles.is_empty() {
            p .quiet {
                "The desk may not look at the role "
                (shown(&past.assumed_roles.join(", ")))
                " in IAM, and takes it to be one of IAM Identity Center."
            }
        }
    }
}

fn form(pipeline: &str, starting: &Starting) -> Markup {
    html! {
        section {
            h2 { "Start a release" }
            form .start method="post" action="/start" {
                input type="hidden" name="pipeline" value=(pipeline);
                label for="ask" { "Who should approve it?" }
                select #ask name="ask" {
                    option value="" { "Anybody who may" }
                    @for person in &starting.people { option value=(person) { (shown(person)) } }
                }
                @if starting.excludes_starter { p { (excluded(starting.untrusted.as_deref())) } }
                button .main type="submit" { "Start the release" }
                (parts::status())
                noscript { p .status.bad { "Starting a release needs JavaScript." } }
            }
        }
    }
}

/// What the rule makes of the person who starts.
fn excluded(untrusted: Option<&str>) -> Markup {
    html! {
        @match untrusted {
            None => {
                "The rule does not count the person who starts a release: if you start it, you "
                "cannot approve it."
            }
            Some(role) => {
                "If you start it, nobody can approve it. The rule does not count the person who "
                "starts a release, and CodePipeline records a session of " code { (shown(role)) }
                ", which may be anybody because the rule does not trust the role: "
                code { "trustedSessionRoles" } " does not name it."
            }
        }
    }
}

fn card(view: &History, execution: &PipelineExecution) -> Markup {
    let past = view.judged.as_ref().ok().map(|(past, _)| past);
    let evaluated = past.and_then(|past| past.judged(&execution.id));
    let unreadable = past.and_then(|past| past.unreadable.get(&execution.id));
    html! {
        section .past {
            h2 {
                a href={ "/e/" (view.pipeline) "/" (execution.id) } {
                    @match execution.started {
                        Some(started) => (parts::time(started)),
                        None => (shown(&execution.id)),
                    }
                }
                " " span .quiet { (parts::words(execution.status.as_str())) }
            }
            (parts::releases(&releases(execution, past)))
            @if let Some(problem) = unreadable {
                p .status.bad { "It cannot be read: " (shown(problem)) "." }
            }
            @if let Some(evaluated) = evaluated { (details(evaluated)) }
        }
    }
}

fn details(evaluated: &Evaluated) -> Markup {
    html! {
        p .quiet { "Started by " (shown(parts::short(&evaluated.started_by()))) }
        (verdict(evaluated))
        @if !evaluated.approvals.is_empty() {
            ul .answers { @for it in &evaluated.approvals { li { (approval(it)) } } }
        }
        @if let Some(run) = evaluated.gate_runs.last() {
            (then(run, evaluated.gate_agrees()))
        }
        @for it in &evaluated.exceptions { (exception(it)) }
    }
}

/// What the execution released, with what its Source actions said.
fn releases(execution: &PipelineExecution, past: Option<&Past>) -> Vec<Release> {
    let release = |revision: &evidence::history::Revision| {
        let mut release = port::Release::from(revision.clone());
        past.iter().for_each(|past| past.sources.complete(&mut release));
        Release::from(&release)
    };
    execution.revisions.iter().map(release).collect()
}

/// The verdict of the rule as it is now.
fn verdict(evaluated: &Evaluated) -> Markup {
    let persons: Vec<String> = evaluated.persons().iter().map(|it| person(it)).collect();
    let decision = evaluated.decision.iter();
    let mut reasons = decision.flat_map(|decision| &decision.record().reasons);
    let (class, badge) = match evaluated.verdict {
        Verdict::Satisfied => ("good", "Satisfied"),
        Verdict::Unsatisfied => ("bad", "Unsatisfied"),
        Verdict::NoGate => ("bad", "No gate"),
        Verdict::NotFinished => ("odd", "Not finished"),
        Verdict::NotApplicable => ("odd", "Not applicable"),
        Verdict::Error => ("bad", "Not judged"),
    };
    html! {
        p {
            span .badge.(class) { (badge) } " "
            @match evaluated.verdict {
                Verdict::Satisfied => { "by " (persons.join(" and ")) "." }
                Verdict::Unsatisfied => {
                    @for why in reasons.by_ref() { (shown(&why.message)) "." }
                }
                Verdict::Error => { (shown(evaluated.problem.as_deref().unwrap_or_default())) }
                other => { (other.meaning()) }
            }
            @if evaluated.released {
                " It went on past the gate."
            } @else if !evaluated.execution.status.is_active() {
                " It released nothing."
            }
        }
    }
}

/// One attempt of an approval.
fn approval(approval: &ApprovalAttempt) -> Markup {
    let attempt = &approval.attempt;
    let principal = attempt.approver.history.as_deref().map(|it| shown(parts::short(it)));
    let by = match &approval.counting {
        Counting::As(key) => Some(person(key)),
        Counting::Not(_) | Counting::Replaced | Counting::NotRequired | Counting::NotJudged => {
            principal
        }
    };
    html! {
        strong { (shown(attempt.action.as_deref().unwrap_or("?"))) } " "
        @match attempt.status {
            Status::InProgress => { "waits" }
            Status::Succeeded => { "approved" }
            Status::Failed => { "rejected, timed out or failed" }
            Status::Abandoned => { "abandoned" }
            Status::Unknown => { "has an unknown status" }
        }
        @if let Some(by) = by { " by " (by) }
        @if let (Counting::As(_), Some(basis)) = (&approval.counting, approval.basis) {
            " " span .quiet { "(" (basis.as_str()) ")" }
        }
        @if let Some((at, at_is)) = approval.at() {
            ", " @if at_is == AtIs::Noticed { "noticed " } (parts::time(at))
        }
        @if let Some(signature) = &approval.signature {
            " " span .badge.good title=(signature.describe()) { "signed" }
        }
        @match &approval.counting {
            Counting::Not(reason) if attempt.status == Status::Succeeded => {
                " " span .badge.bad { "does not count" } " " code { (reason.as_str()) }
            }
            Counting::Replaced => { " " span .quiet { "replaced by a newer attempt" } }
            Counting::NotRequired => { " " span .quiet { "not required" } }
            Counting::As(_) | Counting::Not(_) | Counting::NotJudged => {}
        }
        @if let Some(comment) = approval.comment() {
            blockquote { @for line in comment.lines() { (shown(line)) "\n" } }
        }
    }
}

/// What the gate said then, and whether the rule as it is now agrees.
fn then(run: &GateRun, agrees: Option<bool>) -> Markup {
    html! {
        p {
            @match &run.report {
                GateReport::Satisfied { approvers, basis, .. } => {
                    "The gate said then: satisfied"
                    @if let Some(approvers) = approvers { " by " (shown(approvers)) }
                    @if let Some(basis) = basis { ", basis " (shown(basis)) }
                    "."
                }
                GateReport::Unsatisfied => { "The gate said then: unsatisfied." }
                GateReport::SuccessWithoutVerdict => {
                    "The gate's action succeeded then without a verdict."
                }
                GateReport::Failure => { "The gate failed then without a verdict." }
                GateReport::Nothing => { "The gate has reported nothing." }
            }
            @match agrees {
                Some(true) => { " The rule as it is now says the same." }
                Some(false) => { " " span .badge.bad { "The rule as it is now says otherwise" } }
                None => {}
            }
        }
        @if let (true, Some(message)) = (run.status == Status::Failed, &run.message) {
            details {
                summary { "In the gate's words" }
                p .said { @for line in message.lines() { (shown(line)) "\n" } }
            }
        }
    }
}

/// Something that an auditor would look at.
fn exception(exception: &Exception) -> Markup {
    let severity = exception.code.severity().as_str();
    let class = if severity == "error" { "bad" } else { "odd" };
    html! {
        p {
            span .badge.(class) { (severity) } " " code { (exception.code.as_str()) } " "
            (shown(&exception.message))
        }
    }
}
