//! SSH signatures and the real `ssh-keygen`.

#![cfg(test)]
#![expect(
    clippy::disallowed_methods,
    clippy::disallowed_types,
    reason = "it runs ssh-keygen, which reads files"
)]

mod agreement;
mod keygen;
mod output;
mod security_key;
mod sshsig;
