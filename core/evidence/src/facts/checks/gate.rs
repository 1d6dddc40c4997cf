//! What CodePipeline told the gate, according to the gate's log.

use super::verdict;
use crate::facts::log::{Details, Found, Parameters};
use crate::facts::seen::Seen;
use crate::facts::sight::Sight;
use crate::facts::{Fact, Verdict};

pub(super) const OWN_RUN: Fact = Fact {
    id: "own-run-is-in-the-history",
    says: "while the gate runs, the history contains its run under the `actionExecutionId` that \
           GetJobDetails returns",
    if_not: "the gate finds its run by stage, action and status; if that fails, it reads again and in the \
             end refuses",
};

pub(super) fn own_run(sight: &Sight) -> (Verdict, Seen) {
    let Some(log) = &sight.log else {
        return (
            Verdict::NotSeen,
            Seen::counted(
                sight.gate_runs,
                "run",
                "of the gate's function in the history; only the gate's log shows this (--log)",
            ),
        );
    };
    let count = |found| log.iter().filter(|line| line.own_run_by == Some(found)).count();
    let (by_id, by_place) = (count(Found::Id), count(Found::Place));
    let seen = Seen::counted(log.len(), "run", "of the gate: found by id")
        .number(by_id)
        .and(", by place")
        .number(by_place)
        .and(", ended before it looked")
        .number(log.len().saturating_sub(by_id + by_place));
    (verdict(by_id, by_id + by_place), seen)
}

pub(super) const EXECUTION_ID: Fact = Fact {
    id: "job-names-the-execution",
    says: "GetJobDetails of a Lambda job returns `pipelineExecutionId`",
    if_not: "the gate uses `pipelineExecutionId` of UserParameters, and only if its own run is in that \
             execution; otherwise it refuses",
};

pub(super) fn execution_id(sight: &Sight) -> (Verdict, Seen) {
    given(sight, |details| details.pipeline_execution_id)
}

pub(super) const ACTION_NAME: Fact = Fact {
    id: "job-names-the-action",
    says: "GetJobDetails of a Lambda job returns the name of the action",
    if_not: "the gate finds its run by id alone; without either it refuses",
};

pub(super) fn action_name(sight: &Sight) -> (Verdict, Seen) {
    given(sight, |details| details.action_name)
}

pub(super) const ACTION_ID: Fact = Fact {
    id: "job-names-the-attempt",
    says: "GetJobDetails of a Lambda job returns `actionExecutionId`",
    if_not: "the gate finds its run by stage, action and status",
};

pub(super) fn action_id(sight: &Sight) -> (Verdict, Seen) {
    given(sight, |details| details.action_execution_id)
}

pub(super) const CONFIGURATION: Fact = Fact {
    id: "job-shows-the-configuration",
    says: "GetJobDetails of a Lambda job returns the action's configuration, with `FunctionName`",
    if_not: "the gate cannot tell whether the job is its own, and every release ends in a \
             ConfigurationError",
};

pub(super) fn configuration(sight: &Sight) -> (Verdict, Seen) {
    given(sight, |details| details.function_name)
}

pub(super) const PARAMETERS: Fact = Fact {
    id: "job-fills-in-variables",
    says: "GetJobDetails of a Lambda job returns UserParameters with resolved variables, like the event",
    if_not: "the event's value is used for the execution's id only; UserParameters with other variables are \
             refused",
};

pub(super) fn parameters(sight: &Sight) -> (Verdict, Seen) {
    let all: Vec<Parameters> = match details(sight) {
        Ok(details) => details.iter().map(|details| details.user_parameters).collect(),
        Err(unseen) => return unseen,
    };
    let count = |wanted| all.iter().filter(|parameters| **parameters == wanted).count();
    let [none, event, variable, other] =
        [Parameters::None, Parameters::Event, Parameters::Variable, Parameters::Other].map(count);
    let seen = Seen::counted(all.len(), "run", "of the gate: as in the event")
        .number(event)
        .and(", with a variable")
        .number(variable)
        .and(", something else")
        .number(other)
        .and(", without UserParameters")
        .number(none);
    (verdict(event, event + variable + other), seen)
}

/// Checks that GetJobDetails returned a member in each run of the gate.
fn given(sight: &Sight, something: impl Fn(&Details) -> bool) -> (Verdict, Seen) {
    match details(sight) {
        Ok(details) => {
            let given = details.iter().filter(|details| something(details)).count();
            (
                verdict(given, details.len()),
                Seen::count(given, details.len(), "runs of the gate received it"),
            )
        }
        Err(unseen) => unseen,
    }
}

/// What GetJobDetails returned in each run. The error is the answer if that is unknown.
fn details(sight: &Sight) -> Result<Vec<&Details>, (Verdict, Seen)> {
    let unseen = |words| Err((Verdict::NotSeen, Seen::words(words)));
    let Some(log) = &sight.log else {
        return unseen("only the gate's log shows this (--log)");
    };
    let details: Vec<&Details> =
        log.iter().filter_map(|line| line.get_job_details.as_ref()).collect();
    if details.is_empty() {
        return unseen("GetJobDetails returned nothing in any run of the log");
    }
    Ok(details)
}
