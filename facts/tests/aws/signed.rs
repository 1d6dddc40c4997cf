//! Signed requests, and the one call to IAM.

use aws_types::service_config::{LoadServiceConfig, ServiceConfigKey};
use facts::aws::{Iam, Outgoing, Queue, QueueUrl, Reply, Signed, Start, StateMachine};
use facts::{CallError, Operation, Roles as _};

use crate::service::{Service, block_on};

const SHOWN: &str = r#"<GetRoleResponse xmlns="https://iam.amazonaws.com/doc/2010-05-08/"><GetRoleResult><Role>
    <Arn>arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01</Arn></Role></GetRoleResult></GetRoleResponse>"#;
const FUNCTION: Operation = Operation::of("lambda", "GetFunctionConfiguration");

fn role_arn(service: &Service) -> Result<Option<String>, CallError> {
    block_on(Iam::new(&service.config()).role_arn("AWSReservedSSO_A_01"))
}

fn failing(status: u16, code: &str) -> Result<Option<String>, CallError> {
    let body = format!(
        "<ErrorResponse><Error><Code>{code}</Code><Message>because</Message></Error></ErrorResponse>"
    );
    role_arn(&Service::replying(status, &body))
}

#[test]
fn iam_is_asked_for_a_role_in_a_signed_form() {
    let service = Service::replying(200, SHOWN);
    let arn = "arn:aws:iam::111122223333:role/aws-reserved/sso.amazonaws.com/AWSReservedSSO_A_01";
    assert_eq!(role_arn(&service), Ok(Some(arn.to_owned())));
    let request = service.only();
    assert_eq!(request.line, "POST / HTTP/1.1");
    assert_eq!(request.body, "Action=GetRole&Version=2010-05-08&RoleName=AWSReservedSSO_A_01");
    let content_type = request.header("content-type");
    assert_eq!(content_type, Some("application/x-www-form-urlencoded; charset=utf-8"));
    let signature = request.header("authorization").unwrap();
    // IAM of a partition signs with one region, here not the configured one.
    for part in [
        "AWS4-HMAC-SHA256 Credential=AKIDEXAMPLE/",
        "/us-east-1/iam/aws4_request, ",
        "SignedHeaders=content-type;host;x-amz-date, ",
    ] {
        assert!(signature.contains(part), "{signature}");
    }
}

#[test]
fn a_role_that_iam_does_not_show_is_not_an_error_but_a_bad_reply_is() {
    for code in ["NoSuchEntity", "AccessDenied"] {
        assert_eq!(failing(403, code), Ok(None), "{code}");
    }
    for (status, code, error) in [
        (400, "Throttling", "GetRole is unavailable (Throttling)"),
        (503, "ServiceUnavailable", "GetRole is unavailable (ServiceUnavailable)"),
        (403, "InvalidClientTokenId", "GetRole answered InvalidClientTokenId: because"),
        (
            403,
            "ExpiredToken",
            "GetRole answered ExpiredToken: because; the session has ended; sign in again",
        ),
    ] {
        assert_eq!(failing(status, code).unwrap_err().to_string(), error);
    }
    let nonsense = role_arn(&Service::replying(200, "<GetRoleResponse/>")).unwrap_err();
    assert!(matches!(nonsense, CallError::Malformed { .. }), "{nonsense}");
}

