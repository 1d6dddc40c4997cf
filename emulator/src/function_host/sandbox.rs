//! One process of a function with its own Runtime API, so that no invocation can reach a process
//! that has ended.

use std::io;
use std::net::Ipv4Addr;
use std::process::Stdio;

use jiff::{SignedDuration, Timestamp};
use tokio::io::{AsyncBufReadExt, AsyncRead, BufReader};
use tokio::net::TcpListener;
use tokio::process::{Child, Command};
use tokio::sync::mpsc;
use tokio::task::JoinHandle;

use super::runtime_api::{self, Invocation, Message};
use super::{ChildOutput, FunctionConfig, Outcome, Request};

/// One process of a function.
#[derive(Debug)]
pub(super) struct Sandbox {
    child: Child,
    invocations: mpsc::UnboundedSender<Invocation>,
    messages: mpsc::UnboundedReceiver<Message>,
    api: JoinHandle<()>,
}

impl Sandbox {
    /// Starts the process.
    pub(super) async fn start(config: &FunctionConfig) -> io::Result<Self> {
        let listener = TcpListener::bind((Ipv4Addr::LOCALHOST, 0)).await?;
        let address = listener.local_addr()?;
        let mut command = Command::new(&config.program);
        command.args(&config.arguments).env_clear().envs(config.environment.iter().cloned());
        command.env("AWS_LAMBDA_RUNTIME_API", address.to_string());
        // Windows finds its network libraries by this variable.
        #[cfg(windows)]
        if let Some(root) = std::env::var_os("SystemRoot") {
            command.env("SystemRoot", root);
        }
        command.stdin(Stdio::null()).kill_on_drop(true);
        match &config.output {
            ChildOutput::Stderr => command.stdout(io::stderr()).stderr(Stdio::inherit()),
            ChildOutput::Discard => command.stdout(Stdio::null()).stderr(Stdio::null()),
            ChildOutput::Capture(_) => command.stdout(Stdio::piped()).stderr(Stdio::piped()),
        };
        let mut child = command.spawn()?;
        if let ChildOutput::Capture(lines) = &config.output {
            child.stdout.take().map(|pipe| tokio::spawn(forward(pipe, lines.clone())));
            child.stderr.take().map(|pipe| tokio::spawn(forward(pipe, lines.clone())));
        }
        let (invocations, next) = mpsc::unbounded_channel();
        let (answers, messages) = mpsc::unbounded_channel();
        let router = runtime_api::router(next, answers);
        let api = tokio::spawn(async move {
            if let Err(error) = axum::serve(listener, router).await {
                tracing::error!(%error, "the Lambda Runtime API stopped");
            }
        });
        Ok(Self { child, invocations, messages, api })
    }

    /// Whether the process can accept an invocation.
    pub(super) fn is_running(&mut self) -> bool {
        matches!(self.child.try_wait(), Ok(None))
    }

    /// Passes an event to the process and waits for the outcome.
    pub(super) async fn invoke(&mut self, config: &FunctionConfig, request: &Request) -> Outcome {
        let id = request.id.as_str();
        let timeout = SignedDuration::try_from(config.timeout).unwrap_or(SignedDuration::MAX);
        let deadline = Timestamp::now().checked_add(timeout).unwrap_or(Timestamp::MAX);
        let invocation = Invocation {
            id: id.to_owned(),
            deadline,
            function_arn: request.function_arn.clone(),
            event: request.event.to_string(),
        };
        // The receiver lives as long as the API, which ends with this sandbox.
        let _ = self.invocations.send(invocation);
        let timeout = tokio::time::sleep(config.timeout);
        tokio::pin!(timeout);
        loop {
            tokio::select! {
                // An answer counts even if the process ends right after it.
                biased;
                message = self.messages.recv() => match message {
                    Some(Message::Response { id: answered, body }) if answered == id => return Outcome::Ok(body),
                    Some(Message::Error { id: answered, kind, message }) if answered.as_deref().is_none_or(|it| it == id) => {
                        return Outcome::FunctionError { kind, message };
                    }
                    Some(_) => {}
                    None => return Outcome::Exited("its Runtime API ended".to_owned()),
                },
                status = self.child.wait() => {
                    return Outcome::Exited(status.map_or_else(|error| error.to_string(), |status| status.to_string()));
                }
                () = &mut timeout => return Outcome::Timeout,
            }
        }
    }

    /// Ends the process and waits for its end.
    pub(super) async fn kill(&mut self) {
        if let Err(error) = self.child.kill().await {
            tracing::warn!(%error, "the function's process could not be ended");
        }
    }
}

impl Drop for Sandbox {
    fn drop(&mut self) {
        self.api.abort();
    }
}

async fn forward(pipe: impl AsyncRead + Unpin, lines: mpsc::UnboundedSender<String>) {
    let mut pipe = BufReader::new(pipe).lines();
    while let Ok(Some(line)) = pipe.next_line().await {
        if lines.send(line).is_err() {
            break;
        }
    }
}
