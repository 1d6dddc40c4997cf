//! The event that CodePipeline sends to a Lambda action: the job, without its credentials.

use names::Object;
use serde::{Deserialize, Deserializer};
use serde_json::Value;
use serde_json::value::RawValue;

/// One CodePipeline job. It has no field for the event's `artifactCredentials`, so they cannot be
/// kept, logged or printed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Job {
    /// The job id, needed to read the details and to report the result.
    pub id: String,
    /// The function that the job asks for, according to the event. Anyone who may invoke the
    /// function can write this.
    pub function_name: Option<String>,
    /// The action's UserParameters, according to the event. Anyone who may invoke the function can
    /// write them.
    pub user_parameters: Option<String>,
}

/// Why an event cannot be answered.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum EventError {
    /// The event does not have a job, so nothing can be reported.
    #[error(
        "the event carries no `CodePipeline.job.id`, so there is no job to report to; invoke this function from a Lambda action of a pipeline"
    )]
    NotAJob,
}

/// An event as it arrived. Reading it never fails and never quotes it, so no error can contain its
/// credentials.
#[derive(Debug)]
pub struct Event(Option<Job>);

impl Event {
    /// The job of the event.
    ///
    /// # Errors
    /// [`EventError::NotAJob`] if the event is not a CodePipeline job event.
    pub fn into_job(self) -> Result<Job, EventError> {
        self.0.ok_or(EventError::NotAJob)
    }
}

impl<'de> Deserialize<'de> for Event {
    fn deserialize<D: Deserializer<'de>>(deserializer: D) -> Result<Self, D::Error> {
        let json = Box::<RawValue>::deserialize(deserializer)?;
        Ok(Self(job(json.get())))
    }
}

/// The parts of the event that are read (AWS Lambda Developer Guide, "Using AWS Lambda with
/// AWS CodePipeline").
#[derive(Deserialize)]
struct Envelope<T> {
    #[serde(rename = "CodePipeline.job")]
    job: Object<T>,
}

#[derive(Deserialize)]
struct Identified {
    id: String,
}

#[derive(Deserialize)]
struct Configured {
    data: Object<Data>,
}

#[derive(Deserialize)]
#[serde(rename_all = "camelCase")]
struct Data {
    action_configuration: Object<ActionConfiguration>,
}

#[derive(Deserialize)]
struct ActionConfiguration {
    configuration: Object<Configuration>,
}

#[derive(Deserialize)]
struct Configuration {
    #[serde(rename = "FunctionName")]
    function_name: Option<String>,
    #[serde(rename = "UserParameters")]
    user_parameters: Option<Value>,
}

fn job(event: &str) -> Option<Job> {
    let Object(Envelope { job: Object(Identified { id }) }) = serde_json::from_str(event).ok()?;
    // INVARIANT (fail closed): if the configuration cannot be read, the event could say anything.
    // An empty text never equals the parameters in a job's details, and is not a rule.
    let (function_name, user_parameters) = match serde_json::from_str(event) {
        Err(_) => (None, Some(String::new())),
        Ok(Object(Envelope { job: Object(Configured { data: Object(data) }) })) => {
            let Object(ActionConfiguration { configuration: Object(configuration) }) =
                data.action_configuration;
            let parameters = match configuration.user_parameters {
                None | Some(Value::Null) => None,
                Some(Value::String(text)) => Some(text),
                Some(other) => Some(other.to_string()),
            };
            (configuration.function_name, parameters)
        }
    };
    Some(Job { id, function_name, user_parameters })
}

#[cfg(test)]
mod tests {
    use super::*;

    fn read(event: &str) -> Result<Job, EventError> {
        serde_json::from_str::<Event>(event).unwrap().into_job()
    }

    #[test]
    fn the_documented_event_is_read_and_its_credentials_are_not() {
        let event = include_str!("../tests/fixtures/documented-event.json");
        let job = read(event).unwrap();
        assert_eq!(job.id, "11111111-abcd-1111-abcd-111111abcdef");
        assert_eq!(job.user_parameters.as_deref(), Some(r#"{"quorum": 2}"#));
        for secret in [
            "AKIAIOSFODNN7EXAMPLE",
            "wJalrXUtnFEMI",
            "MIICiTCCAfICCQD6m7oRw0uXOjANBgkqhkiG9w0BAQUFADCBiDELMAkGA1UEBhM",
        ] {
            assert!(event.contains(secret), "the fixture lost its credentials");
            assert!(!format!("{job:?}").contains(secret));
        }
    }

    #[test]
    fn parameters_that_cannot_be_read_are_not_treated_as_absent() {
        let parameters = |configuration: &str| {
            let event = format!(
                r#"{{"CodePipeline.job": {{"id": "x", "data": {{"actionConfiguration": {configuration}}}}}}}"#
            );
            read(&event).unwrap().user_parameters
        };
        assert_eq!(parameters(r#"{"configuration": {"FunctionName": "gate"}}"#), None);
        assert_eq!(
            parameters(r#"{"configuration": {"UserParameters": "{}"}}"#).as_deref(),
            Some("{}")
        );
        assert_eq!(
            parameters(r#"{"configuration": {"UserParameters": {"quorum": 3}}}"#).as_deref(),
            Some(r#"{"quorum":3}"#)
        );
        for configuration in
            [r#"{"configuration": []}"#, r#"{"configuration": ["gate", null]}"#, r#"[{}]"#, "[[]]"]
        {
            assert_eq!(parameters(configuration).as_deref(), Some(""), "{configuration}");
        }
        assert_eq!(parameters("7").as_deref(), Some(""));
    }

    #[test]
    fn an_event_without_a_job_is_an_error_that_quotes_nothing() {
        for event in [
            "null",
            "7",
            "[]",
            "{}",
            r#"{"CodePipeline.job": {"id": 7, "secret": "hunter2"}}"#,
            r#"{"job": {"id": "x"}}"#,
            // Serde alone would read these as the members in their order.
            r#"[{"id": "x"}]"#,
            r#"{"CodePipeline.job": ["hunter2"]}"#,
        ] {
            let error = read(event).unwrap_err();
            assert_eq!(error, EventError::NotAJob, "{event}");
            assert!(!error.to_string().contains("hunter2"));
        }
    }
}
