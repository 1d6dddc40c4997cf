//! Runs a function as Lambda does: a real process that asks the Lambda Runtime API for events.

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

/// How to run a function.
#[derive(Debug, Clone)]
pub struct FunctionConfig {
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

/// The destination of a function's output.
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

/// A function's process. It starts when it is needed, and restarts if it has ended.
///
/// The host queues invocations: one at a time, as in one sandbox of Lambda.
#[derive(Debug)]
pub struct FunctionHost {
    orders: mpsc::UnboundedSender<Order>,
    function_arn: String,
    retry_delay: Duration,
    worker: Mutex<Option<(oneshot::Sender<()>, JoinHandle<()>)>>,
}

/// What the worker does next.
enum Order {
    Invoke(Request),
    /// A new environment, for the invocations after it.
    Configure(Vec<(String, String)>),
}

/// Not `Debug`, because the event has credentials.
struct Request {
    id: String,
    function_arn: String,
    event: Value,
    reply: oneshot::Sender<Outcome>,
}

impl FunctionHost {
    /// Waits for invocations. The process ends with the host.
    #[must_use]
    pub fn start(config: FunctionConfig) -> Self {
        let (orders, queue) = mpsc::unbounded_channel();
        let (stop, stopped) = oneshot::channel();
        Self {
            orders,
            function_arn: config.function_arn.clone(),
            retry_delay: config.retry_delay,
            worker: Mutex::new(Some((stop, tokio::spawn(work(config, queue, stopped))))),
        }
    }

    /// Invokes the function with an event and waits for the outcome.
    pub async fn invoke(&self, event: Value) -> Outcome {
        invoke(&self.orders, &Uuid::new_v4().to_string(), &self.function_arn, event).await
    }

    /// Invokes the function as CodePipeline does: with the ARN of the action's function, without a
    /// wait, and again if it fails.
    pub fn submit(&self, function_arn: &str, event: Value) {
        let (orders, delay) = (self.orders.clone(), self.retry_delay);
        let function_arn = function_arn.to_owned();
        tokio::spawn(async move {
            let request_id = Uuid::new_v4().to_string();
            for attempt in 1..=ATTEMPTS {
                // Neither the event nor the response is logged, because both may have credentials.
                match invoke(&orders, &request_id, &function_arn, event.clone()).await {
                    Outcome::Ok(_) => return,
                    Outcome::FunctionError { kind, message } => {
                        tracing::warn!(request_id, attempt, kind, message, "the function failed");
                    }
                    Outcome::Timeout => {
                        tracing::warn!(request_id, attempt, "the function took too long")
                    }
                    Outcome::Exited(how) => {
                        tracing::warn!(request_id, attempt, how, "the function's process ended")
                    }
                }
                if orders.is_closed() || attempt == ATTEMPTS {
                    return;
                }
                tokio::time::sleep(delay).await;
            }
        });
    }

    /// Gives the function another environment. The next invocation gets a new process.
    pub fn configure(&self, environment: Vec<(String, String)>) {
        // A host that has shut down runs nothing any more.
        let _ = self.orders.send(Order::Configure(environment));
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
    orders: &mpsc::UnboundedSender<Order>,
    id: &str,
    function_arn: &str,
    event: Value,
) -> Outcome {
    let (reply, outcome) = oneshot::channel();
    let request =
        Request { id: id.to_owned(), function_arn: function_arn.to_owned(), event, reply };
    // A host that has shut down accepts no request and answers none.
    let _ = orders.send(Order::Invoke(request));
    outcome.await.unwrap_or_else(|_| Outcome::Exited("the function host has shut down".to_owned()))
}

async fn work(
    mut config: FunctionConfig,
    mut queue: mpsc::UnboundedReceiver<Order>,
    mut stopped: oneshot::Receiver<()>,
) {
    let mut sandbox = None;
    loop {
        let order = tokio::select! {
            biased;
            _ = &mut stopped => break,
            order = queue.recv() => order,
        };
        let request = match order {
            Some(Order::Invoke(request)) => request,
            Some(Order::Configure(environment)) => {
                config.environment = environment;
                end(sandbox.take()).await;
                continue;
            }
            None => break,
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

async fn run(config: &FunctionConfig, sandbox: &mut Option<Sandbox>, request: &Request) -> Outcome {
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
        None => Outcome::Exited("the function did not start".to_owned()),
    }
}

async fn end(sandbox: Option<Sandbox>) {
    if let Some(mut sandbox) = sandbox {
        sandbox.kill().await;
    }
}
