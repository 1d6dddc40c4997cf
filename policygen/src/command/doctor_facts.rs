//! `policygen doctor --facts`.

use std::error::Error;
use std::path::PathBuf;

use super::report::{Format, ReportArgs};
use crate::aws::{Aws, Connection};
use crate::exit::Exit;
use crate::input::{self, InputError, InputName};
use crate::output;
use evidence::facts::{
    Known, LogError, Recorded, SavedFactsError, Sight, Verdict, examine, read_live, read_log,
    read_saved, render,
};
use evidence::{EventError, read_events, runs_gate};
use findings::Severity;
use names::FunctionRef;

/// One real execution, and where to read it.
#[derive(Debug, clap::Args)]
#[command(next_help_heading = "Facts")]
pub(crate) struct FactsArgs {
    /// Check instead whether what this product assumes about AWS holds in one real execution. The
    /// report has no names, so that you can send it to us
    #[arg(
        long,
        requires_all = ["pipeline", "execution"],
        conflicts_with_all = ["pipeline_file", "all", "rule", "accept"]
    )]
    pub(crate) facts: bool,
    /// The execution, preferably one that has just passed the gate: CodePipeline's state shows only
    /// the latest one
    #[arg(long, value_name = "ID", requires = "facts")]
    execution: Option<String>,
    /// The gate's log: the output of `aws logs filter-log-events --log-group-name
    /// /aws/lambda/FUNCTION --filter-pattern facts`; `-` for standard input
    #[arg(long, value_name = "FILE", requires = "facts")]
    log: Option<PathBuf>,
    /// The output of `aws codepipeline list-pipeline-executions` (or `get-pipeline-execution`),
    /// `list-action-executions` or `get-pipeline-state`, instead of asking AWS; may be given
    /// several times
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "facts")]
    input: Vec<PathBuf>,
    /// Exported CloudTrail events: the log of a trail, or the output of `aws cloudtrail
    /// lookup-events --lookup-attributes
    /// AttributeKey=EventName,AttributeValue=PutApprovalResult`; may be given several times
    #[arg(long, value_name = "FILE", num_args = 1.., requires = "facts")]
    cloudtrail_file: Vec<PathBuf>,
}

/// What prevents a report.
#[derive(Debug, thiserror::Error)]
enum FactsError {
    #[error(transparent)]
    Input(#[from] InputError),
    #[error("{path} cannot be used")]
    Saved { path: InputName, source: SavedFactsError },
    #[error("{path} cannot be used")]
    Events { path: InputName, source: EventError },
    #[error("{path} is not the gate's log")]
    Log { path: InputName, source: LogError },
}

/// A command line that makes no sense.
#[derive(Debug, thiserror::Error)]
enum UsageError {
    #[error("--facts looks at one execution of one pipeline; give --pipeline once")]
    SeveralPipelines,
    #[error("--facts reports as human or json; a report of facts has no findings")]
    Format,
}

pub(crate) fn run(
    args: &FactsArgs,
    pipelines: &[String],
    gate: &FunctionRef,
    report: &ReportArgs,
    connection: &Connection,
    region: Option<&str>,
) -> Result<Exit, Box<dyn Error>> {
    let ([pipeline], Some(id)) = (pipelines, &args.execution) else {
        output::print_error(&UsageError::SeveralPipelines);
        return Ok(Exit::Usage);
    };
    let render = match report.format {
        Format::Human => |answers: &_| Ok(render::text(answers)),
        Format::Json => render::json,
        Format::Sarif | Format::Csv | Format::Github | Format::Junit => {
            output::print_error(&UsageError::Format);
            return Ok(Exit::Usage);
        }
    };
    let log = args.log.as_ref().map(|path| {
        let text = input::text(path)?;
        read_log(&text).map_err(|source| FactsError::Log { path: path.as_path().into(), source })
    });
    let log = log.transpose()?;
    let trail = (!args.cloudtrail_file.is_empty()).then(|| recorded(&args.cloudtrail_file));
    let trail = trail.transpose()?;
    let known = if args.input.is_empty() {
        let runtime = tokio::runtime::Builder::new_current_thread().enable_all().build()?;
        runtime.block_on(async {
            let aws = Aws::connect(connection, region).await;
            read_live(&aws.pipeline_history(), pipeline, id).await
        })?
    } else {
        saved(&args.input)?
    };
    let Known { history, state } = known;
    let Some(execution) = history.executions.into_iter().find(|execution| execution.id == *id)
    else {
        output::print_warning(&format!(
            "the history of `{pipeline}` has no execution `{id}`, so there was nothing to look at"
        ));
        return Ok(Exit::Nothing);
    };
    let mut actions = history.actions;
    actions.retain(|action| action.execution_id == *id);
    let sight = Sight {
        gate_runs: actions.iter().filter(|action| runs_gate(gate, action)).count(),
        execution,
        actions,
        state,
        trail,
        log,
    };
    let answers = examine(&sight);
    output::print(render(&answers)?.as_bytes())?;
    let fails = report.fail_on.severity().is_some_and(|least| least <= Severity::Error)
        && answers.iter().any(|answer| answer.verdict == Verdict::DoesNotHold);
    Ok(if fails { Exit::Findings } else { Exit::Done })
}

fn recorded(paths: &[PathBuf]) -> Result<Recorded, FactsError> {
    let mut events = Vec::new();
    for path in paths {
        let json = input::text(path)?;
        events.extend(
            read_events(json.as_bytes())
                .map_err(|source| FactsError::Events { path: path.as_path().into(), source })?,
        );
    }
    Ok(Recorded::new(events))
}

fn saved(paths: &[PathBuf]) -> Result<Known, FactsError> {
    let mut known = Known::default();
    for path in paths {
        let json = input::text(path)?;
        read_saved(&json, &mut known)
            .map_err(|source| FactsError::Saved { path: path.as_path().into(), source })?;
    }
    Ok(known)
}
