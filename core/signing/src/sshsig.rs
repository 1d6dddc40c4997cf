//! The output of `ssh-keygen -Y sign`: an armoured SSHSIG (OpenSSH, PROTOCOL.sshsig).

use crate::encoding::from_base64;
use crate::key::SigningKey;
use crate::signature::Signature;
use crate::ssh::{HASH, MAGIC, NAMESPACE};
use crate::statement::Statement;
use crate::wire::Reader;

const BEGIN: &str = "-----BEGIN SSH SIGNATURE-----";
const END: &str = "-----END SSH SIGNATURE-----";
const VERSION: u32 = 1;

/// Why the output of `ssh-keygen -Y sign` cannot become a signature.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum SshsigError {
    /// Another file, or only a part of it.
    #[error(
        "it is not the output of `ssh-keygen -Y sign`, which begins with `{BEGIN}` and ends with \
         `{END}`"
    )]
    NotArmoured,
    /// The text between the two lines has been changed or cut off.
    #[error("the SSH signature is malformed: sign again with `ssh-keygen -Y sign`")]
    Form,
    /// A newer OpenSSH may write others.
    #[error("the SSH signature has version {0} of its format, and only version {VERSION} is known")]
    Version(u32),
    /// Another key of the same person, perhaps.
    #[error(
        "the SSH signature was made with another key than {0}: give `ssh-keygen -Y sign -f` the \
         private key, or the `.pub` file, of that key"
    )]
    OtherKey(String),
    /// It was made for another purpose, such as a Git commit.
    #[error(
        "the SSH signature is for the namespace `{}`: sign with `-n {NAMESPACE}`", .0.escape_debug()
    )]
    Namespace(String),
    /// OpenSSH offers sha256 and sha512, its default.
    #[error(
        "the SSH signature uses the hash `{}`: sign with `-O hashalg=sha512`", .0.escape_debug()
    )]
    Hash(String),
}

impl Signature {
    /// Reads what `ssh-keygen -Y sign -n two-person-rule` wrote about a statement. Whether the
    /// signature is good is for [`SigningKey::verify`] to say.
    ///
    /// # Errors
    /// [`SshsigError`] if the text is not an SSHSIG, or not one by `key` for our namespace.
    pub fn from_sshsig(
        key: &SigningKey,
        statement: &Statement,
        armoured: &str,
    ) -> Result<Self, SshsigError> {
        let body = armoured.trim().strip_prefix(BEGIN).and_then(|rest| rest.strip_suffix(END));
        let body: String = body.ok_or(SshsigError::NotArmoured)?.split_whitespace().collect();
        let bytes = from_base64(&body).ok_or(SshsigError::Form)?;
        let blob = signature_blob(key, &bytes)?;
        Ok(Self::from_ssh(key.id(), statement, blob.to_owned()))
    }
}

fn signature_blob<'a>(key: &SigningKey, sshsig: &'a [u8]) -> Result<&'a [u8], SshsigError> {
    let mut reader = Reader(sshsig.strip_prefix(MAGIC).ok_or(SshsigError::Form)?);
    let version = reader.number().ok_or(SshsigError::Form)?;
    if version != VERSION {
        return Err(SshsigError::Version(version));
    }
    let mut string = || reader.string().ok_or(SshsigError::Form);
    let (public_key, namespace, reserved, hash, blob) =
        (string()?, string()?, string()?, string()?, string()?);
    if !reserved.is_empty() || blob.is_empty() || !reader.is_at_end() {
        return Err(SshsigError::Form);
    }
    let text = |bytes| String::from_utf8_lossy(bytes).into_owned();
    if key.ssh_blob() != Some(public_key) {
        return Err(SshsigError::OtherKey(key.to_string()));
    }
    if namespace != NAMESPACE.as_bytes() {
        return Err(SshsigError::Namespace(text(namespace)));
    }
    if hash != HASH {
        return Err(SshsigError::Hash(text(hash)));
    }
    Ok(blob)
}
