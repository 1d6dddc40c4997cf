//! Texts that passed a check.

use crate::shown;

/// Why a text is not the wanted kind of name.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
#[error("`{}` is not {wanted}", shown(text))]
pub struct NameError {
    text: String,
    wanted: &'static str,
}

impl NameError {
    /// `wanted` completes the sentence "`text` is not …", for example "an account: 12 digits".
    #[must_use]
    pub fn new(text: &str, wanted: &'static str) -> Self {
        Self { text: text.to_owned(), wanted }
    }
}

/// Declares a type that owns a text which passed a check.
///
/// [`FromStr`](std::str::FromStr) and `Deserialize` make values and check them. A value derefs to
/// `str`. `is_valid` only checks. The text after the name completes the error message "`text`
/// is not …".
///
/// ```
/// names::checked_text!(
///     /// A name that is easy to shout.
///     pub Shout,
///     "a shout: letters A-Z",
///     |text| !text.is_empty() && text.bytes().all(|b| b.is_ascii_uppercase())
/// );
///
/// let shout: Shout = "HEY".parse()?;
/// assert_eq!(&*shout, "HEY");
/// assert_eq!(
///     "hey".parse::<Shout>().unwrap_err().to_string(),
///     "`hey` is not a shout: letters A-Z"
/// );
/// # Ok::<(), names::NameError>(())
/// ```
#[macro_export]
macro_rules! checked_text {
    ($(#[$meta:meta])* $vis:vis $name:ident, $wanted:literal, $check:expr) => {
        $(#[$meta])*
        #[derive(Clone, Debug, PartialEq, Eq, PartialOrd, Ord, Hash)]
        $vis struct $name(String);

        #[allow(
            dead_code,
            clippy::allow_attributes,
            reason = "not every type needs every function of the macro"
        )]
        impl $name {
            /// Whether a text passes the check of this type.
            #[must_use]
            $vis fn is_valid(text: &str) -> bool {
                let check: fn(&str) -> bool = $check;
                check(text)
            }

            /// The text.
            #[must_use]
            $vis fn as_str(&self) -> &str {
                &self.0
            }
        }

        impl ::std::ops::Deref for $name {
            type Target = str;

            fn deref(&self) -> &str {
                &self.0
            }
        }

        impl AsRef<str> for $name {
            fn as_ref(&self) -> &str {
                &self.0
            }
        }

        impl ::std::borrow::Borrow<str> for $name {
            fn borrow(&self) -> &str {
                &self.0
            }
        }

        impl ::std::fmt::Display for $name {
            fn fmt(&self, f: &mut ::std::fmt::Formatter<'_>) -> ::std::fmt::Result {
                f.pad(&self.0)
            }
        }

        impl ::std::str::FromStr for $name {
            type Err = $crate::NameError;

            fn from_str(text: &str) -> Result<Self, $crate::NameError> {
                if Self::is_valid(text) {
                    Ok(Self(text.to_owned()))
                } else {
                    Err($crate::NameError::new(text, $wanted))
                }
            }
        }

        impl TryFrom<String> for $name {
            type Error = $crate::NameError;

            fn try_from(text: String) -> Result<Self, $crate::NameError> {
                text.parse()
            }
        }

        impl From<$name> for String {
            fn from(text: $name) -> Self {
                text.0
            }
        }

        impl PartialEq<str> for $name {
            fn eq(&self, other: &str) -> bool {
                self.0 == other
            }
        }

        impl PartialEq<&str> for $name {
            fn eq(&self, other: &&str) -> bool {
                self.0 == *other
            }
        }

        impl<'de> $crate::serde::Deserialize<'de> for $name {
            fn deserialize<D>(deserializer: D) -> Result<Self, D::Error>
            where
                D: $crate::serde::Deserializer<'de>,
            {
                let text = <String as $crate::serde::Deserialize>::deserialize(deserializer)?;
                Self::try_from(text).map_err($crate::serde::de::Error::custom)
            }
        }

        impl $crate::serde::Serialize for $name {
            fn serialize<S>(&self, serializer: S) -> Result<S::Ok, S::Error>
            where
                S: $crate::serde::Serializer,
            {
                serializer.serialize_str(&self.0)
            }
        }
    };
}

#[cfg(test)]
mod tests {
    use crate::AccountId;

    #[test]
    fn a_checked_text_is_checked_however_it_is_made() {
        let id: AccountId = serde_json::from_str(r#""111122223333""#).unwrap();
        assert_eq!(id, "111122223333");
        assert_eq!(serde_json::to_string(&id).unwrap(), r#""111122223333""#);
        let error = serde_json::from_str::<AccountId>(r#""1111""#).unwrap_err().to_string();
        assert!(error.starts_with("`1111` is not an account: 12 digits"), "{error}");
        assert!(AccountId::try_from("1111".to_owned()).is_err());
    }

    #[test]
    fn an_error_escapes_control_characters() {
        let error = "\u{1b}[2K".parse::<AccountId>().unwrap_err().to_string();
        assert_eq!(error, "`\\u{1b}[2K` is not an account: 12 digits");
    }
}
