//! Approvals that wait for an answer, and which of them the user means.

use facts::StateEntry;
use jiff::Timestamp;
use names::shown;

use crate::pipeline::Pipeline;

/// One attempt of a manual approval that waits for an answer.
#[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord)]
pub(crate) struct OpenRun {
    pub(crate) stage: String,
    pub(crate) action: String,
    pub(crate) execution_id: String,
    /// `actionExecutionId`.
    pub(crate) id: String,
    /// The token of an answer: `actionExecutionId` (recorded for QUEUED and SUPERSEDED pipelines).
    /// In PARALLEL mode it is the `externalExecutionId` of the history (API model,
    /// `ApprovalToken`), which nobody has recorded.
    pub(crate) token: String,
    /// When it began to wait, if that is known.
    pub(crate) since: Option<Timestamp>,
}

/// The approvals that wait according to GetPipelineState. It shows the newest run of each action,
/// so in PARALLEL mode there can be more.
pub(crate) fn in_state<'a>(
    pipeline: &'a Pipeline,
    state: &'a [StateEntry],
) -> impl Iterator<Item = OpenRun> + 'a {
    state.iter().filter(|entry| entry.awaits_answer).filter_map(|entry| {
        let (stage, action) = (entry.stage.as_ref()?, entry.action.as_ref()?);
        pipeline.approval(stage, action)?;
        Some(OpenRun {
            stage: stage.clone(),
            action: action.clone(),
            execution_id: entry.execution_id.clone()?,
            id: entry.action_execution_id.clone(),
            token: entry.action_execution_id.clone(),
            since: entry.last_status_change,
        })
    })
}

/// Why an approval that was shown cannot be answered.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Changed {
    /// The same action waits, in another attempt.
    Reopened,
    /// It does not wait any more.
    Over,
}

/// The attempt that was shown, if it still waits. `is_same` says whether an open approval is of the
/// same action and execution.
///
/// # Errors
/// [`Changed`]. An answer to what was shown must never reach another attempt: what it releases, and
/// who has answered before, may differ.
pub(crate) fn still_open(
    open: Vec<OpenRun>,
    attempt: &str,
    is_same: impl Fn(&OpenRun) -> bool,
) -> Result<OpenRun, Changed> {
    let waits = open.into_iter().filter(|run| is_same(run));
    let mut changed = Changed::Over;
    for run in waits {
        if run.id == attempt {
            return Ok(run);
        }
        changed = Changed::Reopened;
    }
    Err(changed)
}

/// The approval that the user means, by what they said about it.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Wanted<'a> {
    pub(crate) action: Option<&'a str>,
    pub(crate) execution_id: Option<&'a str>,
}

/// Why no approval is chosen.
#[derive(Debug, PartialEq, Eq, thiserror::Error)]
pub(crate) enum NotChosen {
    /// Nothing waits.
    #[error("no approval of `{}` waits for an answer{}", shown(pipeline), others(.open))]
    Nothing {
        /// The pipeline.
        pipeline: String,
        /// What waits there, if the user asked for something else.
        open: Vec<OpenRun>,
    },
    /// Several wait.
    #[error(
        "several approvals of `{}` wait; name one by its action{}:{}", shown(pipeline),
        if *.by_execution { ", and its execution with --execution" } else { "" }, listed(.open)
    )]
    Several {
        /// The pipeline.
        pipeline: String,
        /// All of them.
        open: Vec<OpenRun>,
        /// Whether the same action waits in several executions.
        by_execution: bool,
    },
}

fn others(open: &[OpenRun]) -> String {
    if open.is_empty() { String::new() } else { format!("; these do:{}", listed(open)) }
}

fn listed(open: &[OpenRun]) -> String {
    open.iter().map(|run| format!("\n  {}", run.line())).collect()
}

impl OpenRun {
    fn line(&self) -> String {
        let Self { stage, action, execution_id, .. } = self;
        format!("{} in stage {}, execution {}", shown(action), shown(stage), shown(execution_id))
    }
}

impl Wanted<'_> {
    /// Chooses one of the open approvals. An action can be named as `STAGE/ACTION` too.
    ///
    /// # Errors
    /// [`NotChosen`] if none or several are meant.
    pub(crate) fn choose(
        self,
        pipeline: &str,
        mut open: Vec<OpenRun>,
    ) -> Result<OpenRun, NotChosen> {
        open.sort();
        let is_action = |run: &OpenRun, wanted: &str| {
            run.action == wanted || format!("{}/{}", run.stage, run.action) == wanted
        };
        let meant = |run: &&OpenRun| {
            self.action.is_none_or(|wanted| is_action(run, wanted))
                && self
                    .execution_id
                    .is_none_or(|wanted| run.execution_id.eq_ignore_ascii_case(wanted))
        };
        let meant: Vec<OpenRun> = open.iter().filter(meant).cloned().collect();
        let pipeline = pipeline.to_owned();
        match meant.as_slice() {
            [] => Err(NotChosen::Nothing { pipeline, open }),
            [one] => Ok(one.clone()),
            [first, rest @ ..] => {
                let by_execution = rest
                    .iter()
                    .any(|run| (&run.stage, &run.action) == (&first.stage, &first.action));
                Err(NotChosen::Several { pipeline, open: meant, by_execution })
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    fn run(stage: &str, action: &str, execution_id: &str) -> OpenRun {
        OpenRun {
            stage: stage.to_owned(),
            action: action.to_owned(),
            execution_id: execution_id.to_owned(),
            id: format!("{execution_id}/{stage}/{action}"),
            token: "token".to_owned(),
            since: None,
        }
    }

    fn choose(open: &[OpenRun], action: Option<&str>, id: Option<&str>) -> Result<OpenRun, String> {
        let wanted = Wanted { action, execution_id: id };
        wanted.choose("payments", open.to_vec()).map_err(|error| error.to_string())
    }

    #[test]
    fn one_open_approval_needs_no_name() {
        let one = run("Release", "ApprovalA", "e1");
        assert_eq!(choose(std::slice::from_ref(&one), None, None), Ok(one.clone()));
        assert_eq!(
            choose(std::slice::from_ref(&one), Some("Release/ApprovalA"), Some("E1")),
            Ok(one)
        );
    }

    #[test]
    fn several_open_approvals_are_listed_and_none_is_answered() {
        let open = [run("Release", "ApprovalB", "e1"), run("Release", "ApprovalA", "e1")];
        assert_eq!(
            choose(&open, None, None).unwrap_err(),
            "several approvals of `payments` wait; name one by its action:\n  \
             ApprovalA in stage Release, execution e1\n  ApprovalB in stage Release, execution e1"
        );
        assert_eq!(choose(&open, Some("ApprovalB"), None).unwrap().action, "ApprovalB");
        let parallel = [run("Release", "ApprovalA", "e1"), run("Release", "ApprovalA", "e2")];
        assert!(choose(&parallel, Some("ApprovalA"), None).unwrap_err().contains("--execution"));
        assert_eq!(choose(&parallel, None, Some("e2")).unwrap().execution_id, "e2");
    }

    #[test]
    fn what_does_not_wait_is_not_mistaken_for_what_does() {
        assert_eq!(
            choose(&[], Some("ApprovalA"), None).unwrap_err(),
            "no approval of `payments` waits for an answer"
        );
        let other = [run("Release", "ApprovalB", "e1")];
        assert_eq!(
            choose(&other, Some("approvalb"), None).unwrap_err(),
            "no approval of `payments` waits for an answer; these do:\n  \
             ApprovalB in stage Release, execution e1"
        );
    }
}
