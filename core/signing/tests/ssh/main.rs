//! SSH signatures and the real `ssh-keygen`: both accept and refuse the same signatures.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it runs ssh-keygen, which reads files"
)]

mod keygen;
mod output;
mod security_key;

use signing::{Nonce, Signature, Statement};

use keygen::{APPROVAL, Keygen};

/// The most changed signatures of each type.
const CHANGES: usize = 400;

/// Where the signature blob, an SSH string, begins in an SSHSIG: after the magic, the version, the
/// public key, the namespace, the reserved field and the hash (OpenSSH, PROTOCOL.sshsig).
fn blob_start(sshsig: &[u8]) -> usize {
    let mut at = 6 + 4;
    for _ in 0..4 {
        let length: [u8; 4] = sshsig[at..at + 4].try_into().unwrap();
        at += 4 + usize::try_from(u32::from_be_bytes(length)).unwrap();
    }
    at + 4
}

#[test]
fn ssh_keygen_and_we_agree() {
    for kind in ["ed25519", "ecdsa"] {
        let keygen = Keygen::new(kind);
        let key = keygen.public();
        let nonce = Nonce::new([7; 16]);
        let statement = Statement::new(&APPROVAL, &nonce).unwrap();
        let sshsig = keygen.sign(&statement);
        let start = blob_start(&sshsig);
        let verify = |blob: &[u8]| {
            let signature = Signature::from_ssh(key.id(), &statement, blob.to_owned());
            key.verify(&APPROVAL, &signature, None).is_ok()
        };
        assert!(verify(&sshsig[start..]) && keygen.verifies(&statement, &sshsig), "{kind}");

        // One bit each, all over the blob, its lengths and its algorithm included.
        let bits = (sshsig.len() - start) * 8;
        for change in 0..CHANGES.min(bits) {
            let bit = change * bits / CHANGES.min(bits);
            let mut changed = sshsig.clone();
            changed[start + bit / 8] ^= 1 << (bit % 8);
            let ours = verify(&changed[start..]);
            assert_eq!(ours, keygen.verifies(&statement, &changed), "{kind}: bit {bit}");
        }
    }
}
