//! Shared helpers of the end-to-end tests: the built binaries, an emulator that one of them serves,
//! and what people sign.

#![expect(clippy::unwrap_used, clippy::panic, reason = "a test that cannot be set up fails")]

mod passkey;
mod request;

use std::io::{BufRead as _, BufReader, Read};
use std::path::{Path, PathBuf};
use std::process::{Child, Command, Stdio};
use std::sync::{Arc, Mutex, OnceLock};
use std::thread::JoinHandle;

use emulator::aws::{Action, Caller, Ended, Kind, RetryMode};
use lambda::aws::http_client;
pub use passkey::{Passkey, Site};
pub use request::Request;

/// The pipeline of [`Emulator::create_pipeline`].
pub const PIPELINE: &str = "payments";
/// The approval stage of that pipeline.
pub const STAGE: &str = "Approve";

/// The root of the repository.
#[must_use]
pub fn repository() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR")).ancestors().nth(2).unwrap().to_owned()
}

/// A built binary of the workspace, up to date with its sources.
///
/// # Panics
/// If the workspace does not build.
#[must_use]
pub fn binary(name: &str) -> PathBuf {
    static BUILT: OnceLock<PathBuf> = OnceLock::new();
    let folder = BUILT.get_or_init(|| {
        let test = std::env::current_exe().unwrap();
        // All targets, so that every dependency has the same features as in the build of the tests.
        let mut build = Command::new(env!("CARGO"));
        build.args(["build", "--workspace", "--all-targets", "--quiet"]).current_dir(repository());
        // cargo describes this crate to its tests. ring's build script runs again if that changes,
        // and then everything that uses TLS is compiled again.
        for (name, _) in std::env::vars_os() {
            let set_for_tests =
                |name: &str| name.starts_with("CARGO_PKG_") || name.starts_with("CARGO_MANIFEST_");
            if name.to_str().is_some_and(set_for_tests) {
                build.env_remove(name);
            }
        }
        let built = build.status().unwrap().success();
        assert!(built, "`cargo build --workspace --all-targets` failed");
        test.ancestors().nth(2).unwrap().to_owned()
    });
    let path = folder.join(name);
    assert!(path.is_file(), "{} is not there", path.display());
    path
}

/// A separate `emulator serve`, which ends with the test.
#[derive(Debug)]
pub struct Emulator {
    child: Child,
    url: String,
    log: Arc<Mutex<String>>,
    reader: Option<JoinHandle<()>>,
    http: lambda::aws::sdk::config::SharedHttpClient,
}

/// The options of an emulator.
#[derive(Debug, Default)]
pub struct Setup {
    /// The gate's rule.
    pub rule: Option<&'static str>,
    /// Further arguments. Without a `--lag` among them there are no delays.
    pub arguments: Vec<String>,
    /// The gate's log level.
    pub gate_log_level: Option<&'static str>,
}

impl Emulator {
    /// Starts an emulator with this rule for the gate.
    #[must_use]
    pub fn with_rule(rule: &'static str) -> Self {
        Self::start(&Setup { rule: Some(rule), ..Setup::default() })
    }

