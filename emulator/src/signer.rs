//! A human with a signing key, for the demo and the tests.

use std::error::Error;

use ring::rand::{SecureRandom as _, SystemRandom};
use ring::signature::{Ed25519KeyPair, KeyPair as _};
use signing::{Nonce, Signature, SigningKey, Statement};

/// An SSH key of a human. The private half never leaves this process.
#[derive(Debug)]
pub struct Signer {
    key: SigningKey,
    pair: Ed25519KeyPair,
}

impl Signer {
    /// Generates a key.
    ///
    /// # Errors
    /// If the system has no random bytes.
    pub fn generate() -> Result<Self, Box<dyn Error>> {
        let pair = Ed25519KeyPair::from_seed_unchecked(&random::<32>()?)
            .map_err(|rejected| rejected.to_string())?;
        let key = SigningKey::ed25519(pair.public_key().as_ref())?;
        Ok(Self { key, pair })
    }

    /// The public half, for the rule.
    #[must_use]
    pub fn key(&self) -> &SigningKey {
        &self.key
    }

    /// Signs a statement. The signature is a word for the comment.
    #[must_use]
    pub fn sign(&self, statement: &Statement) -> Signature {
        let signature = self.pair.sign(&statement.sshsig_bytes());
        Signature::from_ed25519(self.key.id(), statement, signature.as_ref())
    }
}

/// Draws a nonce.
///
/// # Errors
/// If the system has no random bytes.
pub fn nonce() -> Result<Nonce, Box<dyn Error>> {
    Ok(Nonce::new(random()?))
}

fn random<const N: usize>() -> Result<[u8; N], Box<dyn Error>> {
    let mut bytes = [0; N];
    SystemRandom::new().fill(&mut bytes).map_err(|_| "the system has no random bytes")?;
    Ok(bytes)
}
