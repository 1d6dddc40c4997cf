//! The DSSE envelope.
//!
//! <https://github.com/secure-systems-lab/dsse/blob/v1.0.0/envelope.md>

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use names::Object;
use serde::{Deserialize, Serialize};

use crate::public_key::PublicKey;
use crate::sha256::Sha256;

/// The payload of an in-toto attestation.
const PAYLOAD_TYPE: &str = "application/vnd.in-toto+json";

/// A payload and its signatures.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Envelope {
    payload: Vec<u8>,
    signatures: Vec<EnvelopeSignature>,
}

/// One signature of an envelope.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct EnvelopeSignature {
    /// The key that made it, according to the envelope: the ARN of a KMS key. It proves nothing.
    pub key_id: String,
    /// ECDSA over the SHA-256 of [`Envelope::signed_bytes`], in DER.
    pub signature: Vec<u8>,
}

/// Why a text is not an envelope.
#[derive(Debug, thiserror::Error)]
pub enum EnvelopeError {
    /// It is not the JSON of an envelope.
    #[error("it is not a DSSE envelope, the JSON that the gate stores: {0}")]
    Form(#[from] serde_json::Error),
    /// It holds something else than an attestation.
    #[error("its payload is of type `{}`, not `{PAYLOAD_TYPE}`", names::shown(.0))]
    PayloadType(String),
    /// A field is not base64.
    #[error("its `{0}` is not standard base64 with padding")]
    Base64(&'static str),
}

/// The JSON of an envelope. A reader ignores keys that it does not know, as DSSE demands.
#[derive(Serialize, Deserialize)]
#[serde(rename_all = "camelCase")]
struct Written {
    payload_type: String,
    payload: String,
    signatures: Vec<WrittenSignature>,
}

#[derive(Serialize, Deserialize)]
struct WrittenSignature {
    #[serde(default)]
    keyid: String,
    sig: String,
}

impl Envelope {
    /// An envelope without a signature.
    #[must_use]
    pub fn unsigned(payload: Vec<u8>) -> Self {
        Self { payload, signatures: Vec::new() }
    }

    /// Reads the JSON of an envelope.
    ///
    /// # Errors
    /// [`EnvelopeError`] if it is not one, or has no in-toto attestation.
    pub fn parse(json: &str) -> Result<Self, EnvelopeError> {
        let Object(Written { payload_type, payload, signatures }) = serde_json::from_str(json)?;
        if payload_type != PAYLOAD_TYPE {
            return Err(EnvelopeError::PayloadType(payload_type));
        }
        let bytes =
            |name, text: &str| STANDARD.decode(text).map_err(|_| EnvelopeError::Base64(name));
        let signatures = signatures.into_iter().map(|WrittenSignature { keyid: key_id, sig }| {
            Ok(EnvelopeSignature { key_id, signature: bytes("sig", &sig)? })
        });
        Ok(Self {
            payload: bytes("payload", &payload)?,
            signatures: signatures.collect::<Result<_, EnvelopeError>>()?,
        })
    }

    /// The envelope as JSON, in one line.
    #[must_use]
    pub fn to_json(&self) -> String {
        let signatures = self.signatures.iter().map(|it| WrittenSignature {
            keyid: it.key_id.clone(),
            sig: STANDARD.encode(&it.signature),
        });
        let written = Written {
            payload_type: PAYLOAD_TYPE.to_owned(),
            payload: STANDARD.encode(&self.payload),
            signatures: signatures.collect(),
        };
        serde_json::to_string(&written).unwrap_or_default()
    }

    /// What is signed: DSSE's pre-authentication encoding of the payload.
    #[must_use]
    pub fn signed_bytes(&self) -> Vec<u8> {
        let (kind, payload) = (PAYLOAD_TYPE, &self.payload);
        let head = format!("DSSEv1 {} {kind} {} ", kind.len(), payload.len());
        [head.as_bytes(), payload].concat()
    }

    /// The SHA-256 of [`Envelope::signed_bytes`]: what KMS signs with MessageType `DIGEST`. A proof
    /// is longer than the 4,096 bytes that KMS hashes itself.
    #[must_use]
    pub fn digest(&self) -> Sha256 {
        Sha256::of(&self.signed_bytes())
    }

    /// This envelope with one more signature.
    #[must_use]
    pub fn with_signature(mut self, signature: EnvelopeSignature) -> Self {
        self.signatures.push(signature);
        self
    }

    /// The payload.
    pub(crate) fn payload(&self) -> &[u8] {
        &self.payload
    }

    /// The signatures.
    #[must_use]
    pub fn signatures(&self) -> &[EnvelopeSignature] {
        &self.signatures
    }

    /// Whether one of the signatures is by this key.
    pub(crate) fn is_signed_by(&self, key: &PublicKey) -> bool {
        let signed = self.signed_bytes();
        self.signatures.iter().any(|it| key.has_signed(&signed, &it.signature))
    }
}
