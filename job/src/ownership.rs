//! Whether a job is this function's. Anyone who may invoke the function can write the event, so the
//! event alone proves nothing: GetJobDetails says which function and parameters the job has.

use names::{FunctionRef, Versions, shown};

use crate::event::Job;
use crate::failure::Failure;
use crate::jobs::JobDetails;
use crate::program::Program;

/// The variable that CodePipeline replaces with the id of the execution.
const OWN_EXECUTION: &str = "#{codepipeline.PipelineExecutionId}";

/// Why a job cannot be judged.
#[derive(Clone, Debug, PartialEq, Eq)]
pub enum Disowned {
    /// The job asks for another function, so this one must not report a result.
    NotOurs(String),
    /// The job may be ours, but cannot be judged.
    Failure(Failure),
}

/// Checks that the job is this function's, and gives its UserParameters.
///
/// # Errors
/// [`Disowned`] if the job asks for another function, or if the event contradicts the
/// job's details.
pub fn own_parameters(
    program: &Program,
    job: &Job,
    details: &JobDetails,
    function_arn: &str,
) -> Result<Option<String>, Disowned> {
    let function = details
        .configuration
        .as_ref()
        .and_then(|configuration| configuration.function_name.as_deref());
    let (Some(configuration), Some(function)) = (&details.configuration, function) else {
        return Err(Disowned::Failure(Failure::configuration(&format!(
            "CodePipeline's GetJobDetails does not show the configuration of this action, so the \
             {} cannot make sure that the job is its own. Retry the stage. If that does not help, \
             run `policygen doctor --facts` and send us the output.",
            program.name
        ))));
    };
    if !is_invoked_as(function, function_arn) {
        return Err(Disowned::NotOurs(format!(
            "it asks for the function {}, and this is {function_arn}",
            shown(function)
        )));
    }
    if job.function_name.as_ref().is_some_and(|name| name != function) {
        return Err(Disowned::NotOurs(
            "the event names a different function than CodePipeline does".to_owned(),
        ));
    }
    agreed(configuration.user_parameters.as_deref(), job.user_parameters.as_deref())
        .map_err(Disowned::Failure)
}

/// Whether an action's `FunctionName` means the function that was invoked with the ARN `invoked`,
/// in the same version or alias: another version has other code, and an environment of another
/// time.
fn is_invoked_as(function: &str, invoked: &str) -> bool {
    FunctionRef::from_arn(invoked).is_ok_and(|invoked| invoked.matches(function, Versions::Same))
}

/// The parameters, if the job's details and the event agree.
///
/// It is not documented whether GetJobDetails shows [`OWN_EXECUTION`] resolved. If it does not, the
/// value in the event may replace the variable, but only in `pipelineExecutionId`: the gate checks
/// that id against the job's own.
fn agreed(details: Option<&str>, event: Option<&str>) -> Result<Option<String>, Failure> {
    if details == event {
        return Ok(details.map(str::to_owned));
    }
    let filled_in = details.zip(event).and_then(|(details, event)| fill_in(details, event));
    match filled_in {
        Some(text) => Ok(Some(text)),
        None => Err(Failure::configuration(
            "The event's UserParameters are not those that CodePipeline's GetJobDetails shows for \
             this job. Did something other than CodePipeline invoke the function? Retry the stage. \
             If the message stays, run `policygen doctor --facts` and send us the output.",
        )),
    }
}

/// Replaces the variable in the details' text with the event's execution id. Returns `None` if the
/// result is not the event's text.
fn fill_in(details: &str, event: &str) -> Option<String> {
    let id = |text: &str| {
        let parameters: serde_json::Value = serde_json::from_str(text).ok()?;
        Some(parameters.get("pipelineExecutionId")?.as_str()?.to_owned())
    };
    if id(details)? != OWN_EXECUTION || details.matches("#{").count() != 1 {
        return None;
    }
    let text = details.replace(OWN_EXECUTION, &id(event)?);
    (text == event).then_some(text)
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_function_is_named_by_its_name_or_its_arn_and_by_its_version() {
        const ARN: &str = "arn:aws:lambda:eu-west-1:111122223333:function:gate";
        for (function, invoked, same) in [
            ("gate", ARN, true),
            ("gate:$LATEST", ARN, true),
            (ARN, ARN, true),
            ("111122223333:function:gate", ARN, true),
            ("111122223333:gate", ARN, true),
            ("function:gate", ARN, true),
            ("eu-west-1:111122223333:function:gate", ARN, true),
            ("function:gate:live", &format!("{ARN}:live"), true),
            ("gate:live", &format!("{ARN}:live"), true),
            (&format!("{ARN}:live"), &format!("{ARN}:live"), true),
            ("gate", &format!("{ARN}:$LATEST"), true),
            // An older version may have an older rule.
            ("gate", &format!("{ARN}:1"), false),
            ("gate:live", &format!("{ARN}:1"), false),
            ("gate:live", ARN, false),
            ("gate2", ARN, false),
            ("Gate", ARN, false),
            ("", ARN, false),
            ("arn:aws:lambda:us-east-1:111122223333:function:gate", ARN, false),
            ("arn:aws:lambda:eu-west-1:444455556666:function:gate", ARN, false),
            ("444455556666:function:gate", ARN, false),
            ("444455556666:gate", ARN, false),
            ("us-east-1:111122223333:function:gate", ARN, false),
            ("function:other", ARN, false),
            ("function", ARN, false),
            ("111122223333", ARN, false),
            ("gate:function:gate", ARN, false),
            ("function:gate:live", ARN, false),
            ("gate", "", false),
            ("gate", "gate", false),
        ] {
            assert_eq!(is_invoked_as(function, invoked), same, "{function} as {invoked}");
        }
    }

    #[test]
    fn the_event_may_resolve_the_execution_and_nothing_else() {
        const ID: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";
        let open = format!(r#"{{"quorum": 3, "pipelineExecutionId": "{OWN_EXECUTION}"}}"#);
        let filled = open.replace(OWN_EXECUTION, ID);
        assert_eq!(agreed(Some(&open), Some(&filled)), Ok(Some(filled.clone())));
        assert_eq!(agreed(Some(&filled), Some(&filled)), Ok(Some(filled.clone())));
        assert_eq!(agreed(None, None), Ok(None));
        for (details, event) in [
            (Some(open.as_str()), None),
            (None, Some("{}")),
            (Some(&open), Some(r#"{"stage": "QA"}"#)),
            (Some(&open), Some(&filled.replace('3', "2"))),
            (
                Some(r##"{"stage": "#{codepipeline.PipelineExecutionId}"}"##),
                Some(r#"{"stage": "QA"}"#),
            ),
            (
                Some(r##"{"pipelineExecutionId": "#{Source.Id}"}"##),
                Some(&format!(r#"{{"pipelineExecutionId": "{ID}"}}"#)),
            ),
        ] {
            let failure = agreed(details, event).unwrap_err();
            assert!(failure.message.starts_with("The event's UserParameters are not"), "{failure}");
        }
    }
}
