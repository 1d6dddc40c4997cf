//! The truth: a CodePipeline in this process, under a clock that waits for nobody, and the log of
//! what people did to it.

use std::collections::BTreeMap;
use std::fmt::Write as _;
use std::sync::{Arc, Mutex, MutexGuard};
use std::time::Duration;

use emulator::api::Service;
use emulator::engine::{
    ActionRun, Effect, Engine, Execution, Lag, RandomIds, Settings, StageStatus,
};
use jiff::{SignedDuration, Timestamp};
use serde_json::{Value, json};
use tokio::sync::Notify;
use tokio::time::Instant;

use super::people::{ACCOUNT, Who};
use super::pipeline::PIPELINE;
use super::script::Setting;

/// A caller of the API.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Caller {
    Person(Who),
    AtDesk(Who),
    Gate,
    Forger,
}

impl Caller {
    fn arn(self) -> String {
        match self {
            Self::Person(who) | Self::AtDesk(who) => who.arn(),
            Self::Gate => format!("arn:aws:sts::{ACCOUNT}:assumed-role/TwoPersonRule-Gate/gate"),
            Self::Forger => format!("arn:aws:iam::{ACCOUNT}:user/mallory"),
        }
    }
}

/// An answer that CodePipeline took.
#[derive(Clone, Debug)]
pub(crate) struct Act {
    pub(crate) at: Timestamp,
    pub(crate) who: Who,
    pub(crate) is_at_desk: bool,
    /// The attempt.
    pub(crate) attempt: String,
    pub(crate) approves: bool,
}

/// A report on a job that CodePipeline took.
#[derive(Clone, Debug)]
pub(crate) struct JobReport {
    pub(crate) at: Timestamp,
    /// When the first invocation for the job began.
    pub(crate) began: Timestamp,
    pub(crate) job: String,
    pub(crate) is_forged: bool,
    pub(crate) success: bool,
    /// The type and the message of a failure.
    pub(crate) failure: [String; 2],
}

/// What happened.
#[derive(Debug, Default)]
pub(crate) struct Log {
    pub(crate) acts: Vec<Act>,
    pub(crate) reports: Vec<JobReport>,
    /// When the first invocation for each job began.
    pub(crate) invoked: Vec<(String, Timestamp)>,
    /// Everybody who started an execution, by its id.
    pub(crate) starters: Vec<(String, Who)>,
    /// When the pipeline was updated.
    pub(crate) updates: Vec<Timestamp>,
    /// The attempts that people wanted to answer at the desk.
    pub(crate) wanted: Vec<(Who, String)>,
    /// What broke a claim while it happened.
    pub(crate) broken: Vec<String>,
    /// The story, in words.
    pub(crate) lines: Vec<String>,
}

pub(crate) struct Inner {
    pub(crate) service: Service,
    pub(crate) log: Log,
    random: fastrand::Rng,
    events: Vec<Value>,
    newest: Option<Value>,
}

/// A CodePipeline, and the log of what happened there.
#[derive(Clone)]
pub(crate) struct World {
    inner: Arc<Mutex<Inner>>,
    base: Timestamp,
    start: Instant,
    changed: Arc<Notify>,
}

impl std::fmt::Debug for World {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        f.write_str("World")
    }
}

impl World {
    /// An account without pipelines. Its time begins now, because parts of the desk ask the
    /// system's clock.
    pub(crate) fn new(setting: &Setting) -> Self {
        let settings = Settings {
            partition: "aws".to_owned(),
            region: "eu-west-1".to_owned(),
            account_id: ACCOUNT.to_owned(),
            bare_job_details: setting.bare,
        };
        let lag = Lag::new(SignedDuration::from_secs(setting.lag.into()), setting.seed);
        let engine = Engine::new(settings, Box::new(RandomIds::new(setting.seed)), lag);
        let inner = Inner {
            service: Service::new(engine, None).unwrap(),
            log: Log::default(),
            random: fastrand::Rng::with_seed(setting.seed),
            events: Vec::new(),
            newest: None,
        };
        Self {
            inner: Arc::new(Mutex::new(inner)),
            base: Timestamp::from_second(Timestamp::now().as_second()).unwrap(),
            start: Instant::now(),
            changed: Arc::default(),
        }
    }

