//! Everything that waits for an answer, in all pipelines that the caller may see.

use std::collections::BTreeSet;
use std::time::Duration;

use facts::StateEntry;
use facts::{Budget, CallError, CodePipeline, Operation, ReadError, Roles};
use futures_util::future::{join_all, try_join_all};
use futures_util::{StreamExt as _, stream};
use jiff::Timestamp;
use wildmatch::WildMatch;

use crate::look::{Eyes, Known, Situation};
use crate::once::Once;
use crate::pipeline::Pipeline;
use crate::port::{Aws, Listed};
use crate::report::json::Standing;
use crate::report::pending::{Entry, Unreadable};
use crate::standing;

/// How many pipelines are in work at the same time. Their calls are limited apart from that.
const PIPELINES: usize = 1000;

const LIST_PIPELINES: Operation = Operation::codepipeline("ListPipelines");

/// What waits, and what could not be read.
#[derive(Debug, Default)]
pub(crate) struct Overview {
    pub(crate) approvals: Vec<Entry>,
    pub(crate) unreadable: Vec<Unreadable>,
}

/// Which pipelines to look at, and as which principal.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Survey<'a> {
    pub(crate) listed: &'a [Listed],
    /// The principal that would answer.
    pub(crate) caller: &'a str,
    /// The number of calls at the same time.
    pub(crate) at_once: usize,
}

impl<A: Aws, C: CodePipeline, R: Roles> Eyes<'_, A, C, R> {
    /// Reads pipelines, and lets `judge` say where the user stands. A pipeline that cannot be
    /// read is one of the unreadable ones. `progress` hears how many of how many are read.
    pub(crate) async fn overview(
        &self,
        survey: Survey<'_>,
        judge: impl Fn(&Pipeline, &Situation, &Known) -> Standing,
        progress: impl Fn(usize, usize),
    ) -> Overview {
        let once = Once::new(self, survey.at_once);
        let eyes = once.eyes();
        let listed = survey.listed;
        let now = Timestamp::now();
        let mut overview = Overview::default();
        let reads = stream::iter(listed)
            .map(|listed| Box::pin(eyes.waiting(listed, survey.caller, now, &judge)));
        let mut reads = reads.buffered(PIPELINES).zip(stream::iter(listed)).enumerate();
        while let Some((index, (read, Listed { name, .. }))) = reads.next().await {
            progress(index + 1, listed.len());
            match read {
                Ok(entries) => overview.approvals.extend(entries),
                Err(error) => overview
                    .unreadable
                    .push(Unreadable { pipeline: name.clone(), problem: error.to_string() }),
            }
        }
        overview
    }

    /// The pipelines of the region that the pattern matches; all of them if it is `None`.
    ///
    /// # Errors
    /// [`CallError`] if the list cannot be read.
    pub(crate) async fn list(&self, glob: Option<&str>) -> Result<Vec<Listed>, CallError> {
        let budget = Budget::of(Duration::from_secs(60));
        let glob = WildMatch::new(glob.unwrap_or("*"));
        let mut listed = Vec::new();
        let mut token: Option<String> = None;
        loop {
            let call = || self.aws.pipelines(token.as_deref());
            let page = budget.call(LIST_PIPELINES, call).await?;
            listed.extend(page.items.into_iter().filter(|listed| glob.matches(&listed.name)));
            match page.next_token {
                Some(next) if token.as_ref() != Some(&next) => token = Some(next),
                Some(_) | None => return Ok(listed),
            }
        }
    }

    /// The open approvals of a pipeline. Most have none, and cost one call.
    async fn waiting(
        &self,
        listed: &Listed,
        caller: &str,
        now: Timestamp,
        judge: &impl Fn(&Pipeline, &Situation, &Known) -> Standing,
    ) -> Result<Vec<Entry>, CallError> {
        let state = self.state(&listed.name).await?;
        if !listed.is_parallel && !state.iter().any(|entry| entry.awaits_answer) {
            return Ok(Vec::new());
        }
        let (pipeline, ()) = tokio::join!(self.pipeline(&listed.name), self.expect(listed, &state));
        let pipeline = pipeline?;
        let open = self.open(&pipeline, &state, now).await?;
        let looks =
            open.into_iter().map(|run| Box::pin(self.situation(&pipeline, run, caller, false)));
        let situations = try_join_all(looks).await?;
        Ok(situations.iter().map(|it| entry(&pipeline, it, judge)).collect())
    }

    /// Asks what the approvals will need beforehand, together with the structure of the pipeline.
    /// An error comes again when the answer is needed.
    async fn expect(&self, listed: &Listed, state: &[StateEntry]) {
        let waits = state.iter().filter(|entry| entry.awaits_answer);
        let executions: BTreeSet<&str> =
            waits.filter_map(|entry| entry.execution_id.as_deref()).collect();
        let ask = |id| async move {
            let name = listed.name.as_str();
            tokio::join!(
                self.codepipeline.action_executions(name, id, None),
                self.aws.execution(name, id),
            )
        };
        join_all(executions.into_iter().map(ask)).await;
    }
}

/// An open approval, and where the user stands.
pub(crate) fn entry(
    pipeline: &Pipeline,
    situation: &Situation,
    judge: &impl Fn(&Pipeline, &Situation, &Known) -> Standing,
) -> Entry {
    Entry {
        approval: standing::approval(pipeline, situation),
        you: match (&situation.rule, &situation.facts) {
            (Err(problem), _) => Standing::unknown(problem),
            (Ok(_), Err(ReadError { lag: Some(_), .. })) => Standing::unknown(LAGS),
            (Ok(_), Err(problem)) => Standing::unknown(problem),
            (Ok(_), Ok(known)) => judge(pipeline, situation, known),
        },
    }
}

/// Why nothing is judged right after an answer.
pub(crate) const LAGS: &str = "somebody has answered just now, and CodePipeline has not noticed \
                               yet; look again in half a minute";
