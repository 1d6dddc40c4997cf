//! `sk-` keys, without hardware: the test computes what a security key computes (OpenSSH,
//! PROTOCOL.u2f), and `ssh-keygen` confirms it.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, SHA512, digest};
use ring::rand::SystemRandom;
use ring::signature::{
    ECDSA_P256_SHA256_FIXED_SIGNING, EcdsaKeyPair, Ed25519KeyPair, KeyPair as _,
};
use signing::{BadSignature, KeyKind, NAMESPACE, Nonce, Signature, SigningKey, Statement};

use crate::keygen::{APPROVAL, Keygen};
use crate::sshsig::{armoured, strings};

const COUNTER: u32 = 258;

/// The flag of a security key that somebody touched.
pub(crate) const TOUCHED: u8 = 0x01;

fn mpint(number: &[u8]) -> Vec<u8> {
    let number = &number[number.iter().take_while(|byte| **byte == 0).count()..];
    if number.first().is_some_and(|first| first & 0x80 != 0) {
        [&[0], number].concat()
    } else {
        number.to_owned()
    }
}

/// A security key with both halves.
pub(crate) struct Device {
    pair: Pair,
    application: &'static str,
}

enum Pair {
    Ed25519(Ed25519KeyPair),
    P256(EcdsaKeyPair),
}

impl Device {
    /// One of each type.
    pub(crate) fn all() -> [Self; 2] {
        let rng = SystemRandom::new();
        let ed25519 = Ed25519KeyPair::generate_pkcs8(&rng).unwrap();
        let p256 = EcdsaKeyPair::generate_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, &rng).unwrap();
        let p256 = EcdsaKeyPair::from_pkcs8(&ECDSA_P256_SHA256_FIXED_SIGNING, p256.as_ref(), &rng);
        [
            Pair::Ed25519(Ed25519KeyPair::from_pkcs8(ed25519.as_ref()).unwrap()),
            Pair::P256(p256.unwrap()),
        ]
        .map(|pair| Self { pair, application: "ssh:" })
    }

    /// The same key for another application.
    pub(crate) fn of(self, application: &'static str) -> Self {
        Self { application, ..self }
    }

    fn kind(&self) -> &'static str {
        match &self.pair {
            Pair::Ed25519(_) => "sk-ssh-ed25519@openssh.com",
            Pair::P256(_) => "sk-ecdsa-sha2-nistp256@openssh.com",
        }
    }

    fn public(&self) -> Vec<u8> {
        let kind = self.kind().as_bytes();
        match &self.pair {
            Pair::Ed25519(pair) => {
                strings(&[kind, pair.public_key().as_ref(), self.application.as_bytes()])
            }
            Pair::P256(pair) => strings(&[
                kind,
                b"nistp256",
                pair.public_key().as_ref(),
                self.application.as_bytes(),
            ]),
        }
    }

    /// The line of the public key.
    pub(crate) fn line(&self) -> String {
        format!("{} {} alice@key", self.kind(), STANDARD.encode(self.public()))
    }

    /// An SSHSIG over the statement.
    pub(crate) fn sshsig(&self, statement: &Statement, flags: u8) -> Vec<u8> {
        let (public, blob) = (self.public(), self.sign(statement, flags));
        let fields = [&public[..], NAMESPACE.as_bytes(), b"", b"sha512", &blob];
        [b"SSHSIG\0\0\0\x01", &strings(&fields)[..]].concat()
    }

    /// The signature blob of an SSHSIG over the statement.
    fn sign(&self, statement: &Statement, flags: u8) -> Vec<u8> {
        let hash = digest(&SHA512, statement.as_bytes());
        let mut message = b"SSHSIG".to_vec();
        let fields = [NAMESPACE.as_bytes(), b"", b"sha512", hash.as_ref()];
        message.extend(strings(&fields));
        let mut signed = digest(&SHA256, self.application.as_bytes()).as_ref().to_vec();
        signed.push(flags);
        signed.extend(COUNTER.to_be_bytes());
        signed.extend(digest(&SHA256, &message).as_ref());
        let value = match &self.pair {
            Pair::Ed25519(pair) => pair.sign(&signed).as_ref().to_vec(),
            Pair::P256(pair) => {
                let value = pair.sign(&SystemRandom::new(), &signed).unwrap();
                let (r, s) = value.as_ref().split_at(32);
                strings(&[&mpint(r), &mpint(s)])
            }
        };
        let mut blob = strings(&[self.kind().as_bytes(), &value]);
        blob.push(flags);
        blob.extend(COUNTER.to_be_bytes());
        blob
    }
}

#[test]
fn a_security_key_counts_if_somebody_touched_it() {
    for device in Device::all() {
        let line = device.line();
        let key: SigningKey = line.parse().unwrap();
        assert_eq!(key.kind(), KeyKind::SshSecurityKey);
        let nonce = Nonce::new([9; 16]);
        let statement = Statement::new(&APPROVAL, &nonce).unwrap();
        let verify = |blob: Vec<u8>| {
            key.verify(&APPROVAL, &Signature::from_ssh(key.id(), &statement, blob), None)
        };

        for (flags, user_verified) in [(0x01, false), (0x05, true)] {
            let blob = device.sign(&statement, flags);
            let sshsig = armoured(&device.sshsig(&statement, flags));
            assert!(Keygen::with_public(&line).verifies(&statement, &sshsig), "{line}");
            let proof = verify(blob).unwrap();
            assert_eq!(
                (proof.user_verified, proof.counter, proof.is_device_bound()),
                (user_verified, Some(COUNTER), true)
            );
        }
        assert_eq!(verify(device.sign(&statement, 0)), Err(BadSignature::NobodyPresent));

        // A signature without a touch cannot be changed into one with a touch.
        let mut forged = device.sign(&statement, 0);
        let flags = forged.len() - 5;
        forged[flags] = 0x01;
        assert_eq!(verify(forged), Err(BadSignature::NotSigned));
        let mut cut = device.sign(&statement, 1);
        cut.truncate(flags);
        assert_eq!(verify(cut), Err(BadSignature::Form));
    }
}