/// Half of an ARN is that of another role, which nobody trusts: a refusal that nothing supports.
#[test]
fn a_reply_that_is_cut_short_is_read_again_and_not_believed() {
    for end in 0..SHOWN.len() {
        let cut = SHOWN.get(..end).unwrap();
        if end % 7 == 0 {
            let error = role_arn(&Service::replying(200, cut)).unwrap_err().to_string();
            assert_eq!(error, "GetRole is unavailable (the reply could not be read)", "{cut}");
        }
    }
    let service = Service::replying(200, r#"{"SecretString": "hunt"#);
    let secrets = Signed::in_region(&service.config(), "secretsmanager", "eu-west-1");
    let asked = secrets.post_json(Operation::GET_SECRET_VALUE, "x", "{}");
    let error = block_on(asked).unwrap_err().to_string();
    assert_eq!(error, "GetSecretValue is unavailable (the reply could not be read)");
}

/// A caller must know whether a release was started, and each line was sent.
#[test]
fn a_success_that_does_not_say_what_was_done_is_an_error() {
    let arn = "arn:aws:states:eu-west-1:111122223333:stateMachine:release".parse().unwrap();
    let start = |body: &str| {
        let service = Service::replying(200, body);
        block_on(StateMachine::new(&service.config(), &arn).start("a-1", "{}"))
    };
    let execution = |name| {
        let arn = "arn:aws:states:eu-west-1:111122223333:execution:release";
        format!(r#"{{"executionArn": "{arn}:{name}", "startDate": 1.0}}"#)
    };
    assert_eq!(start(&execution("a-1")), Ok(Start::Runs));
    for wrong in [execution("a-2").as_str(), "{}", r#"{"wrong": ["reply"]}"#] {
        let error = start(wrong).unwrap_err();
        assert!(matches!(error, CallError::Malformed { .. }), "{wrong}: {error}");
    }
    assert!(matches!(start(r#"{"executionArn"#), Err(CallError::Transient { .. })));

    let url: QueueUrl = "https://sqs.eu-west-1.amazonaws.com/1/x.fifo".parse().unwrap();
    let message = Outgoing { body: "{}".into(), group: "a".into(), id: "1".into() };
    let send = |body: &str| {
        let service = Service::replying(200, body);
        block_on(Queue::new(&service.config(), &url).send(std::slice::from_ref(&message)))
    };
    assert_eq!(send(r#"{"Successful": [{"Id": "0"}]}"#), Ok(vec![]));
    for wrong in ["{}", r#"{"wrong": ["reply"]}"#, r#"{"Successful": [], "Failed": []}"#] {
        let error = send(wrong).unwrap_err();
        assert!(matches!(error, CallError::Malformed { .. }), "{wrong}: {error}");
    }
}

#[test]
fn a_path_is_read_with_a_signature_for_its_service_and_region() {
    let service = Service::replying(404, "{}");
    let lambda = Signed::new(
        &service.config(),
        "lambda",
        "eu-central-1",
        "https://lambda.eu-central-1.amazonaws.com",
    );
    let path = "/2015-03-31/functions/function%3Agate/configuration";
    let reply = block_on(lambda.get(FUNCTION, path));
    assert_eq!(reply, Ok(Reply { status: 404, body: "{}".to_owned() }));
    let request = service.only();
    assert_eq!(request.line, format!("GET {path} HTTP/1.1"));
    assert_eq!((request.header("content-type"), request.body.as_str()), (None, ""));
    let signature = request.header("authorization").unwrap();
    assert!(signature.contains("/eu-central-1/lambda/aws4_request, "), "{signature}");
}

#[test]
fn without_credentials_nothing_is_sent() {
    let service = Service::replying(200, SHOWN);
    let mut config = service.config().to_builder();
    config.set_credentials_provider(None);
    let error = block_on(Iam::new(&config.build()).role_arn("x")).unwrap_err();
    assert!(error.to_string().starts_with("GetRole answered no request"), "{error}");
    assert_eq!(service.requests().len(), 0);
}

/// `AWS_ENDPOINT_URL_SFN` of an environment.
#[derive(Debug)]
struct OfStepFunctions(String);

impl LoadServiceConfig for OfStepFunctions {
    fn load_config(&self, key: ServiceConfigKey<'_>) -> Option<String> {
        let is_ours = key.service_id() == "SFN" && key.env() == "AWS_ENDPOINT_URL";
        is_ours.then(|| self.0.clone())
    }
}

#[test]
fn a_service_is_where_its_own_endpoint_says_unless_the_caller_says_otherwise() {
    let (own, all) = (Service::replying(200, "{}"), Service::replying(200, "{}"));
    let start = |config, service| {
        let signed = Signed::in_region(&config, service, "eu-west-1");
        let operation = Operation::of(service, "X");
        block_on(signed.post_json(operation, "AWSStepFunctions.StartExecution", "{}")).unwrap();
    };
    let as_argument = all.config().to_builder();
    let as_argument = as_argument.service_config(OfStepFunctions(own.endpoint().to_owned()));
    start(as_argument.build(), "states");
    assert_eq!((own.requests().len(), all.requests().len()), (0, 1));
    // Without its origin, an endpoint is one that the environment gives all services.
    let everywhere = aws_config::SdkConfig::builder()
        .credentials_provider(all.config().credentials_provider().unwrap())
        .endpoint_url(all.endpoint())
        .service_config(OfStepFunctions(own.endpoint().to_owned()))
        .build();
    start(everywhere.clone(), "states");
    start(everywhere, "kms");
    assert_eq!((own.requests().len(), all.requests().len()), (1, 2));
    let version = |request: &crate::service::Request| {
        request.header("content-type").map(str::to_owned).unwrap()
    };
    assert_eq!(version(&own.only()), "application/x-amz-json-1.0");
    assert_eq!(version(all.requests().last().unwrap()), "application/x-amz-json-1.1");
}
