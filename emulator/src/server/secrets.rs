//! The secrets of the account.

use std::collections::BTreeMap;
use std::fmt;

use crate::engine::Settings;

/// Secrets Manager ends the ARN of a secret with a hyphen and six random characters. These are the
/// same each time, so that an environment variable can name the secret.
const SUFFIX: &str = "-000000";

/// The texts of secrets, by name.
#[derive(Clone, Default)]
pub struct Secrets(BTreeMap<String, String>);

impl Secrets {
    /// Adds a secret. Returns whether its name is new.
    pub fn add(&mut self, name: &str, text: String) -> bool {
        self.0.insert(name.to_owned(), text).is_none()
    }

    /// The text of a secret.
    pub(super) fn find(&self, name: &str) -> Option<&String> {
        self.0.get(name)
    }
}

impl fmt::Debug for Secrets {
    // Not derived, because the texts are secret.
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_set().entries(self.0.keys()).finish()
    }
}

/// The name in the id of a secret: its name, or its ARN with or without the random characters.
pub(super) fn name(id: &str) -> &str {
    let name = id.split_once(":secret:").map_or(id, |(_, resource)| resource);
    name.strip_suffix(SUFFIX).unwrap_or(name)
}

/// The ARN of a secret.
pub(super) fn arn(settings: &Settings, name: &str) -> String {
    let Settings { partition, region, account_id, .. } = settings;
    format!("arn:{partition}:secretsmanager:{region}:{account_id}:secret:{name}{SUFFIX}")
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_texts_are_never_printed() {
        let mut secrets = Secrets::default();
        assert!(secrets.add("forge", "s3cret".to_owned()));
        assert!(!secrets.add("forge", "s3cret".to_owned()));
        assert_eq!(format!("{secrets:?}"), r#"{"forge"}"#);
    }
}
