//! The browser's part of a signature, as the script of the pages posts it.

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use serde::{Deserialize, Serialize};
use signing::{Assertion, SigningKey};

/// What the script asks a passkey for (`PublicKeyCredentialRequestOptions`).
#[derive(Debug, Serialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Request<'a> {
    pub(super) challenge: String,
    pub(super) rp_id: &'a str,
    /// The credential that has to sign; any of this desk if it is `None`.
    pub(super) credential: Option<String>,
    /// What has to come back with the assertion.
    pub(super) seal: String,
}

/// An assertion, in base64url.
#[derive(Debug, Deserialize)]
#[serde(rename_all = "camelCase")]
pub(super) struct Posted {
    pub(super) seal: String,
    pub(super) credential: String,
    authenticator_data: String,
    #[serde(rename = "clientDataJSON")]
    client_data_json: String,
    signature: String,
}

impl Posted {
    /// The bytes. Returns `None` if they are not base64url.
    pub(super) fn assertion(&self) -> Option<Assertion> {
        Some(Assertion {
            authenticator_data: bytes(&self.authenticator_data)?,
            signature: bytes(&self.signature)?,
            client_data_json: bytes(&self.client_data_json)?,
        })
    }

    /// Whether it says to be of this key.
    pub(super) fn is_of(&self, key: &SigningKey) -> bool {
        bytes(&self.credential).is_some_and(|id| key.credential_id() == Some(&id))
    }
}

pub(super) fn bytes(text: &str) -> Option<Vec<u8>> {
    URL_SAFE_NO_PAD.decode(text).ok()
}

pub(super) fn text(bytes: &[u8]) -> String {
    URL_SAFE_NO_PAD.encode(bytes)
}
