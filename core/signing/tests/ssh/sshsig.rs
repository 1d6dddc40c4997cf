//! The parts of an SSHSIG (OpenSSH, PROTOCOL.sshsig), for tests that change them.

use base64::Engine as _;
use base64::engine::general_purpose::STANDARD;

/// As `ssh-keygen -Y sign` writes it.
pub(crate) fn armoured(sshsig: &[u8]) -> String {
    let body = STANDARD.encode(sshsig);
    format!("-----BEGIN SSH SIGNATURE-----\n{body}\n-----END SSH SIGNATURE-----\n")
}

/// Fields of SSH's binary format: each a string.
pub(crate) fn strings<T: AsRef<[u8]>>(fields: &[T]) -> Vec<u8> {
    let mut bytes = Vec::new();
    for field in fields {
        bytes.extend(u32::try_from(field.as_ref().len()).unwrap().to_be_bytes());
        bytes.extend(field.as_ref());
    }
    bytes
}

/// The first `count` strings, and the bytes after them.
fn split(mut bytes: &[u8], count: usize) -> (Vec<Vec<u8>>, Vec<u8>) {
    let mut fields = Vec::new();
    for _ in 0..count {
        let (length, rest) = bytes.split_at(4);
        let length = u32::from_be_bytes(length.try_into().unwrap());
        let (field, rest) = rest.split_at(usize::try_from(length).unwrap());
        fields.push(field.to_vec());
        bytes = rest;
    }
    (fields, bytes.to_vec())
}

/// Strings, and bytes that are not a string.
#[derive(Clone)]
pub(crate) struct Parts {
    before: Vec<u8>,
    pub(crate) fields: Vec<Vec<u8>>,
    pub(crate) after: Vec<u8>,
}

impl Parts {
    /// The public key, the namespace, the reserved field, the hash and the signature blob.
    pub(crate) fn of_sshsig(bytes: &[u8]) -> Self {
        let (before, rest) = bytes.split_at(6 + 4);
        let (fields, after) = split(rest, 5);
        Self { before: before.to_vec(), fields, after }
    }

    /// The algorithm and the value of a signature blob. A security key's flags and counter follow.
    pub(crate) fn of_blob(bytes: &[u8]) -> Self {
        let (fields, after) = split(bytes, 2);
        Self { before: Vec::new(), fields, after }
    }

    /// The two numbers of an ECDSA signature.
    pub(crate) fn of_numbers(bytes: &[u8]) -> Self {
        let (fields, after) = split(bytes, 2);
        Self { before: Vec::new(), fields, after }
    }

    pub(crate) fn bytes(&self) -> Vec<u8> {
        [&self.before[..], &strings(&self.fields), &self.after].concat()
    }

    /// The same with other bytes after the last field.
    pub(crate) fn followed_by(&self, after: Vec<u8>) -> Self {
        Self { after, ..self.clone() }
    }

    /// The same with one field replaced.
    pub(crate) fn with(&self, place: usize, field: Vec<u8>) -> Self {
        let mut changed = self.clone();
        changed.fields[place] = field;
        changed
    }
}
