//! The running emulator: its address, and its answers over HTTP.

#![cfg(test)]

mod common;

use std::io::{BufRead as _, BufReader, Read as _, Write as _};
use std::process::{Child, Command, Stdio};

use common::{Reply, http};

fn emulator(arguments: &[&str]) -> Command {
    let mut command = Command::new(env!("CARGO_BIN_EXE_emulator"));
    command.arg("serve").args(arguments);
    command
}

/// A running emulator, which ends with the test.
struct Served {
    child: Child,
    address: String,
}

impl Served {
    fn start(arguments: &[&str]) -> Self {
        let mut command = emulator(arguments);
        command.args(["--empty", "--listen", "127.0.0.1:0"]);
        let mut child = command.stdout(Stdio::piped()).stderr(Stdio::null()).spawn().unwrap();
        // Standard output is closed after the wanted line. That must not end the emulator.
        let lines = BufReader::new(child.stdout.take().unwrap()).lines();
        let mut addresses = lines.filter_map(|line| {
            let line = line.unwrap();
            Some(line.strip_prefix("export AWS_ENDPOINT_URL=http://")?.to_owned())
        });
        let address = addresses.next().unwrap();
        Self { child, address }
    }

    fn call(&self, operation: &str, key_id: Option<&str>, body: &str) -> Reply {
        let target = format!("CodePipeline_20150709.{operation}");
        let credential = key_id
            .map(|key_id| format!("AWS4-HMAC-SHA256 Credential={key_id}/20260101/x, Signature=0"));
        let mut headers =
            vec![("x-amz-target", target.as_str()), ("content-type", "application/x-amz-json-1.1")];
        headers.extend(credential.as_deref().map(|credential| ("authorization", credential)));
        http(&self.address, "POST", "/", &headers, body).unwrap()
    }
}

impl Served {
    /// A call of IAM, in the AWS Query protocol.
    fn get_role(&self, key_id: &str, role: &str) -> Reply {
        let credential = format!(
            "AWS4-HMAC-SHA256 Credential={key_id}/20260101/us-east-1/iam/aws4_request, Signature=0"
        );
        let headers = [
            ("content-type", "application/x-www-form-urlencoded; charset=utf-8"),
            ("authorization", credential.as_str()),
        ];
        let body = format!("Action=GetRole&Version=2010-05-08&RoleName={role}");
        http(&self.address, "POST", "/", &headers, &body).unwrap()
    }
}

impl Drop for Served {
    fn drop(&mut self) {
        // The process may have already ended.
        let _ = self.child.kill();
        self.child.wait().unwrap();
    }
}

