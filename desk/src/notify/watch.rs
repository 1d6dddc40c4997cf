//! Finds out what there is to tell, and to which people. Everything is read from CodePipeline
//! again.

use std::collections::BTreeMap;

use facts::{CallError, CodePipeline, ReadError, Roles};
use jiff::Timestamp;
use names::{PipelineGlob, shown};
use rule::{Attempt, Status};
use wildmatch::WildMatch;

use super::event::{Occasion, Place, is_a_day_after};
use super::notice::{Notice, Why, listed, waiting};
use super::scene::{Asked, Scene};
use crate::look::{Eyes, Situation};
use crate::open::OpenRun;
use crate::overview::Survey;
use crate::pipeline::Pipeline;
use crate::port::{Aws, Listed};
use crate::report::json::{Approval, Standing};
use crate::report::pending::{Unreadable, person, released};

/// How many calls run at the same time. AWS throttles per account, and others need their share.
const AT_ONCE: usize = 16;
/// Stands for all sessions of the role that answers are given with.
const SOMEBODY: &str = "somebody";

/// What is watched, and how answers are recorded.
pub(crate) struct Watch<'a, A, C, R> {
    pub(crate) eyes: &'a Eyes<'a, A, C, R>,
    /// The pipelines to watch; all if it is `None`.
    pub(crate) glob: Option<&'a PipelineGlob>,
    /// The principal that CodePipeline records for an answer of a person at the desk.
    pub(crate) session: &'a dyn Fn(&str) -> String,
    /// Where the browser finds the desk: <https://approve.example.com>.
    pub(crate) origin: &'a str,
}

/// Why nobody is told.
#[derive(Debug, thiserror::Error)]
pub(crate) enum WatchError {
    #[error(transparent)]
    Call(#[from] CallError),
    #[error(transparent)]
    Read(#[from] ReadError),
    #[error("the history does not show yet how {0} ended")]
    NotNoticed(String),
}

/// What to tell, and what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Seen {
    pub(crate) notices: Vec<Notice>,
    pub(crate) unreadable: Vec<Unreadable>,
}

impl<A: Aws, C: CodePipeline, R: Roles> Watch<'_, A, C, R> {
    /// What there is to tell.
    ///
    /// # Errors
    /// [`WatchError`] if CodePipeline does not answer, or its history lags for too long.
    pub(crate) async fn look(&self, occasion: &Occasion) -> Result<Seen, WatchError> {
        match occasion {
            Occasion::Changed(place) => {
                let notice =
                    if self.watches(&place.pipeline) { self.after(place).await? } else { None };
                Ok(Seen { notices: notice.into_iter().collect(), ..Seen::default() })
            }
            Occasion::Hour(hour) => Box::pin(self.due(*hour)).await,
        }
    }

    fn watches(&self, pipeline: &str) -> bool {
        self.glob.is_none_or(|glob| WildMatch::new(glob).matches(pipeline))
    }

    /// What the end of an attempt means for others.
    async fn after(&self, place: &Place) -> Result<Option<Notice>, WatchError> {
        let pipeline = self.eyes.pipeline(&place.pipeline).await?;
        let scene = self.scene(&pipeline, place).await?;
        let ended = scene.attempt(&place.action_execution_id).cloned();
        let Some(ended) = ended.filter(|it| it.status != Status::InProgress) else {
            return Err(WatchError::NotNoticed(place.action.to_string()));
        };
        // The event may name another place than that of the attempt.
        let action = ended.action.as_deref().unwrap_or_default();
        let is_there = ended.stage.as_deref() == Some(&*place.stage);
        let Some(stage) = pipeline.stage(&place.stage).filter(|_| is_there) else {
            return Ok(None);
        };
        let is_gate = stage.gates().any(|gate| gate.action == action);
        let is_approval = pipeline.approval(&place.stage, action).is_some();
        Ok(if is_approval && ended.status == Status::Succeeded {
            self.one_given(scene, &ended)
        } else if is_gate && ended.status == Status::Failed {
            Some(self.stopped(scene, &ended))
        } else {
            None
        })
    }

    /// One approval is given. `None` if the rule asks for none that waits.
    fn one_given(&self, scene: Scene<'_>, given: &Attempt) -> Option<Notice> {
        let open = scene.open();
        if open.is_empty() {
            return None;
        }
        let judged = scene.judged(given.id.as_deref().unwrap_or_default());
        let by = judged.as_ref().and_then(|it| it.person.as_deref()).map(person);
        let principal = [&given.approver.history, &given.approver.state];
        let by = by.or_else(|| principal.into_iter().flatten().next().map(|it| shown(it)));
        let reason = judged.as_ref().filter(|it| !it.counted).and_then(|it| it.reason);
        let not = reason.map(|it| format!(", which does not count ({it})")).unwrap_or_default();
        let news = format!(
            "{} has approved {} of {}{not}. {}",
            by.unwrap_or_else(|| "Somebody".to_owned()),
            shown(given.action.as_deref().unwrap_or_default()),
            scene.pipeline.name,
            waits(&open),
        );
        let runs = Vec::from_iter(open.into_iter().map(|(run, _)| run));
        let title = format!("{} waits for another person", actions(&runs));
        let asked = scene.asked(&runs, self.session)?;
        Some(self.notice(&scene, Why::Waiting, title, news, asked))
    }

