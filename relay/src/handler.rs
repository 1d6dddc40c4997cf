//! One invocation.

use facts::{Budget, CallError, Floor};
use jiff::Timestamp;
use job::Failed;
use release::{Refusal, Request};
use serde::Serialize;

use crate::event::Event;
use crate::feedback::{self, NotSent};
use crate::judge::{Judge, NotApproved};
use crate::port::{Elsewhere, Feedback, Releases};
use crate::settings::Settings;
use crate::start::{Answer, NotStarted, start};

/// Where the function asks, and what it starts.
#[derive(Debug)]
pub(crate) struct Ports<'a, R, F, E> {
    pub(crate) releases: &'a R,
    pub(crate) feedback: &'a F,
    pub(crate) elsewhere: &'a E,
}

/// What an invocation is about.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Occasion<'a> {
    pub(crate) settings: &'a Settings,
    pub(crate) floor: &'a Floor,
    /// Lambda's id of the request.
    pub(crate) request_id: &'a str,
    pub(crate) budget: Budget,
    pub(crate) now: Timestamp,
}

/// What the function returns.
#[derive(Clone, Debug, PartialEq, Eq, Serialize)]
#[serde(untagged)]
pub(crate) enum Reply {
    /// To a request.
    Answer(Answer),
    /// To the records of SNS.
    Answers(Vec<Answer>),
    /// To lines of a log: how many messages were sent.
    Sent { sent: usize },
}

/// Handles one event.
///
/// # Errors
/// What Lambda shows: `Refused` if a request may not be released, `Misconfigured` if the function
/// itself is not set up, and `Unavailable` if AWS did not answer, which is worth another try.
pub(crate) async fn handle<R: Releases, F: Feedback, E: Elsewhere>(
    ports: &Ports<'_, R, F, E>,
    occasion: Occasion<'_>,
    event: Event,
) -> Result<Reply, Failed> {
    match event {
        Event::Request(json) => {
            requested(ports, occasion, &json, occasion.request_id).await.map(Reply::Answer)
        }
        Event::Records(records) => recorded(ports, occasion, &records).await.map(Reply::Answers),
        Event::Lines(lines) => {
            let messages = feedback::messages(&lines);
            let left_out = lines.events.len().saturating_sub(messages.len());
            if left_out > 0 {
                tracing::warn!(stream = lines.stream, left_out, "lines that name no release");
            }
            let sent = feedback::send(ports.feedback, messages, occasion.budget).await;
            sent.map(|sent| Reply::Sent { sent }).map_err(|error| failed(&error.into()))
        }
    }
}

/// Each record is judged. One that is refused does not stop the others.
async fn recorded<R: Releases, F: Feedback, E: Elsewhere>(
    ports: &Ports<'_, R, F, E>,
    occasion: Occasion<'_>,
    records: &[String],
) -> Result<Vec<Answer>, Failed> {
    let mut answers = Vec::new();
    let mut failures: Vec<Failed> = Vec::new();
    for (number, record) in (1..).zip(records) {
        let id = format!("{}-{number}", occasion.request_id);
        match requested(ports, occasion, record, &id).await {
            Ok(answer) => answers.push(answer),
            Err(Failed { name, message }) => {
                let message = format!("record {number} of {}: {message}", records.len());
                failures.push(Failed { name, message });
            }
        }
    }
    // Lambda tries again if anything is worth it; what was released is not released twice.
    let worth_it = failures.iter().any(|failure| failure.name == UNAVAILABLE);
    let messages = failures.iter().map(|failure| failure.message.as_str());
    let message = messages.collect::<Vec<_>>().join("\n");
    match failures.first() {
        None => Ok(answers),
        Some(_) if worth_it => Err(Failed { name: UNAVAILABLE, message }),
        Some(first) => Err(Failed { name: first.name, message }),
    }
}

async fn requested<R: Releases, F: Feedback, E: Elsewhere>(
    ports: &Ports<'_, R, F, E>,
    occasion: Occasion<'_>,
    json: &str,
    id: &str,
) -> Result<Answer, Failed> {
    let request = Request::parse(json);
    let ticket = request.as_ref().ok().and_then(|request| request.ticket.clone());
    let released = match &request {
        Ok(request) => released(ports, occasion, request).await,
        Err(error) => Err(NotApproved::from(error.clone()).into()),
    };
    match released {
        Ok(answer) => {
            tracing::info!(
                started = answer.started,
                pipeline = answer.pipeline,
                execution_id = answer.execution_id,
                "{}",
                answer.message
            );
            Ok(answer)
        }
        Err(problem) => {
            if let Problem::Judgement(NotApproved::Refused(reasons)) = &problem {
                let refusal = Refusal { ticket, reasons: reasons.clone() };
                let messages = feedback::refusal(refusal, id);
                // The invocation itself fails with the reasons, so this is only for the sender.
                if let Err(error) = feedback::send(ports.feedback, messages, occasion.budget).await
                {
                    tracing::error!(%error, "the sender does not learn of the refusal");
                }
            }
            let failed = failed(&problem);
            tracing::error!(name = failed.name, "{}", failed.message);
            Err(failed)
        }
    }
}

async fn released<R: Releases, F, E: Elsewhere>(
    ports: &Ports<'_, R, F, E>,
    Occasion { settings, floor, budget, now, .. }: Occasion<'_>,
    request: &Request,
) -> Result<Answer, Problem> {
    let rule = floor.rule().map_err(|error| {
        NotApproved::Misconfigured(format!("the relay's own rule is wrong: {error}"))
    })?;
    let judge = Judge { rule, settings, now };
    let approved = judge.judge(request, ports.elsewhere, budget).await?;
    Ok(start(ports.releases, &settings.state_machine, &approved, budget).await?)
}

/// Why an invocation fails.
#[derive(Debug, thiserror::Error)]
enum Problem {
    #[error(transparent)]
    Judgement(#[from] NotApproved),
    #[error(transparent)]
    Start(#[from] NotStarted),
    #[error(transparent)]
    Feedback(#[from] NotSent),
}

const REFUSED: &str = "Refused";
const MISCONFIGURED: &str = "Misconfigured";
const UNAVAILABLE: &str = "Unavailable";

fn failed(problem: &Problem) -> Failed {
    let call = match problem {
        Problem::Judgement(NotApproved::Refused(_)) | Problem::Start(NotStarted::TooLarge(_)) => {
            return Failed::new(REFUSED, problem);
        }
        Problem::Judgement(NotApproved::Misconfigured(_)) => {
            return Failed::new(MISCONFIGURED, problem);
        }
        Problem::Feedback(NotSent::Untaken { .. }) => return Failed::new(UNAVAILABLE, problem),
        Problem::Judgement(NotApproved::Unknown(call))
        | Problem::Start(NotStarted::Call(call))
        | Problem::Feedback(NotSent::Call(call)) => call,
    };
    match call {
        CallError::AccessDenied { operation, .. } => Failed {
            name: MISCONFIGURED,
            message: format!("{problem}. Allow the relay {}.", operation.iam_action()),
        },
        CallError::Transient { .. }
        | CallError::NotSent { .. }
        | CallError::Refused { .. }
        | CallError::Malformed { .. } => Failed::new(UNAVAILABLE, problem),
    }
}
