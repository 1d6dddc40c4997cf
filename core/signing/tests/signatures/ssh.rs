//! SSH keys whose private half is the one of [`ed25519_pair`].

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;
use ring::digest::{SHA256, SHA512, digest};
use ring::signature::KeyPair as _;
use signing::NAMESPACE;

use crate::authenticator::{ed25519_pair, statement};

pub(crate) const ED25519: &str = "ssh-ed25519";
pub(crate) const SK_ED25519: &str = "sk-ssh-ed25519@openssh.com";

/// Fields of SSH's binary format, each a string.
pub(crate) fn strings(fields: &[&[u8]]) -> Vec<u8> {
    let string =
        |field: &&[u8]| [&u32::try_from(field.len()).unwrap().to_be_bytes()[..], field].concat();
    fields.iter().flat_map(string).collect()
}

/// The reverse.
pub(crate) fn fields_of(mut bytes: &[u8]) -> Vec<Vec<u8>> {
    let mut fields = Vec::new();
    while let Some((length, rest)) = bytes.split_first_chunk() {
        let length = usize::try_from(u32::from_be_bytes(*length)).unwrap();
        fields.push(rest[..length].to_vec());
        bytes = &rest[length..];
    }
    fields
}

/// The line of a public key.
pub(crate) fn line(kind: &str, fields: &[&[u8]]) -> String {
    let blob = [strings(&[kind.as_bytes()]), strings(fields)].concat();
    format!("{kind} {}", STANDARD.encode(blob))
}

pub(crate) fn ed25519_line() -> String {
    line(ED25519, &[ed25519_pair().public_key().as_ref()])
}

pub(crate) fn security_key_line(application: &str) -> String {
    line(SK_ED25519, &[ed25519_pair().public_key().as_ref(), application.as_bytes()])
}

/// What a key signs for an SSHSIG over the statement, with fields that a signer could choose.
pub(crate) fn preimage(namespace: &str, reserved: &[u8], hash: &str) -> Vec<u8> {
    let algorithm = if hash == "sha256" { &SHA256 } else { &SHA512 };
    let digest = digest(algorithm, statement().as_bytes());
    let fields = [namespace.as_bytes(), reserved, hash.as_bytes(), digest.as_ref()];
    [b"SSHSIG", &strings(&fields)[..]].concat()
}

/// What a key signs for our SSHSIG.
pub(crate) fn our_preimage() -> Vec<u8> {
    preimage(NAMESPACE, b"", "sha512")
}

/// What a security key signs (OpenSSH, PROTOCOL.u2f).
pub(crate) fn security_key_preimage(application: &str, flags: u8, message: &[u8]) -> Vec<u8> {
    let (application, message) =
        (digest(&SHA256, application.as_bytes()), digest(&SHA256, message));
    [application.as_ref(), &[flags, 0, 0, 0, 7], message.as_ref()].concat()
}

/// The signature blob of a security key, over any bytes.
pub(crate) fn security_key_blob(signed: &[u8], flags: u8) -> Vec<u8> {
    let signature = ed25519_pair().sign(signed);
    let blob = strings(&[SK_ED25519.as_bytes(), signature.as_ref()]);
    [&blob[..], &[flags, 0, 0, 0, 7]].concat()
}
