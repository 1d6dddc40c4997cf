//! `policygen doctor --facts`.

use std::error::Error;
use std::path::PathBuf;

use jiff::Timestamp;

use crate::aws::Aws;
use crate::evidence::{Period, read_live};
use crate::exit::Exit;
use crate::facts::{Look, Seen, read_log, render};
use crate::{input, output};

/// What is looked at.
pub(super) struct Question<'a> {
    pub(super) pipeline: &'a str,
    pub(super) execution: &'a str,
    /// The gate's log, as the user saved it.
    pub(super) log: &'a [PathBuf],
    pub(super) as_json: bool,
}

/// Why nothing can be said.
#[derive(Debug, thiserror::Error)]
#[error("the history of `{pipeline}` has no execution `{execution}`; it goes back 12 months")]
struct NoExecution {
    pipeline: String,
    execution: String,
}

/// Looks at one execution; it changes nothing.
pub(super) async fn run(aws: &Aws, question: Question<'_>) -> Result<Exit, Box<dyn Error>> {
    let mut gate = Vec::new();
    for path in question.log {
        gate.extend(read_log(&input::text_or_stdin(path)?));
    }
    let everything = Period::new(None, None, Timestamp::now())?;
    let (pipeline, execution) = (question.pipeline, question.execution);
    let history = read_live(&aws.pipeline_history(), pipeline, everything, Some(execution), |_| {}).await?;
    if !history.executions.iter().any(|found| found.id == execution) {
        return Err(NoExecution {
            pipeline: pipeline.to_owned(),
            execution: execution.to_owned(),
        }
        .into());
    }
    let state = aws.pipeline_state(pipeline).await?;
    let look = Look {
        history: &history,
        state: &state,
        gate: &gate,
    };
    let findings = look.findings();
    let printed = if question.as_json {
        render::json(&findings)?
    } else {
        render::text(&findings)
    };
    output::print(printed.as_bytes())?;
    let fails = findings.iter().any(|finding| matches!(finding.seen, Seen::Fails(_)));
    Ok(if fails { Exit::Findings } else { Exit::Done })
}
