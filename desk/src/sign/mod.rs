//! Signs answers with the approver's own key.

mod choose;
mod rehearsal;
mod ssh;

use std::path::{Path, PathBuf};

use ring::rand::{SecureRandom as _, SystemRandom};
use rule::Rule;
use signing::{Approval, KeyError, Nonce, Signature, SigningKey, Statement};

pub(crate) use choose::{KeyChoice, NoKey, choose};
pub(crate) use rehearsal::{Rehearsal, StandIn, rehearse};
use ssh::SshError;
pub(crate) use ssh::agent_keys;

/// Why an answer is not signed.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SignError {
    #[error(transparent)]
    NoKey(#[from] NoKey),
    #[error(transparent)]
    Ssh(#[from] SshError),
    #[error("`{path}` is not a key that can sign answers")]
    Key { path: PathBuf, source: KeyError },
    #[error("no statement can be written about this approval")]
    Statement(#[from] signing::StatementError),
    #[error("the output of `ssh-keygen` is not a signature of this answer")]
    Sshsig(#[from] signing::SshsigError),
    #[error("the signature of `ssh-keygen` is not good, so it was not sent")]
    Bad(#[from] signing::BadSignature),
    #[error("the system gives no random numbers")]
    Random,
    #[error("the public key could not be written to a temporary file for `ssh-keygen`")]
    Temporary(#[from] std::io::Error),
}

/// A key to sign with, and the file through which `ssh-keygen` finds it.
#[derive(Debug)]
pub(crate) struct Signer {
    pub(crate) key: SigningKey,
    file: KeyFile,
}

#[derive(Debug)]
enum KeyFile {
    /// The file of `--key`.
    Given(PathBuf),
    /// The public half of a key in the agent.
    Public(tempfile::NamedTempFile),
}

impl Signer {
    /// The key of a file.
    ///
    /// # Errors
    /// [`SignError`] if it cannot be read, or cannot sign answers.
    pub(crate) fn from_file(path: &Path) -> Result<Self, SignError> {
        let line = ssh::public_half(path)?;
        let key = line.trim().parse();
        let key = key.map_err(|source| SignError::Key { path: path.to_owned(), source })?;
        Ok(Self { key, file: KeyFile::Given(path.to_owned()) })
    }

    /// A key whose private half the agent holds.
    ///
    /// # Errors
    /// [`SignError::Temporary`] if its public half cannot be written for `ssh-keygen`.
    pub(crate) fn in_agent(key: SigningKey) -> Result<Self, SignError> {
        let file = tempfile::Builder::new().prefix("desk-").suffix(".pub").tempfile()?;
        std::fs::write(file.path(), format!("{key}\n"))?;
        Ok(Self { key, file: KeyFile::Public(file) })
    }

    /// Signs an answer, and verifies the signature as the gate will.
    ///
    /// # Errors
    /// [`SignError`] if the key does not sign, or the signature is not good.
    pub(crate) fn sign(
        &self,
        approval: &Approval<'_>,
        rule: &Rule,
    ) -> Result<Signature, SignError> {
        let statement = Statement::new(approval, &nonce()?)?;
        let path = match &self.file {
            KeyFile::Given(path) => path.as_path(),
            KeyFile::Public(file) => file.path(),
        };
        let armoured = ssh::sign(path, &statement)?;
        let signature = Signature::from_sshsig(&self.key, &statement, &armoured)?;
        self.key.verify(approval, &signature, rule.desk())?;
        Ok(signature)
    }
}

fn nonce() -> Result<Nonce, SignError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SignError::Random)?;
    Ok(Nonce::new(bytes))
}
