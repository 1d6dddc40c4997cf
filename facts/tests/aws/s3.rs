//! Objects of S3: how they are asked for, and what comes back.

use facts::CallError;
use facts::aws::{Object, S3};
use names::S3Uri;

use crate::service::{Service, block_on};

const HELLO: [u8; 32] = [
    0x2c, 0xf2, 0x4d, 0xba, 0x5f, 0xb0, 0xa3, 0x0e, 0x26, 0xe8, 0x3b, 0x2a, 0xc5, 0xb9, 0xe2, 0x9e,
    0x1b, 0x16, 0x1e, 0x5c, 0x1f, 0xa7, 0x42, 0x5e, 0x73, 0x04, 0x33, 0x62, 0x93, 0x8b, 0x98, 0x24,
];

fn uri(text: &str) -> S3Uri {
    text.parse().unwrap()
}

fn s3(service: &Service) -> S3 {
    S3::in_region(&service.config(), "eu-west-1")
}

fn object() -> Service {
    Service::replying_with(200, "last-modified: Wed, 02 Sep 2026 10:00:07 GMT\r\n", "hello")
}

#[test]
fn an_object_is_read_with_its_digest_and_its_time() {
    let service = object();
    let read = block_on(s3(&service).get(&uri("s3://artifacts/pay//../a b+é.zip"), 5));
    let last_modified = "2026-09-02T10:00:07Z".parse().unwrap();
    let wanted = Object { sha256: HELLO, length: 5, last_modified };
    assert_eq!(read, Ok((b"hello".to_vec(), wanted)));
    let request = service.only();
    // The key is escaped once, and its path is taken as it is.
    assert_eq!(request.line, "GET /artifacts/pay//../a%20b%2B%C3%A9.zip HTTP/1.1");
    let of_nothing = "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855";
    assert_eq!(request.header("x-amz-content-sha256"), Some(of_nothing));
    let signature = request.header("authorization").unwrap();
    for part in ["/eu-west-1/s3/aws4_request, ", "host;x-amz-content-sha256;x-amz-date, "] {
        assert!(signature.contains(part), "{signature}");
    }
}

#[test]
fn an_object_that_is_too_large_is_not_read_to_its_end() {
    let service = object();
    let error = block_on(s3(&service).get(&uri("s3://artifacts/a"), 4)).unwrap_err();
    assert_eq!(
        error.to_string(),
        "GetObject answered an object that is too large: s3://artifacts/a has more than 4 bytes"
    );
}

#[test]
fn an_object_without_a_time_is_not_believed() {
    let service = Service::replying(200, "hello");
    let error = block_on(s3(&service).get(&uri("s3://artifacts/a"), 5)).unwrap_err();
    assert!(matches!(error, CallError::Malformed { .. }), "{error}");
}

#[test]
fn an_object_is_written_with_its_type_and_its_hash() {
    let service = Service::replying(200, "");
    let proof = uri("s3://proofs/a/1.json");
    let written = block_on(s3(&service).put(&proof, "application/json", b"hello"));
    assert_eq!(written, Ok(()));
    let request = service.only();
    assert_eq!(request.line, "PUT /proofs/a/1.json HTTP/1.1");
    assert_eq!(request.body, "hello");
    assert_eq!(request.header("content-type"), Some("application/json"));
    let hash = request.header("x-amz-content-sha256").unwrap();
    assert!(hash.starts_with("2cf24dba5fb0"), "{hash}");
}

#[test]
fn a_refusal_of_s3_names_the_object() {
    for (status, code, error) in [
        (
            403,
            "AccessDenied",
            "AWS refused GetObject: s3://artifacts/a: because; S3 also says this if the object \
             does not exist",
        ),
        (404, "NoSuchKey", "GetObject answered NoSuchKey: s3://artifacts/a: because"),
        (503, "SlowDown", "GetObject is unavailable (SlowDown)"),
    ] {
        let body = format!("<Error><Code>{code}</Code><Message>because.</Message></Error>");
        let service = Service::replying(status, &body);
        let read = block_on(s3(&service).get(&uri("s3://artifacts/a"), 5));
        assert_eq!(read.unwrap_err().to_string(), error);
    }
    // A redirect to the bucket's region is not followed.
    let read = block_on(s3(&Service::replying(301, "")).get(&uri("s3://artifacts/a"), 5));
    let error = read.unwrap_err().to_string();
    assert_eq!(error, "GetObject answered status 301: s3://artifacts/a: without a message");
}
