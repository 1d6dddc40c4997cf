//! Plays a script.

use std::rc::Rc;
use std::time::Duration;

use desk::{Unsent, Visit, Waiting};
use serde_json::json;
use signing::Answer;
use tokio::task::LocalSet;

use super::at_desk;
use super::claims::{self, Seen};
use super::gate::Gate;
use super::people::{Credential, Who};
use super::pipeline::{PIPELINE, declared, rule};
use super::script::{Change, Setting, Step};
use super::wire::config;
use super::world::{Caller, World};

/// Everybody has ended by then: a job has 20 minutes, and an invocation a minute.
const SETTLE: Duration = Duration::from_secs(40 * 60);

/// Somebody who changes pipelines and starts their executions.
const ENGINEER: Who = Who { human: 3, credential: Credential::User };

struct Play<'a> {
    setting: &'a Setting,
    rule: String,
    world: World,
    shown: Vec<(Who, Waiting)>,
}

/// Plays a script under a clock that stands still while somebody works.
///
/// # Errors
/// The claims that do not hold, and the story.
pub(crate) fn play(setting: &Setting, steps: &[(u64, Step)]) -> Result<Seen, String> {
    fastrand::seed(setting.seed);
    let runtime = tokio::runtime::Builder::new_current_thread();
    let runtime = { runtime }.enable_time().start_paused(true).build().unwrap();
    LocalSet::new().block_on(&runtime, async {
        let world = World::new(setting);
        let mut play = Play { setting, rule: rule(setting), world, shown: Vec::new() };
        play.begin();
        let gate = Rc::new(Gate::new(&play.world, &play.rule));
        let driver = tokio::task::spawn_local(drive(play.world.clone(), Rc::clone(&gate)));
        for (seconds, step) in steps {
            tokio::time::sleep(Duration::from_secs(*seconds)).await;
            play.step(step, &gate).await;
        }
        tokio::time::sleep(SETTLE).await;
        driver.abort();
        let seen = claims::check(setting, &play.rule, &play.world);
        let (broken, lines) = {
            let log = &play.world.lock().log;
            (log.broken.join("\n"), log.lines.join("\n"))
        };
        if broken.is_empty() {
            return Ok(seen);
        }
        let text = format!("{broken}\n\n{setting:?}\n{steps:#?}\n\n{lines}");
        Err(play.world.with_names(text))
    })
}

/// Lets time pass in the pipeline, and invokes the gate.
async fn drive(world: World, gate: Rc<Gate>) {
    loop {
        for event in world.tick() {
            let gate = Rc::clone(&gate);
            tokio::task::spawn_local(async move { gate.invoke(event).await });
        }
        world.until_due().await;
    }
}

/// Chooses one of a list.
fn one<T: Clone>(list: &[T], which: usize) -> Option<T> {
    list.get(which.checked_rem(list.len())?).cloned()
}

