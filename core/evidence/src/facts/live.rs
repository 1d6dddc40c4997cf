//! The same as AWS tells it now.

use std::future::Future;

use super::sight::{Known, StageState};
use crate::{CodePipeline, Period, ReadError, read_live};

/// Where the state of a pipeline comes from.
pub trait PipelineState {
    type Error;

    /// GetPipelineState.
    fn pipeline_state(
        &self,
        pipeline: &str,
    ) -> impl Future<Output = Result<Vec<StageState>, Self::Error>>;
}

/// Asks for one execution, its actions and the pipeline's state.
///
/// # Errors
/// As the calls, or if a list goes round in circles.
pub async fn read<E>(
    aws: &(impl CodePipeline<Error = E> + PipelineState<Error = E>),
    pipeline: &str,
    execution: &str,
) -> Result<Known, ReadError<E>> {
    let history = read_live(aws, pipeline, Period::default(), Some(execution), |_| {}).await?;
    let state = aws.pipeline_state(pipeline).await?;
    Ok(Known { history, state: Some(state) })
}
