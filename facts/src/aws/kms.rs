//! One key of KMS: what it signs, wraps and unwraps, by single requests in the AWS JSON protocol.
//!
//! <https://docs.aws.amazon.com/kms/latest/APIReference/API_Operations.html>

use std::collections::BTreeMap;

use aws_config::SdkConfig;
use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use names::KmsKeyArn;
use serde::Deserialize;
use serde_json::{Value, json};
use zeroize::Zeroizing;

use super::signed::Signed;
use crate::call::{CallError, Operation};

/// A key of KMS, in the region of its ARN. Each call is one request, without retries.
#[derive(Clone, Debug)]
pub struct Kms {
    kms: Signed,
    key: KmsKeyArn,
}

/// A key of 256 bits in plain text. Not `Debug`, so that no log has it. Its memory is overwritten
/// when it is dropped.
#[derive(PartialEq, Eq)]
pub struct DataKey(Zeroizing<[u8; 32]>);

/// The parts of the replies that are read. Not `Debug`, because one may have a key.
#[derive(Deserialize)]
#[serde(rename_all = "PascalCase")]
struct Answer {
    key_id: Option<String>,
    signature: Option<String>,
    plaintext: Option<String>,
    ciphertext_blob: Option<String>,
}

impl DataKey {
    /// The bytes of the key.
    #[must_use]
    pub fn as_bytes(&self) -> &[u8; 32] {
        &self.0
    }
}

impl From<[u8; 32]> for DataKey {
    fn from(bytes: [u8; 32]) -> Self {
        Self(Zeroizing::new(bytes))
    }
}

impl Kms {
    /// The key with this ARN.
    #[must_use]
    pub fn new(config: &SdkConfig, key: &KmsKeyArn) -> Self {
        Self { kms: Signed::in_region(config, "kms", key.region()), key: key.clone() }
    }

    /// Signs a SHA-256 digest with ECDSA on P-256 (`kms:Sign`). Returns the signature in DER.
    ///
    /// KMS takes messages of at most 4,096 bytes, and the digest of any. It signs the digest as it
    /// is, so the signature is that of the message.
    ///
    /// # Errors
    /// [`CallError`] if KMS refuses or does not answer, or another key signed.
    pub async fn sign_digest(&self, digest: &[u8; 32]) -> Result<Vec<u8>, CallError> {
        const OPERATION: Operation = Operation::SIGN;
        let answer = self
            .ask(
                OPERATION,
                json!({
                    "Message": STANDARD.encode(digest),
                    "MessageType": "DIGEST",
                    "SigningAlgorithm": "ECDSA_SHA_256",
                }),
            )
            .await?;
        bytes(OPERATION, answer.signature, "`Signature` is missing")
    }

    /// A new data key, and the same key wrapped by this one (`kms:GenerateDataKey`). Only a call
    /// with the same context unwraps it.
    ///
    /// # Errors
    /// [`CallError`] if KMS refuses or does not answer.
    pub async fn generate_data_key(
        &self,
        context: &BTreeMap<String, String>,
    ) -> Result<(DataKey, Vec<u8>), CallError> {
        const OPERATION: Operation = Operation::GENERATE_DATA_KEY;
        let request = json!({"KeySpec": "AES_256", "EncryptionContext": context});
        let Answer { plaintext, ciphertext_blob, .. } = self.ask(OPERATION, request).await?;
        let wrapped = bytes(OPERATION, ciphertext_blob, "`CiphertextBlob` is missing")?;
        Ok((data_key(OPERATION, plaintext)?, wrapped))
    }

    /// A data key that there is already, wrapped by this key (`kms:Encrypt`).
    ///
    /// # Errors
    /// [`CallError`] if KMS refuses or does not answer.
    pub async fn encrypt(
        &self,
        key: &DataKey,
        context: &BTreeMap<String, String>,
    ) -> Result<Vec<u8>, CallError> {
        const OPERATION: Operation = Operation::ENCRYPT;
        let plaintext = STANDARD.encode(key.as_bytes());
        let request = json!({"Plaintext": plaintext, "EncryptionContext": context});
        let answer = self.ask(OPERATION, request).await?;
        bytes(OPERATION, answer.ciphertext_blob, "`CiphertextBlob` is missing")
    }

    /// The data key that this key wrapped with this context (`kms:Decrypt`).
    ///
    /// # Errors
    /// [`CallError`] if KMS refuses or does not answer, or if this is not a wrapped data key.
    pub async fn decrypt(
        &self,
        wrapped: &[u8],
        context: &BTreeMap<String, String>,
    ) -> Result<DataKey, CallError> {
        const OPERATION: Operation = Operation::DECRYPT;
        let wrapped = STANDARD.encode(wrapped);
        let request = json!({"CiphertextBlob": wrapped, "EncryptionContext": context});
        data_key(OPERATION, self.ask(OPERATION, request).await?.plaintext)
    }

    async fn ask(&self, operation: Operation, mut request: Value) -> Result<Answer, CallError> {
        if let Value::Object(request) = &mut request {
            request.insert("KeyId".to_owned(), json!(self.key));
        }
        let target = format!("TrentService.{operation}");
        let reply = self.kms.post_json(operation, &target, &request.to_string()).await?;
        let malformed = |problem| CallError::Malformed { operation, problem };
        let answer: Answer =
            serde_json::from_str(&reply).map_err(|_| malformed("it is not what KMS answers"))?;
        // KMS names the key that it used by its ARN in each of these replies. A caller relies on
        // this one.
        match answer.key_id.as_deref() == Some(self.key.as_str()) {
            true => Ok(answer),
            false => Err(malformed("`KeyId` is not the key that was asked")),
        }
    }
}

fn bytes(
    operation: Operation,
    base64: Option<String>,
    problem: &'static str,
) -> Result<Vec<u8>, CallError> {
    let decoded = base64.and_then(|it| STANDARD.decode(it).ok());
    decoded.ok_or(CallError::Malformed { operation, problem })
}

fn data_key(operation: Operation, base64: Option<String>) -> Result<DataKey, CallError> {
    let bytes = bytes(operation, base64, "`Plaintext` is missing")?;
    let problem = "`Plaintext` is not a key of 256 bits";
    bytes
        .try_into()
        .map(Zeroizing::new)
        .map(DataKey)
        .map_err(|_| CallError::Malformed { operation, problem })
}
