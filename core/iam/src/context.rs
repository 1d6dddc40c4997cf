//! The known part of a request's context.
//!
//! Names of condition keys are not case-sensitive: IAM User Guide, "IAM JSON policy elements:
//! Condition".

use std::collections::BTreeMap;

use jiff::Timestamp;

/// The known part of a request's context.
///
/// A fact about a key itself beats one about a prefix of it, a longer prefix beats a shorter one,
/// and any of them beats the default of the context.
#[derive(Clone, Debug, Default)]
pub struct Context {
    keys: BTreeMap<String, Value>,
    /// By prefix: whether the keys that begin with it are absent. If not, they are unknown.
    absent_prefixes: BTreeMap<String, bool>,
    complete: bool,
}

/// What is known about one key.
#[derive(Clone, Debug, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub enum Value {
    /// The key is not in the request.
    Absent,
    /// The key is in the request, with these values: at least one.
    Known(Vec<String>),
    /// The key is in the request, with one value that begins like this. The rest is unknown.
    Beginning(String),
    /// The key is in the request, with a date that is not before this one.
    Since(Timestamp),
    /// The key is in the request, with unknown values.
    Present,
    /// Not even whether the key is in the request is known.
    Unknown,
}

impl Context {
    /// Every key is unknown.
    #[must_use]
    pub fn new() -> Self {
        Self::default()
    }

    /// For a concrete request: every key that is not set is absent.
    #[must_use]
    pub fn complete() -> Self {
        Self { complete: true, ..Self::default() }
    }

    /// The key is in the request, with these values.
    ///
    /// A key with no value counts as absent: the null data set of the IAM User Guide, "Set
    /// operators for multivalued context keys".
    pub fn set(&mut self, key: &str, values: impl IntoIterator<Item = String>) {
        let values: Vec<String> = values.into_iter().collect();
        let known = if values.is_empty() { Value::Absent } else { Value::Known(values) };
        self.keys.insert(name(key), known);
    }

    /// The key is not in the request.
    pub fn absent(&mut self, key: &str) {
        self.keys.insert(name(key), Value::Absent);
    }

    /// The key is in the request, with one value that begins like this.
    pub fn begins(&mut self, key: &str, beginning: String) {
        self.keys.insert(name(key), Value::Beginning(beginning));
    }

    /// The key is in the request, with a date that is not before this one.
    pub fn since(&mut self, key: &str, first: Timestamp) {
        self.keys.insert(name(key), Value::Since(first));
    }

    /// The key is in the request, with an unknown value.
    pub fn present(&mut self, key: &str) {
        self.keys.insert(name(key), Value::Present);
    }

    /// It is not known whether the key is in the request.
    pub fn unknown(&mut self, key: &str) {
        self.keys.insert(name(key), Value::Unknown);
    }

    /// No key that begins with the prefix, e.g. `aws:PrincipalTag/`, is in the request, except
    /// those that are set one by one.
    pub fn absent_prefix(&mut self, prefix: &str) {
        self.absent_prefixes.insert(name(prefix), true);
    }

    /// Every key that begins with the prefix is unknown, except those that are set one by one.
    pub fn unknown_prefix(&mut self, prefix: &str) {
        self.absent_prefixes.insert(name(prefix), false);
    }

    /// What is known about a key.
    #[must_use]
    pub fn get(&self, key: &str) -> &Value {
        let key = name(key);
        match self.keys.get(&key) {
            Some(value) => value,
            None if self.is_absent_by_prefix(&key) => &Value::Absent,
            None => &Value::Unknown,
        }
    }

    fn is_absent_by_prefix(&self, key: &str) -> bool {
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
    fn the_nearest_fact_counts() {
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
            ("AWS:PrincipalTag/SLOT", Value::Known(vec!["A".to_owned()])),
            ("aws:PrincipalTag/Team", Value::Absent),
            ("aws:PrincipalTag/SAML-Team", Value::Unknown),
            ("aws:TagKeys", Value::Absent),
            ("aws:sourceip", Value::Present),
            ("aws:viaawsservice", Value::Absent),
            ("aws:username", Value::Unknown),
            ("lambda:FunctionArn", Value::Unknown),
            ("lambda:Layer", Value::Absent),
        ] {
            assert_eq!(*context.get(key), value, "{key}");
        }
        assert_eq!(*Context::new().get("aws:username"), Value::Unknown);
    }
}
