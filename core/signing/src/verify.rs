//! Whether a signature is good.

use crate::error::BadSignature;
use crate::key::{KeyKind, Material, SigningKey};
use crate::passkey::{self, Authenticator, Desk};
use crate::signature::{Body, Signature};
use crate::statement::{Approval, Statement};

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
    pub(crate) fn of_passkey(authenticator: Authenticator) -> Self {
        Self {
            kind: KeyKind::Passkey,
            user_verified: true,
            backup_eligible: Some(authenticator.backup_eligible),
            backed_up: Some(authenticator.backed_up),
            counter: Some(authenticator.counter),
        }
    }

    /// Whether the key cannot leave its device, as far as its kind and its device say so. A key on
    /// disk can be copied. Software can pretend to be a device: that a key is on one has to be seen
    /// when it is enrolled.
    #[must_use]
    pub fn is_device_bound(&self) -> bool {
        match self.kind {
            KeyKind::Passkey => self.backup_eligible == Some(false),
            KeyKind::SshSecurityKey => true,
            KeyKind::Ssh => false,
        }
    }
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
                let text = statement.as_bytes();
                let client_data = client_data.as_deref();
                passkey::verify(key, desk, text, authenticator_data, signature, client_data)
                    .map(Proof::of_passkey)
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
