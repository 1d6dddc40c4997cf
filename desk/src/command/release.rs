//! `desk release`.

use std::error::Error;
use std::fs;
use std::io;
use std::path::PathBuf;
use std::pin::pin;
use std::time::Duration;

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE_NO_PAD};
use facts::aws::{QueueUrl, StateMachine};
use facts::{Budget, CallError};
use indicatif::ProgressBar;
use jiff::SignedDuration;
use names::{ExecutionId, NameError, PipelineName};
use release::{Line, Order, Request, Ticket, Wanted};
use ring::rand::{SecureRandom as _, SystemRandom};
use serde_json::Value;

use crate::aws::{DoorArn, LiveRelay};
use crate::exit::Exit;
use crate::options::Common;
use crate::output;
use crate::production::{Ended, Follow, Printer, Relay as _};

const EXAMPLES: &str = "\
Examples:
  Send a proof, and print what the release prints:
    desk release --relay arn:aws:states:eu-west-1:444455556666:stateMachine:relay \\
      --feedback https://sqs.eu-west-1.amazonaws.com/444455556666/feedback.fifo \\
      --proof proof.json

  Read on after the connection was lost:
    desk release --follow --execution 3137f7cb-7cf7-4abc-9b2c-0123456789ab \\
      --feedback https://sqs.eu-west-1.amazonaws.com/444455556666/feedback.fifo

Exit codes: that of what was released; 10 if the relay refuses, and 1 if something else failed.";

/// How long sending a request may take, with its retries.
const PATIENCE: Duration = Duration::from_secs(60);

/// Ask production to release, and print the lines that come back
///
/// Production judges for itself, by its own rule. The lines are those that `relay run` numbers in
/// production's container: each is printed once, in their order.
#[derive(Debug, clap::Args)]
#[command(after_long_help = EXAMPLES)]
pub(crate) struct Args {
    /// What to send the request to: the relay's state machine, or its topic of SNS
    #[arg(long, value_name = "ARN", required_unless_present = "follow")]
    relay: Option<DoorArn>,
    /// The queue that the lines come back through
    #[arg(long, value_name = "URL")]
    feedback: QueueUrl,
    /// The proof that the gate has stored
    #[arg(long, value_name = "FILE", required_unless_present = "execution")]
    proof: Option<PathBuf>,
    /// The pipeline, if production reads it instead
    #[arg(long, value_name = "NAME", requires = "execution", conflicts_with = "proof")]
    pipeline: Option<PipelineName>,
    /// The execution of the pipeline, if production reads it instead
    #[arg(long, value_name = "ID", conflicts_with = "proof")]
    execution: Option<ExecutionId>,
    /// Send nothing: read on where another `desk release` has stopped
    #[arg(long, conflicts_with = "relay")]
    follow: bool,
    /// When to stop waiting for the end
    #[arg(long, value_name = "DURATION", default_value = "1h", value_parser = duration)]
    timeout: Duration,
    /// How long to wait for lines that are late
    #[arg(long, value_name = "DURATION", default_value = "1m", value_parser = duration)]
    grace: Duration,
}

