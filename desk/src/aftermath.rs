//! What follows an answer: CodePipeline notices it, and the stage ends.

use std::collections::BTreeMap;

use jiff::Timestamp;
use rule::{Attempt, Status};

use crate::pipeline::Stage;

/// How a stage ended.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum StageEnd {
    /// Every action succeeded.
    Passed,
    /// An action failed, or the execution was stopped.
    Stopped {
        /// The action that failed, and what it said. `None` if the execution was stopped.
        by: Option<(String, Option<String>)>,
    },
}

/// Whether the attempt has been answered, according to the history.
pub(crate) fn is_noticed(attempts: &[Attempt], id: &str) -> bool {
    let attempt = attempts.iter().find(|attempt| attempt.id.as_deref() == Some(id));
    attempt.is_some_and(|attempt| attempt.status != Status::InProgress)
}

/// How the stage ended in an execution. Returns `None` if it has not.
pub(crate) fn end_of(
    stage: &Stage,
    attempts: &[Attempt],
    execution_status: Option<&str>,
) -> Option<StageEnd> {
    let newest = newest_of(&stage.name, attempts);
    let status = |action: &str| newest.get(action).map(|attempt| attempt.status);
    let mut names = stage.actions.iter().map(|action| action.name.as_str());
    if names.all(|name| status(name) == Some(Status::Succeeded)) {
        return Some(StageEnd::Passed);
    }
    let is_running = newest.values().any(|attempt| attempt.status == Status::InProgress);
    let failed = newest.values().find(|attempt| attempt.status == Status::Failed);
    if let Some(failed) = failed.filter(|_| !is_running) {
        let action = failed.action.clone().unwrap_or_default();
        return Some(StageEnd::Stopped { by: Some((action, failed.comment.clone())) });
    }
    match execution_status {
        Some("InProgress" | "Stopping") | None => None,
        Some(_) => Some(StageEnd::Stopped { by: None }),
    }
}

/// The newest attempt of each action of a stage.
pub(crate) fn newest_of<'a>(
    stage: &str,
    attempts: &'a [Attempt],
) -> BTreeMap<&'a str, &'a Attempt> {
    let mut newest: BTreeMap<&str, &Attempt> = BTreeMap::new();
    for attempt in attempts.iter().filter(|attempt| attempt.stage.as_deref() == Some(stage)) {
        let Some(action) = attempt.action.as_deref() else {
            continue;
        };
        let started = |attempt: &Attempt| attempt.started.unwrap_or(Timestamp::MIN);
        let known = newest.entry(action).or_insert(attempt);
        if started(attempt) > started(known) {
            *known = attempt;
        }
    }
    newest
}

/// The approvals of a stage that somebody has answered: the newest attempt of each action.
pub(crate) fn answers<'a>(stage: &str, attempts: &'a [Attempt]) -> Vec<&'a Attempt> {
    let newest = newest_of(stage, attempts).into_values();
    newest
        .filter(|attempt| attempt.kind.may_be_approval())
        .filter(|attempt| matches!(attempt.status, Status::Succeeded | Status::Failed))
        .collect()
}

#[cfg(test)]
mod tests {
    use rule::{ActionKind, Approver};

    use super::*;
    use crate::pipeline::{Action, Kind};

    fn attempt(action: &str, status: Status, started: &str) -> Attempt {
        Attempt {
            stage: Some("Release".to_owned()),
            action: Some(action.to_owned()),
            id: Some(format!("{action} {started}")),
            kind: ActionKind::Other,
            status,
            started: Some(started.parse().unwrap()),
            updated: None,
            answered: None,
            error: None,
            approver: Approver::default(),
            comment: Some("why".to_owned()),
            revision: None,
            region: None,
            invoked: None,
        }
    }

    fn stage() -> Stage {
        let action = |name: &str| Action { name: name.to_owned(), run_order: 1, kind: Kind::Other };
        Stage { name: "Release".to_owned(), actions: vec![action("A"), action("Gate")] }
    }

    const FIRST: &str = "2026-01-01T00:00:00Z";
    const SECOND: &str = "2026-01-01T00:01:00Z";

    #[test]
    fn a_stage_passes_if_the_newest_attempts_of_all_its_actions_did() {
        let attempts = [
            attempt("A", Status::Succeeded, SECOND),
            attempt("A", Status::Failed, FIRST),
            attempt("Gate", Status::Succeeded, SECOND),
        ];
        assert_eq!(end_of(&stage(), &attempts, Some("InProgress")), Some(StageEnd::Passed));
    }

    #[test]
    fn a_stage_between_two_actions_has_not_ended() {
        let attempts = [attempt("A", Status::Succeeded, FIRST)];
        assert_eq!(end_of(&stage(), &attempts, Some("InProgress")), None);
        let stopped = end_of(&stage(), &attempts, Some("Stopped"));
        assert_eq!(stopped, Some(StageEnd::Stopped { by: None }));
    }

    #[test]
    fn a_stage_that_fails_says_where_and_why() {
        let running = attempt("A", Status::InProgress, FIRST);
        let failed = attempt("Gate", Status::Failed, SECOND);
        assert_eq!(end_of(&stage(), &[running, failed.clone()], Some("InProgress")), None);
        let by = Some(("Gate".to_owned(), Some("why".to_owned())));
        assert_eq!(end_of(&stage(), &[failed], Some("Failed")), Some(StageEnd::Stopped { by }));
    }

    #[test]
    fn an_answer_is_noticed_when_the_history_shows_its_end() {
        let attempts =
            [attempt("A", Status::InProgress, FIRST), attempt("B", Status::Failed, FIRST)];
        assert!(!is_noticed(&attempts, &format!("A {FIRST}")));
        assert!(is_noticed(&attempts, &format!("B {FIRST}")));
        assert!(!is_noticed(&attempts, "other"));
    }
}
