//! What is known of the context of a request.
//!
//! Names of condition keys are not case-sensitive: IAM User Guide, "IAM JSON policy elements:
//! Condition".

use std::collections::BTreeMap;

/// What is known of a request's context.
///
/// What is said of a key itself goes before what is said of a prefix of it, a longer prefix before
/// a shorter one, and any of them before what the context was made with.
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: BTreeMap<String, Knowledge>,
    /// Whether the keys that begin so are absent; unknown otherwise.
    absent_prefixes: BTreeMap<String, bool>,
    complete: bool,
}

#[derive(Clone, Debug)]
enum Knowledge {
    Absent,
    Known(Vec<String>),
    Present,
    Unknown,
}

/// What is known of one key.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Value<'a> {
    /// It is not in the request.
    Absent,
    /// It is in the request, with these values: at least one.
    Known(&'a [String]),
    /// It is in the request, with a value or values that nobody knows yet.
    Present,
    /// Not even whether it is in the request.
    Unknown,
}

impl Context {
    /// Knows nothing: every key is unknown.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a whole, concrete request: every key that is not set is absent.
    #[must_use]
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// The key is in the request, with this value or these values.
    ///
    /// A key with no value counts as absent: the null data set of IAM User Guide, "Set operators
    /// for multivalued context keys".
    pub fn set(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        let known = if values.is_empty() { Knowledge::Absent } else { Knowledge::Known(values) };
        self.keys.insert(name(key), known);
    }

    /// The key is not in the request.
    pub fn absent(&mut self, key: &str) {
        self.keys.insert(name(key), Knowledge::Absent);
    }

    /// The key is in the request, with a value that is not known before.
    pub fn present(&mut self, key: &str) {
        self.keys.insert(name(key), Knowledge::Present);
    }

    /// Whether the key is in the request is not known before.
    pub fn unknown(&mut self, key: &str) {
        self.keys.insert(name(key), Knowledge::Unknown);
    }

    /// No key that begins so, e.g. `aws:PrincipalTag/`, is in the request but those that are said
    /// to be.
    pub fn absent_prefix(&mut self, prefix: &str) {
        self.absent_prefixes.insert(name(prefix), true);
    }

    /// Nothing is known of the keys that begin so but of those of which something is said.
    pub fn unknown_prefix(&mut self, prefix: &str) {
        self.absent_prefixes.insert(name(prefix), false);
    }

    /// What is known of a key.
    #[must_use]
    pub fn get(&self, key: &str) -> Value<'_> {
        let key = name(key);
        match self.keys.get(&key) {
            Some(Knowledge::Absent) => Value::Absent,
            Some(Knowledge::Known(values)) => Value::Known(values),
            Some(Knowledge::Present) => Value::Present,
            Some(Knowledge::Unknown) => Value::Unknown,
            None if self.says_absent(&key) => Value::Absent,
            None => Value::Unknown,
        }
    }

    fn says_absent(&self, key: &str) -> bool {
        let prefixes = self.absent_prefixes.iter().filter(|(prefix, _)| key.starts_with(*prefix));
        prefixes.max_by_key(|(prefix, _)| prefix.len()).map_or(self.complete, |(_, absent)| *absent)
    }
}

fn name(key: &str) -> String {
    key.to_lowercase()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn the_nearest_word_counts() {
        let mut context = Context::complete();
        context.unknown_prefix("aws:");
        context.absent_prefix("aws:PrincipalTag/");
        context.unknown_prefix("aws:PrincipalTag/saml-");
        context.set("aws:principaltag/Slot", ["A".to_owned()]);
        context.set("aws:TagKeys", []);
        context.present("aws:SourceIp");
        context.absent("aws:ViaAWSService");
        context.unknown("lambda:FunctionArn");
        for (key, value) in [
            ("AWS:PrincipalTag/SLOT", Value::Known(&["A".to_owned()][..])),
            ("aws:PrincipalTag/Team", Value::Absent),
            ("aws:PrincipalTag/SAML-Team", Value::Unknown),
            ("aws:TagKeys", Value::Absent),
            ("aws:sourceip", Value::Present),
            ("aws:viaawsservice", Value::Absent),
            ("aws:username", Value::Unknown),
            ("lambda:FunctionArn", Value::Unknown),
            ("lambda:Layer", Value::Absent),
        ] {
            assert_eq!(context.get(key), value, "{key}");
        }
        assert_eq!(Context::new().get("aws:username"), Value::Unknown);
    }
}
