//! An authenticator and a browser that do what they are told.

use ring::digest::{SHA256, digest};
use ring::rand::SystemRandom;
use ring::signature::{ECDSA_P256_SHA256_ASN1_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _};
use signing::{
    Answer, Approval, Assertion, BadSignature, Desk, Nonce, Proof, Signature, SigningKey, Statement,
};

pub(crate) const APPROVAL: Approval<'static> = Approval {
    pipeline: "payments",
    execution: "3137f7cb-7cf7-4a39-8b3c-d7ed3e1a0001",
    stage: "Release",
    action: "ApprovalA",
    attempt: "7d27f861-a187-4140-9485-44d76b5aa3e8",
    answer: Answer::Approved,
    revisions: &["5f1ab6f6e1c9a1b2c3d4e5f60718293a4b5c6d7e"],
};
pub(crate) const RP_ID: &str = "approve.example.com";
pub(crate) const ORIGIN: &str = "https://approve.example.com";

/// User present and verified.
pub(crate) const FLAGS: u8 = 0x05;

const SPKI_ED25519: &[u8] =
    &[0x30, 0x2a, 0x30, 0x05, 0x06, 0x03, 0x2b, 0x65, 0x70, 0x03, 0x21, 0x00];
const SPKI_P256: &[u8] = &[
    0x30, 0x59, 0x30, 0x13, 0x06, 0x07, 0x2a, 0x86, 0x48, 0xce, 0x3d, 0x02, 0x01, 0x06, 0x08, 0x2a,
    0x86, 0x48, 0xce, 0x3d, 0x03, 0x01, 0x07, 0x03, 0x42, 0x00,
];

pub(crate) fn desk() -> Desk {
    Desk::new(RP_ID, ORIGIN).unwrap()
}

pub(crate) fn statement() -> Statement {
    Statement::new(&APPROVAL, &Nonce::new([5; 16])).unwrap()
}

/// The DER of an Ed25519 public key.
pub(crate) fn ed25519_spki(public_key: &[u8]) -> Vec<u8> {
    [SPKI_ED25519, public_key].concat()
}

/// The key of [`Passkey::ed25519`].
pub(crate) fn ed25519_pair() -> Ed25519KeyPair {
    Ed25519KeyPair::from_seed_unchecked(&[1; 32]).unwrap()
}

/// A passkey with both halves.
pub(crate) enum Passkey {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Passkey {
    pub(crate) fn ed25519() -> Self {
        Self::Ed25519(ed25519_pair())
    }

    pub(crate) fn p256() -> Self {
        let (rng, algorithm) = (SystemRandom::new(), &ECDSA_P256_SHA256_ASN1_SIGNING);
        let pair = EcdsaKeyPair::generate_pkcs8(algorithm, &rng).unwrap();
        Self::P256(EcdsaKeyPair::from_pkcs8(algorithm, pair.as_ref(), &rng).unwrap())
    }

    pub(crate) fn public(&self) -> SigningKey {
        let spki = match self {
            Self::Ed25519(pair) => ed25519_spki(pair.public_key().as_ref()),
            Self::P256(pair) => [SPKI_P256, pair.public_key().as_ref()].concat(),
        };
        SigningKey::passkey(&[1, 2, 3], &spki).unwrap()
    }

    /// Signs any authenticatorData and clientDataJSON.
    pub(crate) fn sign(&self, authenticator_data: Vec<u8>, client_data: &str) -> Signature {
        let assertion = self.assert(authenticator_data, client_data);
        Signature::from_passkey(self.public().id(), &statement(), &desk(), assertion)
    }

    /// What the browser gives.
    pub(crate) fn assert(&self, authenticator_data: Vec<u8>, client_data: &str) -> Assertion {
        let client_data_hash = digest(&SHA256, client_data.as_bytes());
        let signed = [&authenticator_data, client_data_hash.as_ref()].concat();
        let signature = match self {
            Self::Ed25519(pair) => pair.sign(&signed).as_ref().to_vec(),
            Self::P256(pair) => pair.sign(&SystemRandom::new(), &signed).unwrap().as_ref().to_vec(),
        };
        let client_data_json = client_data.as_bytes().to_vec();
        Assertion { authenticator_data, signature, client_data_json }
    }

    pub(crate) fn verify(&self, signature: &Signature) -> Result<Proof, BadSignature> {
        self.public().verify(&APPROVAL, signature, Some(&desk()))
    }
}

/// authenticatorData with counter 1, and `rest` after it.
pub(crate) fn authenticator_data(rp_id: &str, flags: u8, rest: &[u8]) -> Vec<u8> {
    [digest(&SHA256, rp_id.as_bytes()).as_ref(), &[flags, 0, 0, 0, 1], rest].concat()
}
