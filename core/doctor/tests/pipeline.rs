//! What a pipeline is, as `aws codepipeline get-pipeline` prints it.

#![cfg(test)]

use doctor::pipeline::Pipeline;
use doctor::template::{Values, read};
use names::AccountId;
use serde_json::{Value, json};

fn pipeline(text: &Value) -> Pipeline {
    let mut declared = read(&text.to_string(), &Values::default()).unwrap();
    declared.remove(0).variants.remove(0).pipeline
}

#[test]
fn the_account_is_the_one_of_the_arn() {
    let declaration = json!({"name": "payments", "stages": []});
    let arn = "arn:aws:codepipeline:eu-west-1:111122223333:payments";
    let whole = json!({"pipeline": declaration, "metadata": {"pipelineArn": arn}});
    let account = pipeline(&whole).account();
    assert_eq!(account.as_ref().map(AccountId::as_str), Some("111122223333"));
    assert_eq!(pipeline(&declaration).account(), None);
}

#[test]
fn the_buckets_are_the_locations_of_the_artifacts() {
    let key = json!({"id": "key", "type": "KMS"});
    let store = |bucket| json!({"type": "S3", "location": bucket, "encryptionKey": key});
    let one = json!({"name": "payments", "stages": [], "artifactStore": store("artifacts")});
    assert_eq!(pipeline(&one).structure.artifact_store, ["artifacts"]);
    let stores = json!({"eu-west-1": store("ireland"), "us-east-1": store("virginia")});
    let two = json!({"name": "payments", "stages": [], "artifactStores": stores});
    assert_eq!(pipeline(&two).structure.artifact_stores, ["ireland", "virginia"]);
}
