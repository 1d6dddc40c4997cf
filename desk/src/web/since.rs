//! Reads what has changed since the last release that enough people approved.
//!
//! CodePipeline names the revisions of each execution and not the commits between them. So the
//! executions since that release are listed, also those that were superseded or failed, and a forge
//! shows the rest.

use std::collections::BTreeSet;

use evidence::Evaluated;
use evidence::history::{PipelineExecution, Revision};
use facts::{Budget, CodePipeline, Roles, read_history};
use rule::Rule;

use super::page::{Base, Change, Since, Step};
use crate::forge::compare;
use crate::look::Eyes;
use crate::past::{PATIENCE, Standard, may_have_released};
use crate::pipeline::Pipeline;
use crate::port::{Aws, Release};
use crate::source::Sources;

/// How many executions are listed: one page.
const LISTED: i32 = 100;
/// How many of them are read at the same time until one is the release: most often it is the first.
/// Thirty failed releases in a row are more than somebody wants to read about.
const READ: [usize; 3] = [3, 9, 18];

/// What has changed since the last satisfied release before an execution.
pub(super) async fn since<A: Aws, C: CodePipeline, R: Roles>(
    eyes: &Eyes<'_, A, C, R>,
    pipeline: &Pipeline,
    floor: &Rule,
    id: &str,
) -> Since {
    let listed = match eyes.past(&pipeline.name, LISTED).await {
        Ok(listed) => listed,
        Err(problem) => return Since::Problem(problem.to_string()),
    };
    let gate = match eyes.gate(pipeline).await {
        Ok((gate, _)) => gate,
        Err(problem) => return Since::Problem(problem.to_string()),
    };
    let Some(position) = listed.iter().position(|execution| execution.id == id) else {
        return Since::NotListed;
    };
    let standard = Standard { pipeline, floor, gate: &gate };
    let (_, until) = listed.split_at(position);
    let earlier = until.iter().skip(1).filter(|it| may_have_released(it.status));
    let mut earlier = earlier.cloned();
    let mut searched = 0;
    // The rest of the page asks for this history too, so it costs no further call.
    let own = read_history(eyes.codepipeline, &pipeline.name, id, Budget::of(PATIENCE)).await;
    let mut sources = Sources::of(own.iter().flatten());
    for count in READ {
        let batch: Vec<PipelineExecution> = earlier.by_ref().take(count).collect();
        searched += batch.len();
        let past = match Box::pin(eyes.judged(standard, batch)).await {
            Ok(past) => past,
            Err(problem) => return Since::Problem(problem.to_string()),
        };
        // An execution that cannot be read may be the release, so an older one is not it.
        if let Some(problem) = past.unreadable.values().next() {
            return Since::Problem(problem.clone());
        }
        sources.extend(past.sources.clone());
        if let Some(base) = past.satisfied_release() {
            return Since::Release(change(until, base, &sources));
        }
    }
    Since::NoRelease(searched)
}

/// What the executions of a list, newest first, released that `base` did not.
fn change(listed: &[PipelineExecution], base: &Evaluated, sources: &Sources) -> Change {
    let key = |it: &Revision| (it.action.clone(), it.id.clone());
    let released = &base.execution.revisions;
    let mut known: BTreeSet<_> = released.iter().map(key).collect();
    let since = listed.iter().take_while(|execution| execution.id != base.execution.id);
    let step = |execution: &PipelineExecution| {
        let new = execution.revisions.iter().filter(|it| known.insert(key(it)));
        let releases: Vec<_> = new.map(|it| release(it, sources)).collect();
        let PipelineExecution { id, started, status, .. } = execution;
        (!releases.is_empty()).then(|| Step {
            id: id.clone(),
            started: *started,
            status: *status,
            releases,
        })
    };
    let steps = since.filter_map(step).collect();
    let newest = listed.first().into_iter().flat_map(|execution| &execution.revisions);
    let pairs = newest.filter_map(|head| {
        let base = released.iter().find(|base| base.action == head.action)?;
        compare(base, head)
    });
    Change {
        base: Base {
            id: base.execution.id.clone(),
            started: base.execution.started,
            persons: base.persons().to_vec(),
        },
        steps,
        compare: pairs.collect(),
    }
}

fn release(revision: &Revision, sources: &Sources) -> crate::report::json::Release {
    let mut release = Release::from(revision.clone());
    sources.complete(&mut release);
    (&release).into()
}