    pub(crate) fn lock(&self) -> MutexGuard<'_, Inner> {
        self.inner.lock().unwrap()
    }

    pub(crate) fn now(&self) -> Timestamp {
        self.base + self.start.elapsed()
    }

    /// How long a request or its reply is on the way. Some need longer than a caller waits.
    pub(crate) fn latency(&self) -> Duration {
        let random = &mut self.lock().random;
        let milliseconds = if random.u8(..) < 3 { 5_000 } else { random.u64(1..40) };
        Duration::from_millis(milliseconds)
    }

    /// One call. Its result is what AWS replies.
    pub(crate) fn call(
        &self,
        caller: Caller,
        operation: &str,
        body: &[u8],
    ) -> Result<Option<Value>, [String; 2]> {
        let now = self.now();
        let arn = caller.arn();
        let mut inner = self.lock();
        let reply = inner.service.call(operation, body, arn.as_str(), now);
        let reply = reply.map_err(|error| [error.code.to_string(), error.message]);
        if reply.is_ok() {
            let input: Value = serde_json::from_slice(body).unwrap_or_default();
            inner.log.note(caller, operation, &input, now);
        }
        drop(inner);
        self.collect();
        self.changed.notify_one();
        reply
    }

    /// A call of somebody, for the story.
    pub(crate) fn does(&self, who: Who, operation: &str, input: &Value) -> Option<Value> {
        let result = self.call(Caller::Person(who), operation, input.to_string().as_bytes());
        let outcome = match &result {
            Ok(_) => "ok".to_owned(),
            Err([code, message]) => format!("{code}: {message}"),
        };
        assert!(!outcome.contains("InternalFailure"), "{operation} {input}: {outcome}");
        let whole = input.to_string();
        let shown = if input.get("pipeline").is_some() { "…" } else { &whole };
        self.say(&format!("{who:?}: {operation} {shown}: {outcome}"));
        result.ok().map(Option::unwrap_or_default)
    }

    pub(crate) fn say(&self, what: &str) {
        let seconds = self.start.elapsed().as_secs_f64();
        let mut line = String::new();
        write!(line, "{seconds:9.3} s  {what}").unwrap();
        self.lock().log.lines.push(line);
    }

    /// The text with short names for executions and attempts: `e1`, `e1/Gate#2`.
    pub(crate) fn with_names(&self, text: String) -> String {
        let inner = self.lock();
        let mut text = text;
        for (number, execution) in (1..).zip(inner.executions()) {
            let mut times: BTreeMap<&str, usize> = BTreeMap::new();
            text = text.replace(&execution.id, &format!("e{number}"));
            for run in &execution.runs {
                let time = times.entry(&run.action.name).or_default();
                *time += 1;
                text = text.replace(&run.id, &format!("e{number}/{}#{time}", run.action.name));
            }
        }
        text
    }

    /// Notes that a claim does not hold.
    pub(crate) fn broke(&self, what: String) {
        self.say(&format!("BROKEN: {what}"));
        self.lock().log.broken.push(what);
    }

    /// Lets everything happen that is due. Returns the events for the gate.
    pub(crate) fn tick(&self) -> Vec<Value> {
        let now = self.now();
        self.lock().service.engine.tick(now);
        self.collect();
        std::mem::take(&mut self.lock().events)
    }

    fn collect(&self) {
        let mut inner = self.lock();
        for Effect::Invoke { event, .. } in inner.service.engine.take_effects() {
            inner.newest = Some(event.clone());
            inner.events.push(event);
        }
    }

    /// Waits until something may be due.
    pub(crate) async fn until_due(&self) {
        let next = self.lock().service.engine.next_event();
        let wait = next.map_or(Duration::from_secs(3600), |next| {
            Duration::try_from(next.duration_since(self.now())).unwrap_or_default()
        });
        tokio::select! {
            () = tokio::time::sleep(wait.max(Duration::from_millis(1))) => {}
            () = self.changed.notified() => {}
        }
    }

    pub(crate) fn executions(&self) -> Vec<String> {
        self.lock().executions().iter().map(|execution| execution.id.clone()).collect()
    }

    /// The executions with a stage that failed.
    pub(crate) fn failed(&self) -> Vec<(String, String)> {
        let inner = self.lock();
        let stages = inner
            .executions()
            .iter()
            .flat_map(|execution| execution.stages.iter().map(|stage| (&execution.id, stage)));
        let failed = stages.filter(|(_, stage)| stage.status == Some(StageStatus::Failed));
        failed.map(|(id, stage)| (id.clone(), stage.name.clone())).collect()
    }

    /// The jobs without a result, and their executions.
    pub(crate) fn open_jobs(&self) -> Vec<(String, String)> {
        let inner = self.lock();
        let runs = inner
            .executions()
            .iter()
            .flat_map(|execution| execution.runs.iter().map(|run| (&execution.id, run)));
        let open = runs.filter(|(_, run)| run.in_progress());
        open.filter_map(|(id, run)| Some((run.job()?.id.clone(), id.clone()))).collect()
    }

    /// The newest event that the gate got.
    pub(crate) fn newest_event(&self) -> Option<Value> {
        self.lock().newest.clone()
    }

    /// The approvals that can be answered: stage, action and attempt.
    pub(crate) fn open(&self) -> Vec<[String; 3]> {
        let now = self.now();
        self.approvals(|run| run.is_open() && run.started <= now)
    }

    /// All approvals that ever were.
    pub(crate) fn all_approvals(&self) -> Vec<[String; 3]> {
        self.approvals(ActionRun::is_approval)
    }

    fn approvals(&self, wanted: impl Fn(&ActionRun) -> bool) -> Vec<[String; 3]> {
        let inner = self.lock();
        let runs = inner.executions().iter().flat_map(|execution| &execution.runs);
        let runs = runs.filter(|run| run.is_approval() && wanted(run));
        runs.map(|run| [run.stage.clone(), run.action.name.clone(), run.id.clone()]).collect()
    }
}

