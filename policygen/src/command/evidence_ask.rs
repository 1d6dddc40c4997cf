//! What `evidence` asks AWS about one pipeline.

use std::error::Error;
use std::path::Path;

use evidence::{Period, Progress, Source, look_up, read_live};
use jiff::Timestamp;

use super::evidence_cache::Cache;
use super::evidence_recipe::Asked;
use crate::aws::Aws;
use crate::output;

/// The question about one pipeline.
#[derive(Clone, Copy)]
pub(crate) struct Question<'a> {
    pub(crate) pipeline: &'a str,
    pub(crate) period: Period,
    pub(crate) execution: Option<&'a str>,
    pub(crate) now: Timestamp,
}

/// Reads the history from AWS, and its account.
///
/// # Errors
/// If the history cannot be read. It can be judged without the account.
pub(crate) async fn ask(
    aws: &Aws,
    question: Question<'_>,
    cache: Option<&Path>,
    progress: impl Fn(Progress),
) -> Result<Asked, Box<dyn Error>> {
    let Question { pipeline, period, execution, now } = question;
    let mut asked = Asked { region: aws.region().map(str::to_owned), ..Asked::default() };
    let declared = aws.get_pipeline(pipeline).await;
    if let Ok(pipeline) = &declared {
        asked.calls.push(Source::Calls {
            operation: "codepipeline:GetPipeline",
            requests: 1,
            entries: 1,
        });
        asked.account = pipeline.account().map(|id| id.to_string());
        asked.pipeline_arn = Some(pipeline.arn.clone());
    }
    let memory = Cache::new(cache, asked.pipeline_arn.as_deref(), now);
    let history = aws.pipeline_history();
    let read = read_live(&history, pipeline, period, execution, &memory, progress).await;
    memory.finish();
    let (history, requests) = read?;
    // The history can be judged without it, and the report says which account it assumes.
    if let Err(error) = declared {
        let without = if cache.is_some() { ", so nothing of it is cached" } else { "" };
        output::print_note(&format!(
            "AWS does not say which account the pipeline `{pipeline}` belongs to{without}: {error}"
        ));
    }
    asked.calls.extend([
        Source::Calls {
            operation: "codepipeline:ListPipelineExecutions",
            requests: requests.executions,
            entries: history.executions.len(),
        },
        Source::Calls {
            operation: "codepipeline:ListActionExecutions",
            requests: requests.actions,
            entries: requests.entries,
        },
    ]);
    asked.calls.extend(cache.map(|path| Source::Cache {
        path: path.display().to_string(),
        executions: requests.recalled,
    }));
    asked.history = history;
    Ok(asked)
}

/// Looks up the events of the approvals, and adds them.
///
/// # Errors
/// If CloudTrail cannot be read.
pub(crate) async fn ask_trail(
    aws: &Aws,
    question: Question<'_>,
    asked: &mut Asked,
    progress: impl Fn(),
) -> Result<(), Box<dyn Error>> {
    asked.events = look_up(aws, question.pipeline, question.period, progress).await?;
    asked.calls.push(Source::Calls {
        operation: "cloudtrail:LookupEvents",
        requests: aws.lookups(),
        entries: asked.events.len(),
    });
    Ok(())
}
