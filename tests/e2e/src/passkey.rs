//! A passkey and the browser that uses it, without a browser: WebAuthn Level 3, sections 5.8.1
//! (clientDataJSON) and 6.1 (authenticator data).

use base64::Engine as _;
use base64::prelude::BASE64_URL_SAFE_NO_PAD;
use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, KeyPair as _};
use signing::{Assertion, SigningKey, Statement};

/// What stands before the point in the DER SubjectPublicKeyInfo of a P-256 key (RFC 5480).
const SPKI: [u8; 26] = [
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];
/// The user is present and was verified, and the key cannot be synced.
const FLAGS: u8 = 0x05;

/// A web page that asks for a passkey.
#[derive(Clone, Copy, Debug)]
pub struct Site {
    /// The domain whose passkeys it asks for.
    pub rp_id: &'static str,
    /// Its own address.
    pub origin: &'static str,
}

/// A passkey of ES256.
#[derive(Debug)]
pub struct Passkey {
    pair: EcdsaKeyPair,
    key: SigningKey,
}

impl Passkey {
    /// Creates a passkey.
    ///
    /// # Panics
    /// If the system has no random bytes.
    #[must_use]
    pub fn create() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_ASN1_SIGNING;
        let pkcs8 = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        let pair = EcdsaKeyPair::from_pkcs8(algorithm, pkcs8.as_ref(), &random).unwrap();
        let spki = [&SPKI, pair.public_key().as_ref()].concat();
        let key = SigningKey::passkey(b"a credential id", &spki).unwrap();
        Self { pair, key }
    }

    /// The public half, for the rule.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// The answer of a browser on this site. `more` is for members of clientDataJSON that browsers
    /// may add, such as `,"extra":1`.
    ///
    /// # Panics
    /// If the system has no random bytes.
    #[must_use]
    pub fn sign(&self, site: Site, statement: &Statement, more: &str) -> Assertion {
        let challenge = digest(&SHA256, statement.as_bytes());
        let challenge = BASE64_URL_SAFE_NO_PAD.encode(challenge);
        let client_data_json = format!(
            r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"{}","crossOrigin":false{more}}}"#,
            site.origin
        );
        let counter = [0; 4];
        let authenticator_data =
            [digest(&SHA256, site.rp_id.as_bytes()).as_ref(), &[FLAGS], &counter].concat();
        let hash = digest(&SHA256, client_data_json.as_bytes());
        let signed = [&authenticator_data, hash.as_ref()].concat();
        let signature = self.pair.sign(&SystemRandom::new(), &signed).unwrap();
        Assertion {
            authenticator_data,
            signature: signature.as_ref().to_owned(),
            client_data_json: client_data_json.into_bytes(),
        }
    }
}
