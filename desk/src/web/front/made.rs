//! Tokens as an Application Load Balancer makes them, for tests.

use base64::Engine as _;
use base64::engine::general_purpose::{STANDARD, URL_SAFE};
use jiff::Timestamp;
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, KeyPair as _};
use serde_json::{Value, json};

pub(crate) const ARN: &str =
    "arn:aws:elasticloadbalancing:eu-west-1:111122223333:loadbalancer/app/desk/0123456789abcdef";
pub(crate) const ISSUER: &str = "https://login.example.com";
pub(crate) const CLIENT: &str = "desk";
pub(crate) const KEY_ID: &str = "12345678-1234-1234-1234-123456789012";

/// The key of a load balancer.
pub(crate) struct Signer(EcdsaKeyPair);

impl Signer {
    pub(crate) fn new() -> Self {
        let random = SystemRandom::new();
        let algorithm = &ECDSA_P256_SHA256_FIXED_SIGNING;
        let key = EcdsaKeyPair::generate_pkcs8(algorithm, &random).unwrap();
        Self(EcdsaKeyPair::from_pkcs8(algorithm, key.as_ref(), &random).unwrap())
    }

    pub(crate) fn point(&self) -> &[u8] {
        self.0.public_key().as_ref()
    }

    /// The public key, as AWS serves it.
    pub(crate) fn pem(&self) -> String {
        let before = [
            0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06,
            0x08, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
        ];
        let text = STANDARD.encode([&before, self.point()].concat());
        let (first, second) = text.split_at(64);
        format!("-----BEGIN PUBLIC KEY-----\n{first}\n{second}\n-----END PUBLIC KEY-----\n")
    }

    /// Signs what stands before the last dot.
    pub(crate) fn sign(&self, signed: &str) -> String {
        let signature = self.0.sign(&SystemRandom::new(), signed.as_bytes()).unwrap();
        format!("{signed}.{}", URL_SAFE.encode(signature))
    }

    pub(crate) fn token(&self, header: &Value, claims: &Value) -> String {
        self.sign(&format!("{}.{}", padded(header), padded(claims)))
    }

    /// A sound token of somebody.
    pub(crate) fn token_of(&self, email: &str) -> String {
        self.token(&header(), &json!({"sub": "1", "email": email}))
    }
}

pub(crate) fn padded(value: &Value) -> String {
    URL_SAFE.encode(value.to_string())
}

/// What AWS's documentation shows.
pub(crate) fn header() -> Value {
    json!({
        "alg": "ES256",
        "kid": KEY_ID,
        "signer": ARN,
        "iss": ISSUER,
        "client": CLIENT,
        "exp": Timestamp::now().as_second() + 120,
    })
}
