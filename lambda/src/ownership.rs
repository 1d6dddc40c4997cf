//! Whose job it is. An event can be written by anybody who may invoke the function, so nothing in
//! it is believed: GetJobDetails says which function the job asks for, and with which parameters.

use crate::event::Job;
use crate::failure::Failure;
use crate::port::JobDetails;

/// The variable that CodePipeline fills in.
const OWN_EXECUTION: &str = "#{codepipeline.PipelineExecutionId}";

/// What is wrong with a job or its event.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) enum Disowned {
    /// The job asks for another function: it is not this one's to report.
    NotOurs(String),
    /// The job may be ours, and cannot be judged.
    Failure(Failure),
}

/// The UserParameters of the job, if it is this function's.
///
/// # Errors
/// [`Disowned`] if the job asks for another function, or if the event does not agree with the job's
/// details.
pub(crate) fn parameters(
    job: &Job,
    details: &JobDetails,
    function_arn: &str,
) -> Result<Option<String>, Disowned> {
    let function = details
        .configuration
        .as_ref()
        .and_then(|configuration| configuration.function_name.as_deref());
    let (Some(configuration), Some(function)) = (&details.configuration, function) else {
        return Err(Disowned::Failure(Failure::configuration(
            "CodePipeline's GetJobDetails does not show the configuration of this action, by which the gate makes sure that the job is its \
             own. Retry the stage. If that does not help, run `policygen doctor --facts` and send us what it prints.",
        )));
    };
    if !names(function, function_arn) {
        return Err(Disowned::NotOurs(format!(
            "it asks for the function {function}, and this is {function_arn}"
        )));
    }
    if job.function_name.as_ref().is_some_and(|name| name != function) {
        return Err(Disowned::NotOurs(
            "the event that came with it names another function than CodePipeline does".to_owned(),
        ));
    }
    agreed(configuration.user_parameters.as_deref(), job.user_parameters.as_deref())
        .map_err(Disowned::Failure)
}

/// Whether `FunctionName` names the function that was invoked as `arn`. It is a name, an ARN, or a
/// part of one, with or without a version or alias:
/// `[REGION:][ACCOUNT:][function:]NAME[:QUALIFIER]` (Lambda API reference, the pattern of
/// `FunctionName`).
///
/// The version or alias must be the same: another version has other code, and the environment of
/// another day.
fn names(function: &str, arn: &str) -> bool {
    // arn:P:lambda:REGION:ACCOUNT:function:NAME[:QUALIFIER]
    let invoked: Vec<&str> = arn.split(':').collect();
    let [_, _, "lambda", region, account, "function", name, qualifier @ ..] = invoked.as_slice()
    else {
        return false;
    };
    let asked: Vec<&str> = function.split(':').collect();
    let asked_qualifier = match asked.as_slice() {
        ["arn", ..] => asked.strip_prefix(invoked.get(..7).unwrap_or_default()),
        parts => {
            let parts =
                [*region, *account, "function"].iter().fold(parts, |parts, part| match parts {
                    [first, rest @ ..] if first == part && !rest.is_empty() => rest,
                    _ => parts,
                });
            parts.strip_prefix([*name].as_slice())
        }
    };
    let newest = |qualifier: &[&str]| qualifier.is_empty() || qualifier == ["$LATEST"];
    asked_qualifier.is_some_and(|asked| asked == qualifier || (newest(asked) && newest(qualifier)))
}

/// The parameters on which the job's details and the event agree.
///
/// Whether GetJobDetails shows [`OWN_EXECUTION`] filled in is not documented. If it does not, what
/// the event has in its place may stand for it, in `pipelineExecutionId` and nowhere else: the gate
/// checks that id against the job's own.
fn agreed(details: Option<&str>, event: Option<&str>) -> Result<Option<String>, Failure> {
    if details == event {
        return Ok(details.map(str::to_owned));
    }
    let filled_in = details.zip(event).and_then(|(details, event)| fill_in(details, event));
    match filled_in {
        Some(text) => Ok(Some(text)),
        None => Err(Failure::configuration(
            "The event's UserParameters are not those that CodePipeline's GetJobDetails shows for this job. Was the function invoked by \
             somebody else than CodePipeline? Retry the stage; if the message stays, run `policygen doctor --facts` and send us what it prints.",
        )),
    }
}

/// The details' text with the event's execution id in place of the variable, if that makes it the
/// event's text.
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
            // An older version may hold an older rule.
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
            assert_eq!(names(function, invoked), same, "{function} as {invoked}");
        }
    }

    #[test]
    fn the_event_may_fill_in_the_execution_and_nothing_else() {
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
