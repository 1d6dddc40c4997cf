//! A key of KMS: what is asked of it, and errors that hold no key.

use std::collections::BTreeMap;

use facts::CallError;
use facts::aws::{DataKey, Kms};
use names::KmsKeyArn;
use serde_json::{Value, json};

use crate::service::{Request, Service, block_on};

const ARN: &str = "arn:aws:kms:eu-west-1:111122223333:key/1234abcd-12ab-34cd-56ef-1234567890ab";

fn key(service: &Service) -> Kms {
    Kms::new(&service.config(), &ARN.parse::<KmsKeyArn>().unwrap())
}

fn asked(request: &Request, target: &str) -> Value {
    assert_eq!(request.header("x-amz-target"), Some(target));
    assert_eq!(request.header("content-type"), Some("application/x-amz-json-1.1"));
    let signature = request.header("authorization").unwrap();
    assert!(signature.contains("/eu-west-1/kms/aws4_request"), "{signature}");
    serde_json::from_str(&request.body).unwrap()
}

fn context() -> BTreeMap<String, String> {
    BTreeMap::from([("pipeline".to_owned(), "payments".to_owned())])
}

#[test]
fn a_digest_is_signed_as_it_is() {
    let service = Service::replying(200, &json!({"KeyId": ARN, "Signature": "AQID"}).to_string());
    assert_eq!(block_on(key(&service).sign_digest(&[7; 32])), Ok(vec![1, 2, 3]));
    let wanted = json!({
        "KeyId": ARN,
        "Message": "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=",
        "MessageType": "DIGEST",
        "SigningAlgorithm": "ECDSA_SHA_256",
    });
    assert_eq!(asked(&service.only(), "TrentService.Sign"), wanted);
}

#[test]
fn a_data_key_is_made_wrapped_and_unwrapped_with_its_context() {
    let plaintext = "BwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwcHBwc=";
    let reply = json!({"KeyId": ARN, "Plaintext": plaintext, "CiphertextBlob": "AQID"}).to_string();
    let key_of_7 = DataKey::from([7; 32]);

    let service = Service::replying(200, &reply);
    let (made, wrapped) = block_on(key(&service).generate_data_key(&context())).unwrap();
    assert!(made == key_of_7 && wrapped == [1, 2, 3]);
    let wanted = json!({
        "KeyId": ARN, "KeySpec": "AES_256", "EncryptionContext": {"pipeline": "payments"},
    });
    assert_eq!(asked(&service.only(), "TrentService.GenerateDataKey"), wanted);

    let service = Service::replying(200, &reply);
    assert_eq!(block_on(key(&service).encrypt(&key_of_7, &context())), Ok(vec![1, 2, 3]));
    let wanted = json!({
        "KeyId": ARN, "Plaintext": plaintext, "EncryptionContext": {"pipeline": "payments"},
    });
    assert_eq!(asked(&service.only(), "TrentService.Encrypt"), wanted);

    let service = Service::replying(200, &reply);
    assert!(block_on(key(&service).decrypt(&[1, 2, 3], &context())).unwrap() == key_of_7);
    let wanted = json!({
        "KeyId": ARN, "CiphertextBlob": "AQID", "EncryptionContext": {"pipeline": "payments"},
    });
    assert_eq!(asked(&service.only(), "TrentService.Decrypt"), wanted);
}

#[test]
fn an_answer_of_another_key_or_without_bytes_is_none() {
    let other = ARN.replace("1234abcd", "9999abcd");
    for (reply, problem) in [
        (json!({"KeyId": other, "Signature": "AQID"}), "`KeyId` is not the key that was asked"),
        (json!({"Signature": "AQID"}), "`KeyId` is not the key that was asked"),
        (json!({"KeyId": ARN}), "`Signature` is missing"),
        (json!({"KeyId": ARN, "Signature": "no base64"}), "`Signature` is missing"),
        (json!([]), "it is not what KMS answers"),
    ] {
        let service = Service::replying(200, &reply.to_string());
        let error = block_on(key(&service).sign_digest(&[7; 32])).unwrap_err();
        assert!(
            matches!(error, CallError::Malformed { problem: it, .. } if it == problem),
            "{error}"
        );
    }
    let short = json!({"KeyId": ARN, "Plaintext": "AQID"});
    let service = Service::replying(200, &short.to_string());
    let error = block_on(key(&service).decrypt(&[1], &context())).err().unwrap().to_string();
    let wanted = "the reply to Decrypt makes no sense: `Plaintext` is not a key of 256 bits";
    assert_eq!(error, wanted);
}

#[test]
fn a_refusal_of_kms_says_what_kms_says() {
    for (status, code, error) in [
        (400, "AccessDeniedException", "AWS refused Sign: because"),
        (400, "DisabledException", "Sign answered DisabledException: because"),
        (400, "ThrottlingException", "Sign is unavailable (ThrottlingException)"),
        (500, "KMSInternalException", "Sign is unavailable (KMSInternalException)"),
    ] {
        let body = json!({"__type": code, "message": "because"}).to_string();
        let service = Service::replying(status, &body);
        assert_eq!(block_on(key(&service).sign_digest(&[7; 32])).unwrap_err().to_string(), error);
    }
}
