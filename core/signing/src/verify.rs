//! Whether a signature is good.

use ring::signature::{UnparsedPublicKey, VerificationAlgorithm};

use crate::key::{KeyKind, Material, SigningKey};
use crate::passkey::{self, Desk};
use crate::signature::{Body, Signature};
use crate::statement::{Approval, Statement, StatementError};

/// What a good signature shows about its key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub struct Proof {
    /// What holds the key.
    pub kind: KeyKind,
    /// Whether the device verified its user, by a PIN or a biometric. `false` for SSH keys on disk:
    /// a signature does not show whether a passphrase protects the key.
    pub user_verified: bool,
    /// Whether a passkey may be synced to other devices. `None` for SSH keys.
    pub backup_eligible: Option<bool>,
    /// Whether a passkey has been synced. `None` for SSH keys.
    pub backed_up: Option<bool>,
    /// The device's counter of signatures, often 0. `None` for SSH keys on disk.
    pub counter: Option<u32>,
}

impl Proof {
    /// Whether the key cannot leave its device, as far as the device says so. A key on disk can be
    /// copied.
    #[must_use]
    pub fn is_device_bound(&self) -> bool {
        match self.kind {
            KeyKind::Passkey => self.backup_eligible == Some(false),
            KeyKind::SshSecurityKey => true,
            KeyKind::Ssh => false,
        }
    }
}

/// Why a signature does not count.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum BadSignature {
    /// No statement can be written about the approval.
    #[error(transparent)]
    Statement(#[from] StatementError),
    /// The signature names another key.
    #[error("the signature is of another key")]
    OtherKey,
    /// A passkey's signature for an SSH key, the reverse, or another algorithm.
    #[error("the signature is of another kind than its key")]
    OtherKind,
    /// The parts of the signature are not what their format says.
    #[error("the signature is malformed")]
    Form,
    /// A browser does not write this for an assertion on the desk's page.
    #[error("the browser's data (clientDataJSON) is not that of an answer on the desk's page")]
    ClientData,
    /// It was made for another answer, attempt, revision or nonce.
    #[error("the signature is of another statement")]
    OtherStatement,
    /// It was made on another site: somebody may have been tricked.
    #[error("the passkey was used on another site than the desk")]
    OtherSite,
    /// Nobody touched the device.
    #[error("nobody was present when the key signed")]
    NobodyPresent,
    /// The device did not verify its user.
    #[error("the device did not verify its user, by a PIN or a biometric")]
    NotVerified,
    /// Passkeys need to know where they may be used.
    #[error("the rule has no `desk`, which passkeys need")]
    NoDesk,
    /// The key did not sign this statement.
    #[error("the key did not sign this statement")]
    NotSigned,
}

impl SigningKey {
    /// Whether the signature is this key's, over exactly this answer.
    ///
    /// INVARIANT (fail closed): the statement comes from the caller's facts. Only the nonce comes
    /// from the signature, and it says nothing about the approval.
    ///
    /// # Errors
    /// [`BadSignature`] if it is not, or if a passkey was not used on the desk by a verified user.
    pub fn verify(
        &self,
        approval: &Approval<'_>,
        signature: &Signature,
        desk: Option<&Desk>,
    ) -> Result<Proof, BadSignature> {
        if signature.key_id() != self.id() {
            return Err(BadSignature::OtherKey);
        }
        let statement = Statement::new(approval, signature.nonce())?;
        match (&self.material, signature.body()) {
            (
                Material::Passkey { key, .. },
                Body::Passkey { authenticator_data, signature, client_data },
            ) => {
                let desk = desk.ok_or(BadSignature::NoDesk)?;
                let client_data = client_data.as_deref();
                let assertion = passkey::verify(
                    key,
                    desk,
                    &statement,
                    authenticator_data,
                    signature,
                    client_data,
                )?;
                Ok(Proof {
                    kind: KeyKind::Passkey,
                    user_verified: true,
                    backup_eligible: Some(assertion.backup_eligible),
                    backed_up: Some(assertion.backed_up),
                    counter: Some(assertion.counter),
                })
            }
            (Material::Ssh(key), Body::Ssh(blob)) => {
                let touch = key.verify(statement.as_bytes(), blob)?;
                Ok(Proof {
                    kind: self.kind(),
                    user_verified: touch.is_some_and(|touch| touch.user_verified),
                    backup_eligible: None,
                    backed_up: None,
                    counter: touch.map(|touch| touch.counter),
                })
            }
            (Material::Passkey { .. } | Material::Ssh(_), Body::Passkey { .. } | Body::Ssh(_)) => {
                Err(BadSignature::OtherKind)
            }
        }
    }
}

/// Verifies with `ring`.
pub(crate) fn verified(
    algorithm: &'static dyn VerificationAlgorithm,
    key: &[u8],
    signed: &[u8],
    signature: &[u8],
) -> Result<(), BadSignature> {
    UnparsedPublicKey::new(algorithm, key)
        .verify(signed, signature)
        .map_err(|_| BadSignature::NotSigned)
}
