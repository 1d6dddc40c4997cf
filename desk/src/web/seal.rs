//! Values that the browser keeps for us and cannot change: sealed with a key that only the desk
//! has, for one purpose and a limited time.

use std::fmt;

use base64::Engine as _;
use base64::engine::general_purpose::URL_SAFE_NO_PAD;
use jiff::Timestamp;
use ring::hmac;
use ring::rand::{SecureRandom as _, SystemRandom};
use serde::de::DeserializeOwned;
use serde::{Deserialize, Serialize};

/// The fewest characters of a key. A key of fewer random characters could be guessed.
const SHORTEST: usize = 32;

/// What a value is for. A value that is sealed for one purpose is not accepted for another.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Purpose {
    /// The challenge of a sign-in.
    SignIn,
    /// A session: the cookie.
    Session,
    /// An answer that a person has been asked to sign.
    Answer,
}

impl Purpose {
    fn as_str(self) -> &'static str {
        match self {
            Self::SignIn => "sign-in",
            Self::Session => "session",
            Self::Answer => "answer",
        }
    }
}

/// The key.
pub(crate) struct Seal(hmac::Key);

impl fmt::Debug for Seal {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("Seal")
    }
}

/// Why there is no key.
#[derive(Debug, thiserror::Error)]
pub(crate) enum SealError {
    #[error(
        "DESK_COOKIE_KEY has fewer than {SHORTEST} characters; make one with `openssl rand -hex \
         32`, or leave it out"
    )]
    Short,
    #[error("the system gives no random numbers")]
    Random,
}

#[derive(Serialize, Deserialize)]
struct Sealed<T> {
    value: T,
    /// Seconds since 1970.
    until: i64,
}

impl Seal {
    /// The key of `DESK_COOKIE_KEY`, so that several processes accept each other's cookies.
    ///
    /// # Errors
    /// [`SealError::Short`] if it could be guessed.
    pub(crate) fn of_text(text: &str) -> Result<Self, SealError> {
        match text.len() < SHORTEST {
            true => Err(SealError::Short),
            false => Ok(Self(hmac::Key::new(hmac::HMAC_SHA256, text.as_bytes()))),
        }
    }

    /// A new key, for as long as this process runs.
    ///
    /// # Errors
    /// [`SealError::Random`] if the system gives no random numbers.
    pub(crate) fn random() -> Result<Self, SealError> {
        hmac::Key::generate(hmac::HMAC_SHA256, &SystemRandom::new())
            .map(Self)
            .map_err(|_| SealError::Random)
    }

    /// Seals a value. The result has only letters, digits, `-`, `_` and a dot.
    pub(super) fn close<T: Serialize>(
        &self,
        purpose: Purpose,
        value: T,
        until: Timestamp,
    ) -> Option<String> {
        let sealed = serde_json::to_vec(&Sealed { value, until: until.as_second() }).ok()?;
        let text = URL_SAFE_NO_PAD.encode(sealed);
        let tag = hmac::sign(&self.0, signed(purpose, &text).as_bytes());
        Some(format!("{text}.{}", URL_SAFE_NO_PAD.encode(tag)))
    }

    /// The value, if we sealed it for this purpose and its time is not over.
    pub(super) fn open<T: DeserializeOwned>(
        &self,
        purpose: Purpose,
        text: &str,
        now: Timestamp,
    ) -> Option<T> {
        let (text, tag) = text.split_once('.')?;
        let tag = URL_SAFE_NO_PAD.decode(tag).ok()?;
        hmac::verify(&self.0, signed(purpose, text).as_bytes(), &tag).ok()?;
        let sealed: Sealed<T> = serde_json::from_slice(&URL_SAFE_NO_PAD.decode(text).ok()?).ok()?;
        (now.as_second() < sealed.until).then_some(sealed.value)
    }
}

fn signed(purpose: Purpose, text: &str) -> String {
    format!("{} {text}", purpose.as_str())
}

/// 16 random bytes for a nonce.
pub(super) fn random() -> Result<[u8; 16], SealError> {
    let mut bytes = [0; 16];
    SystemRandom::new().fill(&mut bytes).map_err(|_| SealError::Random)?;
    Ok(bytes)
}

#[cfg(test)]
mod tests {
    use jiff::SignedDuration;

    use super::*;

    #[test]
    fn a_value_is_good_for_its_purpose_its_time_and_its_key_only() {
        let seal = Seal::random().unwrap();
        let now = Timestamp::now();
        let until = now + SignedDuration::from_secs(60);
        let sealed = seal.close(Purpose::Session, "alice", until).unwrap();
        let open = |seal: &Seal, purpose, text: &str, at| seal.open::<String>(purpose, text, at);
        assert_eq!(open(&seal, Purpose::Session, &sealed, now), Some("alice".to_owned()));
        assert_eq!(open(&seal, Purpose::SignIn, &sealed, now), None);
        assert_eq!(open(&seal, Purpose::Session, &sealed, until), None);
        assert_eq!(open(&Seal::random().unwrap(), Purpose::Session, &sealed, now), None);
        for at in 0..sealed.len() {
            let mut changed = sealed.clone().into_bytes();
            changed[at] ^= 1;
            let changed = String::from_utf8(changed).unwrap();
            assert_eq!(open(&seal, Purpose::Session, &changed, now), None, "{at}");
        }
        assert!(!format!("{seal:?}").contains("Key"));
    }

    #[test]
    fn a_key_that_could_be_guessed_is_refused() {
        assert!(matches!(Seal::of_text(&"x".repeat(31)), Err(SealError::Short)));
        assert!(Seal::of_text(&"x".repeat(32)).is_ok());
    }
}