impl Play<'_> {
    fn begin(&self) {
        let input = json!({"pipeline": declared(self.setting, Change::Restore)});
        self.world.does(ENGINEER, "CreatePipeline", &input).unwrap();
        let id = self.world.executions().remove(0);
        self.world.lock().log.starters.push((id, ENGINEER));
    }

    async fn step(&mut self, step: &Step, gate: &Rc<Gate>) {
        let world = &self.world;
        match *step {
            Step::Start(who) => {
                if let Some(started) =
                    world.does(who, "StartPipelineExecution", &json!({"name": PIPELINE}))
                {
                    let id = started["pipelineExecutionId"].as_str().unwrap().to_owned();
                    world.lock().log.starters.push((id, who));
                }
            }
            Step::Answer { by, which, approve } => {
                if let Some(open) = one(&world.open(), which) {
                    self.answer(by, &open, approve);
                }
            }
            Step::Both { by, which } => {
                if let Some(open) = one(&world.open(), which) {
                    by.into_iter().for_each(|who| self.answer(who, &open, true));
                }
            }
            Step::Stale { by, which } => {
                if let Some(any) = one(&world.all_approvals(), which) {
                    self.answer(by, &any, true);
                }
            }
            Step::Look(who) => self.look(who).await,
            Step::AtDesk { by, which, approve } => {
                let before = self.shown.len();
                self.look(by).await;
                if let Some((who, shown)) = one(self.shown.get(before..).unwrap_or(&[]), which) {
                    self.answer_at_desk(who, shown, approve);
                }
            }
            Step::LateAtDesk { which, approve } => {
                let newest_first: Vec<_> = self.shown.iter().rev().cloned().collect();
                if let Some((who, shown)) = one(&newest_first, which) {
                    self.answer_at_desk(who, shown, approve);
                }
            }
            Step::Retry { which, all } => {
                let mode = if all { "ALL_ACTIONS" } else { "FAILED_ACTIONS" };
                if let Some((id, stage)) = one(&world.failed(), which) {
                    let input = json!({
                        "pipelineName": PIPELINE, "stageName": stage, "pipelineExecutionId": id,
                        "retryMode": mode,
                    });
                    world.does(ENGINEER, "RetryStageExecution", &input);
                }
            }
            Step::Stop { which, abandon } => {
                if let Some(id) = one(&world.executions(), which) {
                    let input = json!({
                        "pipelineName": PIPELINE, "pipelineExecutionId": id, "abandon": abandon,
                    });
                    world.does(ENGINEER, "StopPipelineExecution", &input);
                }
            }
            Step::RollBack { which, ship } => {
                if let Some(id) = one(&world.executions(), which) {
                    let stage = if ship { "Ship" } else { "Release" };
                    let input = json!({
                        "pipelineName": PIPELINE, "stageName": stage,
                        "targetPipelineExecutionId": id,
                    });
                    if let Some(started) = world.does(ENGINEER, "RollbackStage", &input) {
                        let id = started["pipelineExecutionId"].as_str().unwrap().to_owned();
                        world.lock().log.starters.push((id, ENGINEER));
                    }
                }
            }
            Step::Change(change) => {
                let input = json!({"pipeline": declared(self.setting, change)});
                world.does(ENGINEER, "UpdatePipeline", &input);
            }
            Step::Redeliver => {
                if let Some(event) = world.newest_event() {
                    world.say("Lambda delivers the newest event again");
                    let gate = Rc::clone(gate);
                    tokio::task::spawn_local(async move { gate.invoke(event).await });
                }
            }
            Step::Forge { which, verdict } => self.forge(which, verdict),
        }
    }

    fn answer(&self, who: Who, [stage, action, token]: &[String; 3], approve: bool) {
        let status = if approve { "Approved" } else { "Rejected" };
        let input = json!({
            "pipelineName": PIPELINE, "stageName": stage, "actionName": action, "token": token,
            "result": {"status": status, "summary": "looked at it"},
        });
        self.world.does(who, "PutApprovalResult", &input);
    }

    fn visit(&self, who: Who) -> Visit {
        let config = config(&self.world, Caller::AtDesk(who));
        Visit::new(&config, &self.rule, PIPELINE, &who.arn()).unwrap()
    }

    async fn look(&mut self, who: Who) {
        let before = self.world.now();
        let is_parallel = self.setting.mode == "PARALLEL";
        match self.visit(who).waiting(is_parallel).await {
            Ok(shown) => {
                for it in &shown {
                    let (action, attempt, counts) = (&it.action, &it.attempt, it.counts);
                    self.world.say(&format!("{who:?} sees {action} {attempt}, counts: {counts:?}"));
                }
                at_desk::check_look(self.setting, &self.world, who, &shown, before);
                self.shown.extend(shown.into_iter().map(|it| (who, it)));
            }
            Err(error) => self.world.say(&format!("{who:?} sees nothing: {error}")),
        }
    }

    fn answer_at_desk(&self, who: Who, shown: Waiting, approve: bool) {
        let visit = self.visit(who);
        let world = self.world.clone();
        let answer = if approve { Answer::Approved } else { Answer::Rejected };
        let Waiting { action, attempt, .. } = &shown;
        world.say(&format!("{who:?} goes to the desk: {answer:?} {action} {attempt}"));
        world.lock().log.wanted.push((who, attempt.clone()));
        tokio::task::spawn_local(async move {
            let before = world.now();
            let sent = visit.answer(&shown, answer).await;
            let outcome = match &sent {
                Ok(()) => "sent".to_owned(),
                Err(Unsent::Failed(error)) => format!("failed: {error}"),
                Err(unsent) => unsent.to_string(),
            };
            world.say(&format!("{who:?} at the desk, {}: {outcome}", shown.action));
            at_desk::check_answer(&world, who, &shown, &sent, before);
        });
    }

    /// Reports that the job of an attempt of the gate is done, in the gate's place.
    fn forge(&self, which: usize, verdict: bool) {
        let Some((job, execution)) = one(&self.world.open_jobs(), which) else { return };
        let mut input = json!({"jobId": job});
        if verdict {
            input["outputVariables"] = json!({
                "Verdict": "satisfied", "Approvers": "alice, bob", "ApproverCount": "2",
                "PipelineExecutionId": execution, "Basis": "user", "Summary": "fine",
            });
        }
        let body = input.to_string();
        let result = self.world.call(Caller::Forger, "PutJobSuccessResult", body.as_bytes());
        self.world.say(&format!("mallory reports a success: {input}: {result:?}"));
    }
}