#[test]
fn an_address_that_is_not_loopback_is_refused() {
    let output = emulator(&["--listen", "0.0.0.0:0"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(message.starts_with("error: the emulator does not listen on 0.0.0.0:0"), "{message}");
    assert_eq!(output.stdout, b"");
}

#[test]
fn wrong_usage_and_unreadable_files_are_told_apart() {
    assert_eq!(emulator(&["--account-id", "12"]).output().unwrap().status.code(), Some(2));
    let output = emulator(&["--principals", "no-such-file.json"]).output().unwrap();
    assert_eq!(output.status.code(), Some(1));
    let message = String::from_utf8(output.stderr).unwrap();
    assert!(
        message.starts_with("error: the principals file `no-such-file.json` cannot be read: "),
        "{message}"
    );
}

/// A gate that does not start and a rule that it would refuse show up before any release does.
#[test]
fn the_gate_and_its_rule_are_checked_before_it_listens() {
    let (no_program, bad_rule) = (fixture("account.json"), fixture("principals.json"));
    let cases = [
        ("--rule", "no-such-file", "error: the rule file `no-such-file` cannot be read ("),
        ("--rule", &bad_rule, "error: the gate would refuse the rule in `"),
        ("--gate", "no-such-file", "error: the gate `no-such-file` cannot be run ("),
        ("--gate", &no_program, "error: the gate `"),
    ];
    for (option, path, message) in cases {
        let output = emulator(&[option, path, "--listen", "127.0.0.1:0"]).output().unwrap();
        let said = String::from_utf8(output.stderr).unwrap();
        assert_eq!((output.status.code(), output.stdout.as_slice()), (Some(1), &b""[..]));
        assert!(said.starts_with(message) && said.contains(path), "{said}");
    }
}

#[test]
fn replies_and_errors_have_the_form_of_aws_json() {
    let served = Served::start(&[]);
    let reply = served.call("ListPipelines", Some("alice"), "{}");
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"pipelines":[]}"#));
    assert!(
        reply.headers.contains("content-type: application/x-amz-json-1.1"),
        "{}",
        reply.headers
    );
    assert!(reply.headers.contains("x-amzn-requestid: "), "{}", reply.headers);

    let cases = [
        ("GetPipeline", Some("alice"), r#"{"name":"p"}"#, 400, "PipelineNotFoundException"),
        ("GetPipeline", Some("alice"), r#"{"name":"p q"}"#, 400, "ValidationException"),
        ("GetPipeline", Some("alice"), "{", 400, "SerializationException"),
        ("ListWebhooks", Some("alice"), "{}", 400, "UnknownOperationException"),
        ("ListPipelines", Some("mallory"), "{}", 403, "UnrecognizedClientException"),
        ("ListPipelines", None, "{}", 403, "MissingAuthenticationTokenException"),
    ];
    for (operation, key_id, body, status, code) in cases {
        let reply = served.call(operation, key_id, body);
        let error: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
        assert_eq!((reply.status, &error["__type"]), (status, &code.into()), "{operation} {body}");
        assert!(error["message"].is_string());
    }
}

/// The path of a fixture.
fn fixture(name: &str) -> String {
    format!("{}/tests/fixtures/{name}", env!("CARGO_MANIFEST_DIR"))
}

#[test]
fn an_account_decides_who_may_do_what() {
    let (account, principals) = (fixture("account.json"), fixture("principals.json"));
    let served = Served::start(&[
        "--account",
        &account,
        "--principals",
        &principals,
        "--region",
        "eu-west-1",
    ]);
    let reply = served.call("ListPipelines", Some("alice"), "{}");
    assert_eq!((reply.status, reply.body.as_str()), (200, r#"{"pipelines":[]}"#));

    let reply = served.call("ListPipelines", Some("bob"), "{}");
    assert_eq!(reply.status, 400);
    let error: serde_json::Value = serde_json::from_str(&reply.body).unwrap();
    assert_eq!(error["__type"], "AccessDeniedException");
    assert_eq!(
        error["message"],
        "User: arn:aws:iam::444455556666:user/bob is not authorized to perform: codepipeline:ListPipelines on resource: \
         arn:aws:codepipeline:eu-west-1:444455556666:* because no identity-based policy allows the \
         codepipeline:ListPipelines action"
    );

    // Only a caller who may see a pipeline learns whether it exists.
    for (key_id, code) in [("alice", "PipelineNotFoundException"), ("bob", "AccessDeniedException")]
    {
        let reply = served.call("GetPipeline", Some(key_id), r#"{"name":"nowhere"}"#);
        assert!(reply.body.contains(code), "{key_id}: {}", reply.body);
    }
}

#[test]
fn iam_shows_the_path_of_a_role_to_who_may_ask() {
    let [account, principals] = ["account.json", "principals.json"].map(fixture);
    let served = Served::start(&["--account", &account, "--principals", &principals]);
    let (reserved, lookalike) =
        ("AWSReservedSSO_Approver_0123456789abcdef", "AWSReservedSSO_Lookalike_0123456789abcdef");
    let found = served.get_role("alice", reserved);
    assert_eq!(found.status, 200);
    let path = "/aws-reserved/sso.amazonaws.com/eu-west-1/";
    let arn = format!("arn:aws:iam::444455556666:role{path}{reserved}");
    let role = format!(
        "<Role><Path>{path}</Path><RoleName>{reserved}</RoleName><RoleId>AROAAPPROVER</RoleId><Arn>{arn}</Arn>"
    );
    assert!(found.body.contains(&role), "{}", found.body);
    for (key_id, name, status, code) in [
        ("alice", lookalike, 403, "AccessDenied"),
        ("alice", "Nobody", 403, "AccessDenied"),
        ("bob", reserved, 403, "AccessDenied"),
        ("mallory", reserved, 403, "InvalidClientTokenId"),
        ("alice", "no%2Frole", 400, "ValidationError"),
    ] {
        let refused = served.get_role(key_id, name);
        let error = format!("<Error><Type>Sender</Type><Code>{code}</Code><Message>");
        assert!(
            refused.status == status && refused.body.contains(&error),
            "{key_id} {name}: {}",
            refused.body
        );
    }
    // Without an account there are no roles.
    let refused = Served::start(&[]).get_role("alice", reserved);
    let error = "<ErrorResponse xmlns=\"https://iam.amazonaws.com/doc/2010-05-08/\"><Error><Type>Sender</Type>\
                 <Code>NoSuchEntity</Code><Message>The role with name AWSReservedSSO_Approver_0123456789abcdef cannot be \
                 found.</Message></Error><RequestId>";
    assert!(refused.status == 404 && refused.body.starts_with(error), "{}", refused.body);
}

#[test]
fn a_lag_is_a_number_of_seconds_or_that_of_aws() {
    for lag in ["-1", "4000", "soon", "nan"] {
        let output = emulator(&[&format!("--lag={lag}")]).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert_eq!(output.status.code(), Some(2), "{lag}: {message}");
        assert!(
            message.contains("a lag is a number of seconds from 0 to 3600, or `aws`"),
            "{message}"
        );
    }
    for lag in ["0", "0.25", "aws"] {
        Served::start(&["--lag", lag]);
    }
}

/// The body of CreatePipeline for a pipeline of a source and an approval.
fn declaration(name: &str) -> String {
    let action = |category: &str, provider: &str, more: &str| {
        let type_id = format!(
            r#"{{"category":"{category}","owner":"AWS","provider":"{provider}","version":"1"}}"#
        );
        format!(r#"{{"name":"A","actionTypeId":{type_id}{more}}}"#)
    };
    let stage = |name: &str, action: &str| format!(r#"{{"name":"{name}","actions":[{action}]}}"#);
    let artifact = r#","outputArtifacts":[{"name":"App"}]"#;
    let stages = [
        stage("S", &action("Source", "S3", artifact)),
        stage("T", &action("Approval", "Manual", "")),
    ]
    .join(",");
    let role = "arn:aws:iam::111122223333:role/p";
    format!(r#"{{"pipeline":{{"name":"{name}","roleArn":"{role}","stages":[{stages}]}}}}"#)
}

fn create(served: &Served, name: &str) {
    assert_eq!(served.call("CreatePipeline", Some("bob"), &declaration(name)).status, 200);
}

#[test]
fn a_seed_gives_the_same_identifiers_again() {
    let pipeline = |served: &Served| {
        create(served, "p");
        let listed =
            served.call("ListPipelineExecutions", Some("bob"), r#"{"pipelineName":"p"}"#).body;
        let id = listed.split(r#""pipelineExecutionId":""#).nth(1).unwrap();
        id.split('"').next().unwrap().to_owned()
    };
    let with = |seed: &str| pipeline(&Served::start(&["--lag", "0", "--seed", seed]));
    assert_eq!(with("7"), with("7"));
    assert_ne!(with("7"), with("8"));
}

#[test]
fn an_account_that_cannot_decide_does_not_start() {
    let (account, principals) = (fixture("account.json"), fixture("principals.json"));
    let stranger = fixture("principals-stranger.json");
    let ended = |arguments: &[&str]| {
        let output = emulator(arguments).output().unwrap();
        (output.status.code(), String::from_utf8(output.stderr).unwrap())
    };
    for (arguments, expected) in [
        (
            &["--account", &account, "--principals", &stranger][..],
            "error: the access key id `alice` is for `arn:aws:iam::444455556666:user/alcie`, which is not in the account \
             `444455556666`",
        ),
        (
            &["--account", &principals, "--principals", &principals],
            "principals.json` cannot be used: not what `aws iam get-account-authorization-details` prints",
        ),
        (
            &["--account", "no-such-file.json", "--principals", &principals],
            "error: the account file `no-such-file.json` cannot be read: ",
        ),
        (
            &["--account", &account, "--principals", &principals, "--gate-role", "Gate"],
            "error: the account has no role `Gate` for the gate",
        ),
    ] {
        let (code, message) = ended(arguments);
        assert!(code == Some(1) && message.contains(expected), "{code:?} {message}");
    }
    // The account id comes from the file, and the user names its principals.
    for arguments in [
        &["--account", &account][..],
        &["--account", &account, "--principals", &principals, "--account-id", "444455556666"],
        &["--gate-role", "Gate"],
    ] {
        assert_eq!(ended(arguments).0, Some(2), "{arguments:?}");
    }
}

/// A served emulator with one fault of an operation, once for alice, and the file that asks for it.
fn faulty_at(operation: &str, fault: &str) -> (tempfile::NamedTempFile, Served) {
    let mut file = tempfile::NamedTempFile::new().unwrap();
    let entry = format!(
        r#"{{"operation": "codepipeline:{operation}", "times": 1, "caller": "alice", {fault}}}"#
    );
    write!(file, r#"{{"faults": [{entry}]}}"#).unwrap();
    let served = Served::start(&["--faults", file.path().to_str().unwrap()]);
    (file, served)
}

fn faulty(fault: &str) -> (tempfile::NamedTempFile, Served) {
    faulty_at("ListPipelines", fault)
}

#[test]
fn a_fault_happens_once_to_its_caller_and_then_everything_works() {
    const WHOLE: &str = r#"{"pipelines":[]}"#;
    for (fault, status, body) in [
        ("throttle", 400, r#"{"__type":"ThrottlingException","message":"Rate exceeded"}"#),
        (
            "server-error",
            500,
            r#"{"__type":"InternalFailure","message":"The service has failed. Try again."}"#,
        ),
        ("truncate", 200, r#"{"pipeli"#),
        ("wrong-json", 200, r#"{"wrong":["reply"]}"#),
    ] {
        let (_file, served) = faulty(&format!(r#""fault": "{fault}""#));
        let list = |key_id| served.call("ListPipelines", Some(key_id), "{}");
        let replies = [list("bob"), list("alice"), list("alice")].map(|it| (it.status, it.body));
        let whole = (200, WHOLE.to_owned());
        assert_eq!(replies, [whole.clone(), (status, body.to_owned()), whole], "{fault}");
    }
    let (_file, served) = faulty(r#""fault": "slow", "seconds": 0.4"#);
    let began = std::time::Instant::now();
    assert_eq!(served.call("ListPipelines", Some("alice"), "{}").body, WHOLE);
    assert!(began.elapsed() >= std::time::Duration::from_millis(400));
}

#[test]
fn a_connection_is_reset_before_a_reply_or_in_the_middle_of_it() {
    for (fault, is_done) in [("reset", false), ("reset-after", true), ("reset-within", true)] {
        let (_file, served) = faulty_at("CreatePipeline", &format!(r#""fault": "{fault}""#));
        let body = declaration("p");
        let mut stream = std::net::TcpStream::connect(&served.address).unwrap();
        write!(
            stream,
            "POST / HTTP/1.1\r\nhost: x\r\n\
             authorization: AWS4-HMAC-SHA256 Credential=alice/20260101/x, Signature=0\r\n\
             x-amz-target: CodePipeline_20150709.CreatePipeline\r\n\
             content-length: {}\r\n\r\n{body}",
            body.len()
        )
        .unwrap();
        let mut read = Vec::new();
        let error = stream.read_to_end(&mut read).unwrap_err();
        assert_eq!(error.kind(), std::io::ErrorKind::ConnectionReset, "{fault}");
        let text = String::from_utf8(read).unwrap();
        let is_part = text.starts_with("HTTP/1.1 200 OK\r\n") && !text.ends_with("}}");
        assert!(if fault == "reset-within" { is_part } else { text.is_empty() }, "{fault}: {text}");
        let listed = served.call("ListPipelines", Some("bob"), "{}").body;
        assert_eq!(listed.contains(r#""name":"p""#), is_done, "{fault}: {listed}");
    }
}

#[test]
fn a_stale_reply_is_the_first_one_to_the_same_request() {
    let (_file, served) = faulty(r#""fault": "stale""#);
    let list = |key_id| served.call("ListPipelines", Some(key_id), "{}").body;
    // Nothing was asked before, so this reply is current.
    assert_eq!(list("alice"), r#"{"pipelines":[]}"#);
    create(&served, "p");
    assert!(list("bob").contains(r#""name":"p""#));
    assert_eq!(list("alice"), r#"{"pipelines":[]}"#);
    assert!(list("alice").contains(r#""name":"p""#));
}

#[test]
fn a_file_of_faults_that_cannot_be_used_is_an_error() {
    for (path, expected) in [
        ("no-such-file".to_owned(), "error: the faults file `no-such-file` cannot be read: "),
        (fixture("principals.json"), "is not a JSON object with a list `faults`: "),
    ] {
        let output = emulator(&["--faults", &path]).output().unwrap();
        let message = String::from_utf8(output.stderr).unwrap();
        assert!(output.status.code() == Some(1) && message.contains(expected), "{message}");
    }
    let usage = emulator(&["--function-timeout", "0"]).output().unwrap();
    let message = String::from_utf8(usage.stderr).unwrap();
    assert_eq!(usage.status.code(), Some(2));
    assert!(message.contains("write a whole number of seconds from 1 to 900"), "{message}");
}

#[test]
fn a_termination_signal_ends_it_well() {
    let mut served = Served::start(&[]);
    let kill =
        Command::new("kill").args(["-TERM", &served.child.id().to_string()]).status().unwrap();
    assert!(kill.success());
    assert_eq!(served.child.wait().unwrap().code(), Some(0));
    assert!(http(&served.address, "GET", "/", &[], "").is_err());
}
