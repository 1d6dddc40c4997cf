//! The history as CodePipeline tells it now.
//!
//! The actions are asked for execution by execution, several at a time, and not all at once for the
//! whole pipeline. That is more calls, and it is the gate's own call: it needs no word on the order
//! of a list that AWS does not give, and a short period reads nothing else.

use std::collections::HashSet;
use std::future::Future;

use futures_util::stream::{self, StreamExt as _, TryStreamExt as _};

use super::case::cases;
use super::history::{ActionExecution, History, PipelineExecution};
use super::period::Period;

/// How many executions are asked about at the same time.
const AT_ONCE: usize = 4;

/// Where a history comes from. Each call is one page, the first without a token.
pub trait CodePipeline {
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
    pub items: Vec<T>,
    pub next_token: Option<String>,
}

/// Why there is no history.
#[derive(Debug, thiserror::Error)]
pub enum ReadError<E> {
    #[error(transparent)]
    Call(#[from] E),
    /// Pages that go round in circles would never end.
    #[error("the list of {0} names a page that was read already; try again")]
    Circle(&'static str),
}

/// How far the reading is: executions in all, or one more of them read.
#[derive(Clone, Copy, Debug)]
pub enum Progress {
    Executions(usize),
    Read,
}

/// Reads the executions that are asked about, with their actions.
pub async fn read<C: CodePipeline>(
    codepipeline: &C,
    pipeline: &str,
    period: Period,
    wanted: Option<&str>,
    progress: impl Fn(Progress),
) -> Result<History, ReadError<C::Error>> {
    let all = pages("pipeline executions", async |token| {
        codepipeline.pipeline_executions(pipeline, token.as_deref()).await
    })
    .await?;
    let listed = History { executions: all, actions: Vec::new() };
    let executions: Vec<PipelineExecution> =
        cases(listed, period, wanted).into_iter().map(|case| case.execution).collect();
    progress(Progress::Executions(executions.len()));
    let actions = stream::iter(&executions)
        .map(async |execution| {
            let id = execution.id.as_str();
            let read = pages("action executions", async |token| {
                codepipeline.action_executions(pipeline, id, token.as_deref()).await
            });
            let read = read.await;
            progress(Progress::Read);
            read
        })
        .buffer_unordered(AT_ONCE)
        .try_concat()
        .await?;
    Ok(History { executions, actions })
}

/// All pages of a list.
async fn pages<T, E>(
    of: &'static str,
    page: impl AsyncFn(Option<String>) -> Result<Page<T>, E>,
) -> Result<Vec<T>, ReadError<E>> {
    let mut items = Vec::new();
    let mut seen = HashSet::new();
    let mut token = None;
    loop {
        let read = page(token).await?;
        items.extend(read.items);
        match read.next_token {
            None => return Ok(items),
            Some(next) if !seen.insert(next.clone()) => return Err(ReadError::Circle(of)),
            Some(next) => token = Some(next),
        }
    }
}
