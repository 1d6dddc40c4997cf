//! A stage of one execution, and who could approve there.

use std::collections::BTreeSet;

use jiff::Timestamp;
use rule::{Approver, Attempt, JudgedApproval, Status, decide};
use signing::Answer;

use super::event::Place;
use crate::aftermath::newest_of;
use crate::answering::Answering;
use crate::judge::Judgement;
use crate::look::{Known, Situation};
use crate::open::OpenRun;
use crate::pipeline::Pipeline;

/// A stage of one execution, as far as it is known.
pub(super) struct Scene<'a> {
    pub(super) pipeline: &'a Pipeline,
    pub(super) place: &'a Place,
    /// The execution and its rule.
    pub(super) situation: Situation,
    pub(super) known: Known,
}

/// The people who are asked.
#[derive(Debug, Default, PartialEq, Eq)]
pub(super) struct Asked {
    pub(super) people: BTreeSet<String>,
    /// Why it is not known who they are.
    pub(super) problem: Option<String>,
}

impl Scene<'_> {
    /// An attempt, by its `actionExecutionId`.
    pub(super) fn attempt(&self, id: &str) -> Option<&Attempt> {
        self.known.facts.attempts.iter().find(|it| it.id.as_deref() == Some(id))
    }

    /// What the rule says about an approval. `None` if it says nothing.
    pub(super) fn judged(&self, id: &str) -> Option<JudgedApproval> {
        let rule = &self.situation.rule.as_ref().ok()?.rule;
        let decision = decide(rule, &self.known.facts).ok()?;
        let mut approvals = decision.record().approvals.iter();
        approvals.find(|it| it.action_execution_id.as_deref() == Some(id)).cloned()
    }

    /// The approvals of the stage that wait, and until when.
    pub(super) fn open(&self) -> Vec<(OpenRun, Option<Timestamp>)> {
        let attempts = self.approvals().into_iter();
        let open = attempts.filter(|(attempt, _)| attempt.status == Status::InProgress);
        open.map(|(attempt, run)| {
            let settings = self.pipeline.approval(&run.stage, &run.action);
            let until = attempt.started.zip(settings);
            let until = until.and_then(|(since, it)| since.checked_add(it.timeout()).ok());
            (run, until)
        })
        .collect()
    }

    /// The scene after a retry of the stage from its beginning: every approval waits again.
    pub(super) fn reopened(mut self) -> Self {
        let ids: BTreeSet<String> = self.approvals().into_iter().map(|(_, run)| run.id).collect();
        let now = self.known.facts.now;
        for attempt in &mut self.known.facts.attempts {
            if attempt.id.as_ref().is_some_and(|id| ids.contains(id)) {
                attempt.status = Status::InProgress;
                attempt.started = Some(now);
                attempt.updated = Some(now);
                attempt.answered = None;
                attempt.error = None;
                attempt.approver = Approver::default();
                attempt.comment = None;
            }
        }
        self
    }

    /// The newest attempt of each approval of the stage.
    fn approvals(&self) -> Vec<(&Attempt, OpenRun)> {
        let newest = newest_of(&self.place.stage, &self.known.facts.attempts).into_values();
        let run = |attempt: &Attempt| {
            let (action, id) = (attempt.action.clone()?, attempt.id.clone()?);
            self.pipeline.approval(&self.place.stage, &action)?;
            Some(OpenRun {
                stage: self.place.stage.to_string(),
                action,
                execution_id: self.place.execution_id.to_string(),
                token: id.clone(),
                id,
                since: attempt.started,
            })
        };
        newest.filter_map(|attempt| Some((attempt, run(attempt)?))).collect()
    }

    /// The people with a key in the rule whose signed approval of one of these would count now.
    /// Returns `None` if the rule asks for none of them.
    pub(super) fn asked(
        &self,
        runs: &[OpenRun],
        session: &dyn Fn(&str) -> String,
    ) -> Option<Asked> {
        let mut asked = Asked::default();
        let rule = match &self.situation.rule {
            Ok(rule) => &rule.rule,
            Err(problem) => return Some(Asked { problem: Some(problem.to_string()), ..asked }),
        };
        let (mut is_asked_for, mut is_not) = (false, false);
        for run in runs {
            let situation = Situation { run: run.clone(), ..self.situation.clone() };
            for (person, key) in rule.public_keys() {
                let answering = Answering {
                    pipeline: &self.pipeline.name,
                    situation: &situation,
                    known: &self.known,
                    answer: Answer::Approved,
                    caller: &session(person),
                    words: "",
                };
                let judged = answering.rehearsed(Some(key), self.known.facts.now);
                match judged.map(|it| it.map(|it| it.judgement)) {
                    Ok(Some(Judgement::Counts(_))) => {
                        is_asked_for = true;
                        asked.people.insert(person.to_owned());
                    }
                    Ok(Some(Judgement::Refused(_)) | None) => is_asked_for = true,
                    Ok(Some(Judgement::NotRequired)) => is_not = true,
                    Err(problem) => asked.problem = Some(problem.to_string()),
                }
            }
        }
        // People who would count are asked, no matter what is not known about others.
        asked.problem = asked.problem.filter(|_| asked.people.is_empty());
        let is_nothing = is_not && !is_asked_for && asked.problem.is_none();
        (!is_nothing).then_some(asked)
    }
}
