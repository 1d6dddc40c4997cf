//! A passkey and a browser that do what they are told.

use ring::digest::{SHA256, digest};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use serde_json::{Value, json};
use signing::SigningKey;

use super::super::webauthn::text;

const SPKI_ED25519: &[u8] =
    &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];

/// User present and verified.
const FLAGS: u8 = 0x05;
/// It may be synced to other devices.
pub(super) const SYNCED: u8 = 0x08;

pub(super) struct Passkey {
    pub(super) pair: Ed25519KeyPair,
    pub(super) id: Vec<u8>,
    pub(super) origin: String,
    pub(super) flags: u8,
    /// More members of clientDataJSON.
    pub(super) grease: String,
}

impl Passkey {
    pub(super) fn new(seed: u8, origin: &str) -> Self {
        Self {
            pair: Ed25519KeyPair::from_seed_unchecked(&[seed; 32]).unwrap(),
            id: vec![seed; 16],
            origin: origin.to_owned(),
            flags: FLAGS,
            grease: String::new(),
        }
    }

    pub(super) fn public(&self) -> SigningKey {
        let spki = [SPKI_ED25519, self.pair.public_key().as_ref()].concat();
        SigningKey::passkey(&self.id, &spki).unwrap()
    }

    pub(super) fn line(&self) -> String {
        self.public().to_string()
    }

    pub(super) fn rp_id(&self) -> &str {
        self.origin.split_once("://").unwrap().1.split(':').next().unwrap()
    }

    /// What the script posts after the browser has signed what the server asked for.
    pub(super) fn sign(&self, asked: &Value) -> Value {
        let (challenge, origin) = (asked["challenge"].as_str().unwrap(), &self.origin);
        let client_data = format!(
            r#"{{"type":"webauthn.get","challenge":"{challenge}","origin":"{origin}","crossOrigin":false{}}}"#,
            self.grease
        );
        let domain = digest(&SHA256, self.rp_id().as_bytes());
        let data = [domain.as_ref(), &[self.flags, 0, 0, 0, 1]].concat();
        let hash = digest(&SHA256, client_data.as_bytes());
        let signature = self.pair.sign(&[&data, hash.as_ref()].concat());
        json!({
            "seal": asked["seal"],
            "credential": text(&self.id),
            "authenticatorData": text(&data),
            "clientDataJSON": text(client_data.as_bytes()),
            "signature": text(signature.as_ref()),
        })
    }
}
