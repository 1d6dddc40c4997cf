//! Reads an execution from AWS.

use std::future::Future;

use super::sight::{Known, StageState};
use crate::kept::NoMemory;
use crate::{CodePipeline, Period, ReadError, read_live};

/// The port to GetPipelineState.
pub trait PipelineState {
    /// The error of a failed call.
    type Error;

    /// The stages of a pipeline and their newest runs.
    fn pipeline_state(
        &self,
        pipeline: &str,
    ) -> impl Future<Output = Result<Vec<StageState>, Self::Error>>;
}

/// Reads one execution, its actions and the pipeline's state.
///
/// # Errors
/// [`ReadError`] if a call fails, or if a list of pages never ends.
pub async fn read<E>(
    aws: &(impl CodePipeline<Error = E> + PipelineState<Error = E>),
    pipeline: &str,
    execution: &str,
) -> Result<Known, ReadError<E>> {
    let (mut history, _) =
        read_live(aws, pipeline, Period::default(), Some(execution), &NoMemory, |_| {}).await?;
    history.executions.retain(|listed| listed.id == execution);
    let state = aws.pipeline_state(pipeline).await?;
    Ok(Known { history, state: Some(state) })
}