/// Why a release cannot be asked for.
#[derive(Debug, thiserror::Error)]
enum ReleaseError {
    #[error("the proof `{path}` cannot be read")]
    Unreadable { path: String, source: io::Error },
    #[error("`{path}` is not a proof: {problem}; give the file that the gate has stored")]
    NotAProof { path: String, problem: &'static str },
    #[error("give the pipeline of the execution, with --pipeline")]
    NoPipeline,
    #[error("the system gives no random numbers")]
    Random,
    #[error("it is not known whether production got the request; if it did, {again}")]
    Unclear { again: String, source: CallError },
    #[error("production does not release it: {0}")]
    Refused(String),
    #[error("nothing is released, and how it ended then is not known here: {0}")]
    ReleasedBefore(String),
    #[error("the relay could not judge the release: {0}")]
    NotJudged(String),
    #[error("the release is still running after {waited}; {again}")]
    TimedOut { waited: String, again: String },
    #[error("stopped reading, and the release goes on; {again}")]
    Interrupted { again: String },
    #[error(transparent)]
    Ticket(#[from] NameError),
}

pub(crate) async fn run(args: &Args, common: &Common) -> Result<Exit, Box<dyn Error>> {
    let (wanted, execution) = wanted(args)?;
    let relay = LiveRelay::open(&common.connection, args.relay.as_ref(), &args.feedback).await?;
    let again = || {
        let Args { feedback, .. } = args;
        format!("read on with: desk release --follow --execution {execution} --feedback {feedback}")
    };
    let ticket: Option<Ticket> = match args.follow {
        true => None,
        false => Some(random()?.parse()?),
    };
    if let (Some(name), Some(wanted)) = (&ticket, wanted) {
        let request = Request { wanted, ticket: Some(name.clone()) }.to_json()?;
        let call = || relay.ask(name, &request);
        let asked = Budget::of(PATIENCE).call(StateMachine::START, call).await;
        asked.map_err(|error| match error {
            CallError::Transient { .. } | CallError::Malformed { .. } => {
                ReleaseError::Unclear { again: again(), source: error }.into()
            }
            CallError::AccessDenied { .. }
            | CallError::NotSent { .. }
            | CallError::Refused { .. } => Box::<dyn Error>::from(error),
        })?;
    }
    let order = if args.follow { Order::following } else { Order::new };
    let follow =
        Follow { relay: &relay, ticket: ticket.as_ref(), timeout: args.timeout, grace: args.grace };
    let interrupted = pin!(async {
        // Without a handler, the program cannot be interrupted in an orderly way.
        if tokio::signal::ctrl_c().await.is_err() {
            std::future::pending::<()>().await;
        }
    });
    let mut printer = OnTerminal::new(&execution);
    // A request with the same name gets the same messages again, which only a retry should.
    let attempt = || random().unwrap_or_default();
    let ended = follow.until_end(order(&execution), &mut printer, interrupted, attempt).await;
    printer.finish();
    match ended? {
        Ended::Released(code) => Ok(code.map_or(Exit::Failed, Exit::released)),
        Ended::Refused(reasons) => {
            output::print_error(&ReleaseError::Refused(reasons.join("; ")));
            Ok(Exit::Insufficient)
        }
        Ended::ReleasedBefore(words) => Err(ReleaseError::ReleasedBefore(words).into()),
        Ended::NotJudged(problem) => Err(ReleaseError::NotJudged(problem).into()),
        Ended::TimedOut => {
            let waited = SignedDuration::try_from(args.timeout).unwrap_or(SignedDuration::MAX);
            let waited = format!("{waited:#}");
            Err(ReleaseError::TimedOut { waited, again: again() }.into())
        }
        Ended::Interrupted => Err(ReleaseError::Interrupted { again: again() }.into()),
    }
}

/// What is asked for, and the execution that its lines will name.
fn wanted(args: &Args) -> Result<(Option<Wanted>, ExecutionId), ReleaseError> {
    match (&args.proof, &args.execution, &args.pipeline) {
        (Some(path), _, _) => {
            let shown = path.display().to_string();
            let json = fs::read_to_string(path)
                .map_err(|source| ReleaseError::Unreadable { path: shown.clone(), source })?;
            let not_a_proof = |problem| ReleaseError::NotAProof { path: shown.clone(), problem };
            let proof: Value =
                serde_json::from_str(&json).map_err(|_| not_a_proof("it is not JSON"))?;
            match claimed(&proof) {
                Some(execution) => Ok((Some(Wanted::Proof(proof)), execution)),
                None => Err(not_a_proof("it names no execution")),
            }
        }
        (None, Some(id), Some(pipeline)) => {
            let wanted = Wanted::Execution { pipeline: pipeline.clone(), id: id.clone() };
            Ok((Some(wanted), id.clone()))
        }
        (None, Some(id), None) if args.follow => Ok((None, id.clone())),
        (None, _, _) => Err(ReleaseError::NoPipeline),
    }
}

/// The execution that a proof is about, if it says the truth. Production finds out.
fn claimed(proof: &Value) -> Option<ExecutionId> {
    let payload = STANDARD.decode(proof.get("payload")?.as_str()?).ok()?;
    let statement: Value = serde_json::from_slice(&payload).ok()?;
    statement.pointer("/predicate/facts/execution/id")?.as_str()?.parse().ok()
}

/// A length of time, such as `90s` or `1h 30m`.
fn duration(text: &str) -> Result<Duration, &'static str> {
    let wrong = "it is not a length of time, such as 90s or 1h";
    text.parse::<SignedDuration>().ok().and_then(|it| it.try_into().ok()).ok_or(wrong)
}

/// A name that nobody else uses.
fn random() -> Result<String, ReleaseError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| ReleaseError::Random)?;
    Ok(URL_SAFE_NO_PAD.encode(bytes))
}

/// Lines on standard output, and a line about the progress on a terminal.
struct OnTerminal {
    release: String,
    lines: u64,
    bar: ProgressBar,
}

impl OnTerminal {
    fn new(release: &str) -> Self {
        let bar = output::progress(format!("{release}: waits for its first line"));
        Self { release: release.to_owned(), lines: 0, bar }
    }

    fn finish(&self) {
        self.bar.finish_and_clear();
    }
}

impl Printer for OnTerminal {
    fn lines(&mut self, lines: &[Line]) -> io::Result<()> {
        if lines.is_empty() {
            return Ok(());
        }
        let of = |line: &Line| format!("{}{}", line.text, if line.more { "" } else { "\n" });
        let text: String = lines.iter().map(of).collect();
        let length = u64::try_from(lines.len()).unwrap_or(u64::MAX);
        self.lines = self.lines.saturating_add(length);
        self.bar.set_message(format!("{}: {} lines", self.release, self.lines));
        self.bar.suspend(|| output::print(&text))
    }

    fn note(&mut self, text: &str) {
        self.bar.suspend(|| output::print_note(text));
    }

    fn warning(&mut self, text: &str) {
        self.bar.suspend(|| output::print_warning(text));
    }
}
