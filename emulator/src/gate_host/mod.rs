//! Runs the gate as Lambda does: a real process that asks the Lambda Runtime API for events.

mod runtime_api;
mod sandbox;

use std::path::PathBuf;
use std::sync::Mutex;
use std::sync::PoisonError;
use std::time::Duration;

use serde_json::Value;
use tokio::sync::{mpsc, oneshot};
use tokio::task::JoinHandle;
use uuid::Uuid;

use sandbox::Sandbox;

/// If a function fails on an asynchronous invocation, Lambda invokes it twice more, with the same
/// request id and event.
/// <https://docs.aws.amazon.com/lambda/latest/dg/invocation-async-error-handling.html>
const ATTEMPTS: u32 = 3;

/// How to run the gate.
#[derive(Debug, Clone)]
pub struct GateConfig {
    /// The program.
    pub program: PathBuf,
    /// The arguments.
    pub arguments: Vec<String>,
    /// Its whole environment except `AWS_LAMBDA_RUNTIME_API`. It inherits nothing.
    pub environment: Vec<(String, String)>,
    /// The ARN that the function gets as its own, unless an invocation names another.
    pub function_arn: String,
    /// The time after which the process of an invocation is killed.
    pub timeout: Duration,
    /// The delay between the attempts of an asynchronous invocation.
    pub retry_delay: Duration,
    /// The destination of the process's output.
    pub output: ChildOutput,
}

/// The destination of the gate's output.
#[derive(Debug, Clone)]
pub enum ChildOutput {
    /// To this program's standard error.
    Stderr,
    /// Nowhere.
    Discard,
    /// Line by line to a receiver.
    Capture(mpsc::UnboundedSender<String>),
}

/// The outcome of an invocation.
#[derive(Debug, Clone, PartialEq)]
pub enum Outcome {
    /// The function returned.
    Ok(Value),
    /// The function reported an error.
    FunctionError {
        /// The name of the error.
        kind: String,
        /// Its text.
        message: String,
    },
    /// The function did not answer in time, and its process was killed.
    Timeout,
    /// The process ended or did not start.
    Exited(String),
}

/// The gate's process. It starts when it is needed, and restarts if it has ended.
///
/// The host queues invocations: one at a time, as in one sandbox of Lambda.
#[derive(Debug)]
pub struct GateHost {
    requests: mpsc::UnboundedSender<Request>,
    function_arn: String,
    retry_delay: Duration,
    worker: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

/// Not `Debug`, because the event has credentials.
struct Request {
    id: String,
    function_arn: String,
    event: Value,
    reply: oneshot::Sender<Outcome>,
}

impl GateHost {
    /// Waits for invocations. The process ends with the host.
    #[must_use]
    pub fn start(config: GateConfig) -> Self {
        let (requests, queue) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        Self {
            requests,
            function_arn: config.function_arn.clone(),
            retry_delay: config.retry_delay,
            worker: Mutex::new(Some((stop, tokio::spawn(work(config, queue, stopped))))),
        }
    }

    /// Invokes the gate with an event and waits for the outcome.
    pub async fn invoke(&self, event: Value) -> Outcome {
        invoke(&self.requests, &Uuid::new_v4().to_string(), &self.function_arn, event).await
    }

    /// Invokes the gate as CodePipeline does: with the ARN of the action's function, without a
    /// wait, and again if it fails.
    pub fn submit(&self, function_arn: &str, event: Value) {
        let (requests, delay) = (self.requests.clone(), self.retry_delay);
        let function_arn = function_arn.to_owned();
        tokio::spawn(async move {
            let request_id = Uuid::new_v4().to_string();
            for attempt in 1..=ATTEMPTS {
                // Neither the event nor the response is logged, because both may have credentials.
                match invoke(&requests, &request_id, &function_arn, event.clone()).await {
                    Outcome::Ok(_) => return,
                    Outcome::FunctionError { kind, message } => {
                        tracing::warn!(request_id, attempt, kind, message, "the gate failed");
                    }
                    Outcome::Timeout => {
                        tracing::warn!(request_id, attempt, "the gate took too long")
                    }
                    Outcome::Exited(how) => {
                        tracing::warn!(request_id, attempt, how, "the gate's process ended")
                    }
                }
                if requests.is_closed() || attempt == ATTEMPTS {
                    return;
                }
                tokio::time::sleep(delay).await;
            }
        });
    }

    /// Ends the process and waits for its end.
    pub async fn shutdown(&self) {
        let worker = self.worker.lock().unwrap_or_else(PoisonError::into_inner).take();
        if let Some((stop, worker)) = worker {
            // An error means that the worker has already ended.
            let _ = stop.send(());
            let _ = worker.await;
        }
    }
}

async fn invoke(
    requests: &mpsc::UnboundedSender<Request>,
    id: &str,
    function_arn: &str,
    event: Value,
) -> Outcome {
    let (reply, outcome) = oneshot::channel();
    let request =
        Request { id: id.to_owned(), function_arn: function_arn.to_owned(), event, reply };
    // A host that has shut down accepts no request and answers none.
    let _ = requests.send(request);
    outcome.await.unwrap_or_else(|_| Outcome::Exited("the gate host has shut down".to_owned()))
}

async fn work(
    config: GateConfig,
    mut queue: mpsc::UnboundedReceiver<Request>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut sandbox = None;
    loop {
        let request = tokio::select! {
            biased;
            _ = &mut stopped => break,
            request = queue.recv() => request,
        };
        let Some(request) = request else {
            break;
        };
        let outcome = tokio::select! {
            biased;
            _ = &mut stopped => break,
            outcome = run(&config, &mut sandbox, &request) => outcome,
        };
        if matches!(outcome, Outcome::Timeout | Outcome::Exited(_)) {
            end(sandbox.take()).await;
        }
        // The caller may have stopped waiting.
        let _ = request.reply.send(outcome);
    }
    end(sandbox).await;
}

async fn run(config: &GateConfig, sandbox: &mut Option<Sandbox>, request: &Request) -> Outcome {
    if !sandbox.as_mut().is_some_and(Sandbox::is_running) {
        *sandbox = match Sandbox::start(config).await {
            Ok(started) => Some(started),
            Err(error) => {
                return Outcome::Exited(format!(
                    "`{}` did not start: {error}",
                    config.program.display()
                ));
            }
        };
    }
    match sandbox {
        Some(sandbox) => sandbox.invoke(config, request).await,
        None => Outcome::Exited("the gate did not start".to_owned()),
    }
}

async fn end(sandbox: Option<Sandbox>) {
    if let Some(mut sandbox) = sandbox {
        sandbox.kill().await;
    }
}