    /// Starts an emulator.
    ///
    /// # Panics
    /// If it does not print its address.
    #[must_use]
    pub fn start(setup: &Setup) -> Self {
        let mut command = Command::new(binary("emulator"));
        command.args(["serve", "--empty", "--listen", "127.0.0.1:0"]).args(&setup.arguments);
        if !setup.arguments.iter().any(|argument| argument == "--lag") {
            command.args(["--lag", "0"]);
        }
        let rule_file = tempfile::NamedTempFile::new().unwrap();
        if let Some(rule) = setup.rule {
            std::fs::write(rule_file.path(), rule).unwrap();
            command.arg("--rule").arg(rule_file.path());
        }
        if let Some(level) = setup.gate_log_level {
            command.env("AWS_LAMBDA_LOG_LEVEL", level);
        }
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::piped()).spawn().unwrap();
        let log = Arc::new(Mutex::new(String::new()));
        let reader = collect(child.stderr.take().unwrap(), Arc::clone(&log));
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let url = lines
            .map_while(Result::ok)
            .find_map(|line| line.strip_prefix("export AWS_ENDPOINT_URL=").map(str::to_owned))
            .unwrap_or_else(|| panic!("the emulator did not start: {}", log.lock().unwrap()));
        Self { child, url, log, reader: Some(reader), http: http_client() }
    }

    /// The URL of the API.
    #[must_use]
    pub fn url(&self) -> &str {
        &self.url
    }

    /// The principal of an access key id.
    #[must_use]
    pub fn caller(&self, key_id: &str) -> Caller {
        Caller::new(&self.url, key_id, &self.http)
    }

    /// Creates [`PIPELINE`]: Source; [`STAGE`] with ApprovalA and ApprovalB in parallel and the
    /// gate after them; Deploy. The execution that the creation starts is abandoned.
    pub async fn create_pipeline(&self, user_parameters: Option<&'static str>) {
        self.create_pipeline_as("bob", user_parameters).await;
    }

    /// The same, as another principal than bob.
    pub async fn create_pipeline_as(&self, key_id: &str, user_parameters: Option<&'static str>) {
        self.create_pipeline_named(PIPELINE, key_id, user_parameters).await;
    }

    /// The same, with another name.
    pub async fn create_pipeline_named(
        &self,
        name: &str,
        key_id: &str,
        user_parameters: Option<&'static str>,
    ) {
        let action = |name, kind, run_order| Action { name, kind, run_order };
        let stages: [(&str, &[Action]); 3] = [
            ("Source", &[action("Source", Kind::Source, 1)]),
            (
                STAGE,
                &[
                    action("ApprovalA", Kind::Approval, 1),
                    action("ApprovalB", Kind::Approval, 1),
                    action("Gate", Kind::Gate(user_parameters), 2),
                ],
            ),
            ("Deploy", &[action("Deploy", Kind::Deploy, 1)]),
        ];
        let caller = self.caller(key_id);
        caller.create_idle_pipeline(name, &stages).await.unwrap();
    }

    /// Starts an execution of [`PIPELINE`] as `starter`.
    pub async fn start_execution(&self, starter: &str) -> String {
        self.caller(starter).start(PIPELINE).await.unwrap()
    }

    /// Approves both slots, and waits for the end of the execution.
    pub async fn approve(&self, execution_id: &str, approvers: [&str; 2]) -> Ended {
        for (slot, key_id) in ["ApprovalA", "ApprovalB"].into_iter().zip(approvers) {
            self.caller(key_id).approve(PIPELINE, STAGE, slot).await.unwrap();
        }
        self.end_of(execution_id).await
    }

    /// Waits for the end of the execution.
    pub async fn end_of(&self, execution_id: &str) -> Ended {
        self.caller("bob").end_of(PIPELINE, execution_id, "Gate").await.unwrap()
    }

    /// Retries the approval stage.
    pub async fn retry(&self, execution_id: &str, mode: RetryMode) {
        self.caller("bob").retry(PIPELINE, STAGE, execution_id, mode).await.unwrap();
    }

    /// The output of the emulator and its gate to stderr so far.
    #[must_use]
    pub fn log(&self) -> String {
        self.log.lock().unwrap().clone()
    }

    /// Ends the emulator. Returns all output of it and its gate to stderr.
    #[must_use]
    pub fn end(mut self) -> String {
        self.child.kill().unwrap();
        self.reader.take().unwrap().join().unwrap();
        self.log()
    }
}

impl Drop for Emulator {
    fn drop(&mut self) {
        // It may have already ended.
        let _ = self.child.kill();
        let _ = self.child.wait();
    }
}

fn collect(mut stream: impl Read + Send + 'static, log: Arc<Mutex<String>>) -> JoinHandle<()> {
    std::thread::spawn(move || {
        let mut chunk = [0; 4096];
        while let Ok(read @ 1..) = stream.read(&mut chunk) {
            let text = String::from_utf8_lossy(chunk.get(..read).unwrap_or_default()).into_owned();
            log.lock().unwrap().push_str(&text);
        }
    })
}

/// Waits until a condition holds.
///
/// # Panics
/// If it does not hold within 60 seconds.
pub async fn eventually<T>(what: &str, mut look: impl FnMut() -> Option<T>) -> T {
    for _ in 0..6_000 {
        if let Some(seen) = look() {
            return seen;
        }
        tokio::time::sleep(std::time::Duration::from_millis(10)).await;
    }
    panic!("not within 60 seconds: {what}")
}