    /// The gate has not let it pass: it refused, or it failed. Those are told who could approve if
    /// somebody retries the stage.
    fn stopped(&self, scene: Scene<'_>, gate: &Attempt) -> Notice {
        let action = shown(gate.action.as_deref().unwrap_or_default());
        let title = format!("{action} did not let the release pass");
        let news = format!("{action} did not let the release of {} pass.", scene.pipeline.name);
        let said = gate.comment.clone().unwrap_or_default();
        let scene = scene.reopened();
        let runs = Vec::from_iter(scene.open().into_iter().map(|(run, _)| run));
        let asked = scene.asked(&runs, self.session).unwrap_or_default();
        Notice { said, ..self.notice(&scene, Why::Stopped, title, news, asked) }
    }

    /// The approvals that time out a day after the hour.
    async fn due(&self, hour: Timestamp) -> Result<Seen, WatchError> {
        let listed: Vec<Listed> = self.eyes.list(self.glob.map(|glob| &**glob)).await?;
        let survey =
            Survey { listed: &listed, caller: &(self.session)(SOMEBODY), at_once: AT_ONCE };
        let nothing = |_: &Pipeline, _: &Situation, _: &_| Standing::default();
        let overview = self.eyes.overview(survey, nothing, |_, _| {}).await;
        // If the history lags, it is not known until when an approval waits.
        let may_be_due = |it: &Approval| it.open_until.is_none_or(|at| is_a_day_after(hour, at));
        let open = overview.approvals.into_iter().map(|entry| entry.approval).filter(may_be_due);
        let of_stage =
            |it: Place| ((it.pipeline.clone(), it.execution_id.clone(), it.stage.clone()), it);
        let places = open.filter_map(|it| place(&it)).map(of_stage);
        let places: BTreeMap<_, Place> = places.collect();
        let mut seen = Seen { notices: Vec::new(), unreadable: overview.unreadable };
        for place in places.into_values() {
            match self.expiring(&place, hour).await {
                Ok(notice) => seen.notices.extend(notice),
                Err(problem) => seen.unreadable.push(Unreadable {
                    pipeline: place.pipeline.to_string(),
                    problem: problem.to_string(),
                }),
            }
        }
        Ok(seen)
    }

    /// The approvals of a stage that time out a day after the hour. `None` if there are none.
    async fn expiring(&self, place: &Place, hour: Timestamp) -> Result<Option<Notice>, WatchError> {
        let pipeline = self.eyes.pipeline(&place.pipeline).await?;
        let scene = self.scene(&pipeline, place).await?;
        let mut open = scene.open();
        open.retain(|(_, until)| until.is_some_and(|until| is_a_day_after(hour, until)));
        if open.is_empty() {
            return Ok(None);
        }
        let news = format!("A release of {} is about to time out. {}", pipeline.name, waits(&open));
        let runs = Vec::from_iter(open.into_iter().map(|(run, _)| run));
        let title = format!("{} times out in a day", actions(&runs));
        let asked = scene.asked(&runs, self.session);
        Ok(asked.map(|asked| self.notice(&scene, Why::Expiring, title, news, asked)))
    }

    /// Reads a stage of an execution, as soon as the history does not lag.
    async fn scene<'b>(
        &self,
        pipeline: &'b Pipeline,
        place: &'b Place,
    ) -> Result<Scene<'b>, WatchError> {
        let run = OpenRun {
            stage: place.stage.to_string(),
            action: place.action.to_string(),
            execution_id: place.execution_id.to_string(),
            token: place.action_execution_id.clone(),
            id: place.action_execution_id.clone(),
            since: None,
        };
        let caller = (self.session)(SOMEBODY);
        let read = self.eyes.situation(pipeline, run, &caller, true);
        let situation = Box::pin(read).await?;
        let known = situation.facts.clone()?;
        Ok(Scene { pipeline, place, situation, known })
    }

    fn notice(
        &self,
        scene: &Scene<'_>,
        why: Why,
        title: String,
        news: String,
        Asked { people, problem }: Asked,
    ) -> Notice {
        let pipeline = scene.pipeline.name.clone();
        let releases = &scene.situation.execution.releases;
        Notice {
            why,
            title,
            news,
            releases: releases.iter().map(|it| released(&it.into())).collect(),
            said: String::new(),
            people: people.into_iter().collect(),
            problem,
            link: link(self.origin, &pipeline, &scene.place.execution_id),
            pipeline,
        }
    }
}

/// The page of an execution.
pub(crate) fn link(origin: &str, pipeline: &str, execution_id: &str) -> String {
    format!("{origin}/e/{pipeline}/{execution_id}")
}

fn waits(open: &[(OpenRun, Option<Timestamp>)]) -> String {
    let open = open.iter().map(|(run, until)| (run.action.as_str(), *until));
    waiting(&Vec::from_iter(open))
}

fn actions(runs: &[OpenRun]) -> String {
    listed(&Vec::from_iter(runs.iter().map(|run| &run.action)))
}

/// Where an open approval is. All those of a stage are in one place.
fn place(approval: &Approval) -> Option<Place> {
    Some(Place {
        pipeline: approval.pipeline.parse().ok()?,
        execution_id: approval.execution_id.parse().ok()?,
        stage: approval.stage.parse().ok()?,
        action: approval.action.parse().ok()?,
        action_execution_id: approval.action_execution_id.clone(),
    })
}
