//! Reads the history from CodePipeline.
//!
//! The actions are asked for one execution at a time, several executions in parallel, and not for
//! the whole pipeline. That takes more calls. But it is the same call that the gate makes, it does
//! not depend on the order of a list, which AWS does not document, and a short period reads only
//! what it needs.

use std::collections::HashSet;
use std::future::Future;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::case::cases;
use super::history::{ActionExecution, History, PipelineExecution};
use super::kept::Memory;
use super::period::Period;

/// The number of executions that are read at the same time.
const AT_ONCE: usize = 4;

/// The calls that read a history. Each reads one page, the first without a token.
pub trait CodePipeline {
    /// Why a call failed.
    type Error;

    /// ListPipelineExecutions.
    fn pipeline_executions(
        &self,
        pipeline: &str,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page<PipelineExecution>, Self::Error>>;

    /// ListActionExecutions of one execution.
    fn action_executions(
        &self,
        pipeline: &str,
        execution_id: &str,
        token: Option<&str>,
    ) -> impl Future<Output = Result<Page<ActionExecution>, Self::Error>>;
}

/// One page of a list.
#[derive(Debug)]
pub struct Page<T> {
    /// The entries of the page.
    pub items: Vec<T>,
    /// The token of the next page, if there is one.
    pub next_token: Option<String>,
}

/// Why a history cannot be read from AWS.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    /// A call failed.
    #[error(transparent)]
    Call(#[from] E),
    /// The pages of a list form a circle, so reading them would never end.
    #[error("the list of {0} names a page that was read already; try again")]
    Circle(&'static str),
}

/// How far the reading is.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    /// This many executions have to be read.
    Executions(usize),
    /// The actions of one more execution have been read.
    Read,
}

/// How many requests a history took. Each page of a list is one.
#[derive(Clone, Copy, Debug, Default, PartialEq, Eq)]
pub struct Requests {
    /// ListPipelineExecutions.
    pub executions: usize,
    /// ListActionExecutions.
    pub actions: usize,
    /// The action executions in their replies.
    pub entries: usize,
    /// Executions whose actions were not asked for, because the memory recalled them.
    pub recalled: usize,
}

/// The actions of one execution.
struct Actions {
    actions: Vec<ActionExecution>,
    requests: usize,
    is_recalled: bool,
}

/// Reads all executions, and the actions of those of a period, or only of `wanted`. It does not ask
/// for what the memory recalls.
///
/// # Errors
/// [`ReadError`] if a call fails or the pages of a list form a circle.
pub async fn read<C: CodePipeline>(
    codepipeline: &C,
    pipeline: &str,
    period: Period,
    wanted: Option<&str>,
    memory: &impl Memory,
    progress: impl Fn(Progress),
) -> Result<(History, Requests), ReadError<C::Error>> {
    let (all, first) = pages("pipeline executions", async |token| {
        codepipeline.pipeline_executions(pipeline, token.as_deref()).await
    })
    .await?;
    let listed = History { executions: all.clone(), actions: Vec::new() };
    let (asked, _) = cases(listed, period, wanted);
    let executions: Vec<PipelineExecution> = asked.into_iter().map(|case| case.execution).collect();
    progress(Progress::Executions(executions.len()));
    let read: Vec<Actions> = stream::iter(&executions)
        .map(async |execution| {
            let id = execution.id.as_str();
            if let Some(actions) = memory.recall(execution) {
                progress(Progress::Read);
                return Ok(Actions { actions, requests: 0, is_recalled: true });
            }
            let read = pages("action executions", async |token| {
                codepipeline.action_executions(pipeline, id, token.as_deref()).await
            });
            let read = read.await;
            progress(Progress::Read);
            let (actions, requests) = read?;
            memory.keep(execution, &actions);
            Ok::<_, ReadError<C::Error>>(Actions { actions, requests, is_recalled: false })
        })
        .buffer_unordered(AT_ONCE)
        .try_collect()
        .await?;
    let asked = read.iter().filter(|it| !it.is_recalled);
    let requests = Requests {
        executions: first,
        actions: read.iter().map(|it| it.requests).sum(),
        entries: asked.clone().map(|it| it.actions.len()).sum(),
        recalled: read.iter().filter(|it| it.is_recalled).count(),
    };
    let actions = read.into_iter().flat_map(|it| it.actions).collect();
    Ok((History { executions: all, actions }, requests))
}

/// Reads all pages of a list, and counts them. `what` names the list in an error.
async fn pages<T, E>(
    what: &'static str,
    page: impl AsyncFn(Option<String>) -> Result<Page<T>, E>,
) -> Result<(Vec<T>, usize), ReadError<E>> {
    let mut read_pages: usize = 0;
    let mut items = Vec::new();
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        let read = page(token).await?;
        read_pages = read_pages.saturating_add(1);
        items.extend(read.items);
        match read.next_token {
            None => return Ok((items, read_pages)),
            Some(next) if !seen.insert(next.clone()) => return Err(ReadError::Circle(what)),
            Some(next) => token = Some(next),
        }
    }
}
