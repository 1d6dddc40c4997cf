//! A good signature, as the decision record and the messages show it.

use serde::{Serialize, Serializer};
use signing::KeyKind;

/// A good signature, as the record shows it.
#[derive(Clone, Debug, PartialEq, Serialize)]
#[serde(rename_all = "camelCase")]
#[non_exhaustive]
#[cfg_attr(feature = "schema", derive(schemars::JsonSchema))]
pub struct SignatureRecord {
    /// The id of the key.
    pub key_id: String,
    /// The person that the rule gives the key to.
    pub signer: String,
    /// What holds the key: `passkey`, `ssh` or `ssh-security-key`.
    #[serde(serialize_with = "kind")]
    #[cfg_attr(
        feature = "schema",
        schemars(
            with = "String",
            extend("enum" = ["passkey", "ssh", "ssh-security-key"])
        )
    )]
    pub kind: KeyKind,
    /// Whether the key cannot leave its device, as far as the device says so.
    pub device_bound: bool,
    /// Whether the device verified its user by a PIN or a biometric.
    pub user_verified: bool,
    /// Whether a passkey may be synced to other devices.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backup_eligible: Option<bool>,
    /// Whether a passkey has been synced.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub backed_up: Option<bool>,
    /// The device's counter of signatures, often 0.
    #[serde(skip_serializing_if = "Option::is_none")]
    pub counter: Option<u32>,
}

impl SignatureRecord {
    /// The key and what is known about it: `alice's passkey 1n32_e5Sm14, device-bound`.
    #[must_use]
    pub fn describe(&self) -> String {
        let reach = match (self.kind, self.device_bound, self.backed_up) {
            (_, true, _) => "device-bound",
            (KeyKind::Passkey, false, Some(true)) => "synced",
            (KeyKind::Passkey, false, _) => "may be synced",
            (KeyKind::Ssh | KeyKind::SshSecurityKey, false, _) => "can be copied",
        };
        format!("{} {}, {reach}", self.label(), self.key_id)
    }

    /// What made the signature, in words: `alice's passkey`.
    pub(crate) fn label(&self) -> String {
        let kind = match self.kind {
            KeyKind::Passkey => "passkey",
            KeyKind::Ssh => "SSH key",
            KeyKind::SshSecurityKey => "SSH security key",
        };
        format!("{}'s {kind}", self.signer)
    }
}

fn kind<S: Serializer>(kind: &KeyKind, serializer: S) -> Result<S::Ok, S::Error> {
    serializer.serialize_str(kind.as_str())
}
