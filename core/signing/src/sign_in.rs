//! What a person signs so that the desk knows who is in front of it.

use crate::challenge::challenge;
use crate::error::BadSignature;
use crate::key::{Material, SigningKey};
use crate::nonce::Nonce;
use crate::passkey::{self, Desk};
use crate::signature::Assertion;
use crate::verify::Proof;

/// The text that lets a person in. Its first line is not that of a statement, so that it never
/// answers an approval, and no answer lets anybody in.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct SignIn(String);

impl SignIn {
    /// The text for one visit to a desk. The desk draws the nonce, and accepts it for a short time.
    #[must_use]
    pub fn new(desk: &Desk, nonce: &Nonce) -> Self {
        Self(format!("two-person-rule sign-in v1\norigin {}\nnonce {nonce}\n", desk.origin()))
    }

    /// The challenge with which a page asks for a passkey: the SHA-256 of the text, in base64url.
    #[must_use]
    pub fn challenge(&self) -> String {
        challenge(self.0.as_bytes())
    }
}

impl SigningKey {
    /// Whether this passkey signed the text, on the desk and by a verified user.
    ///
    /// # Errors
    /// [`BadSignature`] if it did not, or if the key is not a passkey.
    pub fn verify_sign_in(
        &self,
        sign_in: &SignIn,
        desk: &Desk,
        assertion: &Assertion,
    ) -> Result<Proof, BadSignature> {
        let Material::Passkey { key, .. } = &self.material else {
            return Err(BadSignature::OtherKind);
        };
        let Assertion { authenticator_data, signature, client_data_json } = assertion;
        let text = sign_in.0.as_bytes();
        let client_data = Some(client_data_json.as_slice());
        passkey::verify(key, desk, text, authenticator_data, signature, client_data)
            .map(Proof::of_passkey)
    }
}
