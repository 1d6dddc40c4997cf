//! What CI asks for.

use names::{ExecutionId, Object, PipelineName};
use serde::{Deserialize, Serialize};
use serde_json::Value;

names::checked_text!(
    /// What a sender calls its request, to find the answer to it: not a secret.
    pub Ticket,
    "a ticket: 1 to 64 of A-Z a-z 0-9 - _",
    |text| {
        let is_allowed = |b: u8| b.is_ascii_alphanumeric() || b == b'-' || b == b'_';
        (1..=64).contains(&text.len()) && text.bytes().all(is_allowed)
    }
);

/// A request to release what one execution of a pipeline has built.
#[derive(Clone, Debug, PartialEq)]
pub struct Request {
    /// What shows that the release is approved.
    pub wanted: Wanted,
    /// What the sender calls this request. A refusal names it.
    pub ticket: Option<Ticket>,
}

/// What shows that a release is approved.
#[derive(Clone, Debug, PartialEq)]
pub enum Wanted {
    /// A proof: a DSSE envelope, not yet checked.
    Proof(Value),
    /// An execution that production reads itself.
    Execution {
        /// The pipeline.
        pipeline: PipelineName,
        /// `pipelineExecutionId`.
        id: ExecutionId,
    },
}

/// Why a text is not a request.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum RequestError {
    /// It is not JSON of this form.
    #[error("the request cannot be read: {0}")]
    Form(String),
    /// It asks for nothing, or for two things.
    #[error(
        "the request must have either `proof`, or `pipeline` and `executionId`, and nothing else \
             except `ticket`"
    )]
    Wanted,
}

#[derive(Default, Deserialize, Serialize)]
#[serde(deny_unknown_fields, rename_all = "camelCase")]
struct Written {
    #[serde(skip_serializing_if = "Option::is_none")]
    proof: Option<Value>,
    #[serde(skip_serializing_if = "Option::is_none")]
    pipeline: Option<PipelineName>,
    #[serde(skip_serializing_if = "Option::is_none")]
    execution_id: Option<ExecutionId>,
    #[serde(skip_serializing_if = "Option::is_none")]
    ticket: Option<Ticket>,
}

impl Request {
    /// Reads a request.
    ///
    /// # Errors
    /// [`RequestError`] if it is not one.
    pub fn parse(json: &str) -> Result<Self, RequestError> {
        let form = |problem: serde_json::Error| RequestError::Form(problem.to_string());
        let Object(Written { proof, pipeline, execution_id, ticket }) =
            serde_json::from_str(json).map_err(form)?;
        let wanted = match (proof, pipeline, execution_id) {
            (Some(proof), None, None) => Wanted::Proof(proof),
            (None, Some(pipeline), Some(id)) => Wanted::Execution { pipeline, id },
            _ => return Err(RequestError::Wanted),
        };
        Ok(Self { wanted, ticket })
    }

    /// The request as JSON.
    ///
    /// # Errors
    /// Never for values of this type, but `serde_json` says that it may.
    pub fn to_json(&self) -> serde_json::Result<String> {
        let written = match self.wanted.clone() {
            Wanted::Proof(proof) => Written { proof: Some(proof), ..Written::default() },
            Wanted::Execution { pipeline, id } => {
                Written { pipeline: Some(pipeline), execution_id: Some(id), ..Written::default() }
            }
        };
        serde_json::to_string(&Written { ticket: self.ticket.clone(), ..written })
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    const ID: &str = "3137f7cb-7cf7-4abc-9b2c-0123456789ab";

    #[test]
    fn a_request_is_read_as_it_is_written() {
        for json in [
            format!(r#"{{"pipeline":"payments","executionId":"{ID}"}}"#),
            format!(r#"{{"pipeline":"payments","executionId":"{ID}","ticket":"a-1_B"}}"#),
            r#"{"proof":{"payload":"e30="}}"#.to_owned(),
        ] {
            assert_eq!(Request::parse(&json).unwrap().to_json().unwrap(), json);
        }
    }

    #[test]
    fn a_request_for_anything_else_is_refused() {
        let both = format!(r#"{{"proof": {{}}, "pipeline": "payments", "executionId": "{ID}"}}"#);
        for json in ["{}", r#"{"pipeline": "payments"}"#, r#"{"proof": null}"#, &both] {
            assert_eq!(Request::parse(json), Err(RequestError::Wanted), "{json}");
        }
        for (json, told) in [
            ("", "EOF"),
            (r#"[{}, null, null, null]"#, "expected an object"),
            (r#"{"proof": {}, "proof": {}}"#, "duplicate field `proof`"),
            (r#"{"proof": {}, "environment": "test"}"#, "unknown field `environment`"),
            (r#"{"pipeline": "pay ments", "executionId": "x"}"#, "the name of a pipeline"),
            (r#"{"proof": {}, "ticket": "a b"}"#, "a ticket"),
        ] {
            let error = Request::parse(json).unwrap_err().to_string();
            assert!(error.contains(told), "{error}");
        }
    }
}
