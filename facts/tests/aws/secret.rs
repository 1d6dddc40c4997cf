//! A secret of Secrets Manager: its text, and errors that hold nothing of it.

use facts::CallError;
use facts::aws::{Secret, SecretArn};
use serde_json::json;

use crate::service::{Service, block_on};

const ARN: &str = "arn:aws:secretsmanager:eu-west-1:111122223333:secret:github-AbCdEf";

fn text(service: &Service) -> Result<String, CallError> {
    let arn: SecretArn = ARN.parse().unwrap();
    assert_eq!(arn.to_string(), ARN);
    block_on(Secret::new(&service.config(), &arn).text())
}

#[test]
fn a_secret_is_read_in_the_region_of_its_arn() {
    let service = Service::replying(200, &json!({"SecretString": "hunter2"}).to_string());
    assert_eq!(text(&service), Ok("hunter2".to_owned()));
    let request = service.only();
    assert_eq!(request.header("x-amz-target"), Some("secretsmanager.GetSecretValue"));
    assert_eq!(request.body, json!({"SecretId": ARN}).to_string());
    let signature = request.header("authorization").unwrap();
    assert!(signature.contains("/eu-west-1/secretsmanager/aws4_request"), "{signature}");
}

#[test]
fn a_secret_that_cannot_be_read_is_an_error_without_it() {
    for (status, body, error) in [
        (
            400,
            r#"{"__type": "AccessDeniedException", "Message": "because"}"#,
            "AWS refused GetSecretValue: because",
        ),
        (
            400,
            r#"{"__type": "x#ResourceNotFoundException", "message": "because"}"#,
            "GetSecretValue answered ResourceNotFoundException: because",
        ),
        (500, "hunter2", "GetSecretValue is unavailable (status 500)"),
        (
            200,
            r#"{"SecretBinary": "aHVudGVyMg=="}"#,
            "the reply to GetSecretValue makes no sense: `SecretString` is missing",
        ),
        (200, "hunter2", "GetSecretValue is unavailable (the reply could not be read)"),
    ] {
        assert_eq!(text(&Service::replying(status, body)).unwrap_err().to_string(), error);
    }
}

#[test]
fn only_the_arn_of_a_secret_is_one() {
    for text in [
        "",
        "ghp_hunter2",
        "arn:aws:ssm:eu-west-1:111122223333:parameter/token",
        "arn:aws:secretsmanager:eu-west-1:111122223333:other:x",
    ] {
        let problem = text.parse::<SecretArn>().unwrap_err();
        assert_eq!(problem, "it is not the ARN of a secret of Secrets Manager", "{text}");
    }
}
