//! Why a signature is bad.

use crate::statement::StatementError;

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
    #[error(
        "it is of another execution, action, attempt, answer or revision, or was changed on the way"
    )]
    NotSigned,
}