impl Inner {
    pub(crate) fn executions(&self) -> &[Execution] {
        &self.service.engine.pipeline(PIPELINE).unwrap().executions
    }
}

impl Log {
    fn note(&mut self, caller: Caller, operation: &str, input: &Value, at: Timestamp) {
        let text = |value: &Value| value.as_str().unwrap_or_default().to_owned();
        match (operation, caller) {
            ("PutApprovalResult", Caller::Person(who) | Caller::AtDesk(who)) => {
                self.acts.push(Act {
                    at,
                    who,
                    is_at_desk: matches!(caller, Caller::AtDesk(_)),
                    attempt: text(&input["token"]),
                    approves: input["result"]["status"] == json!("Approved"),
                });
            }
            ("PutJobSuccessResult" | "PutJobFailureResult", _) => {
                let job = text(&input["jobId"]);
                if self.reports.iter().any(|known| known.job == job) {
                    return;
                }
                let began = self.invoked.iter().find(|(known, _)| *known == job);
                let failure = &input["failureDetails"];
                self.reports.push(JobReport {
                    at,
                    began: began.map_or(at, |(_, began)| *began),
                    job,
                    is_forged: caller == Caller::Forger,
                    success: operation == "PutJobSuccessResult",
                    failure: [text(&failure["type"]), text(&failure["message"])],
                });
            }
            ("UpdatePipeline", _) => self.updates.push(at),
            _ => {}
        }
    }
}
