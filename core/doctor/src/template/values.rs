//! Values that a template leaves open, as the user gives them.

use std::collections::BTreeMap;
use std::str::FromStr;

/// What the names in a template stand for: parameters, resources (`GateFunction`), their attributes
/// (`GateFunction.Arn`), exported values, and pseudo parameters (`AWS::Region`).
#[derive(Clone, Debug, Default)]
pub struct Values(BTreeMap<String, String>);

/// One such value: `NAME=VALUE`.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct NamedValue {
    name: String,
    value: String,
}

/// A text that gives no value.
#[derive(Clone, Debug, thiserror::Error)]
#[error("`{0}` is not NAME=VALUE")]
pub struct ValuesError(String);

impl FromStr for NamedValue {
    type Err = ValuesError;

    fn from_str(text: &str) -> Result<Self, ValuesError> {
        match text.split_once('=') {
            Some((name, value)) if !name.is_empty() => {
                Ok(Self { name: name.to_owned(), value: value.to_owned() })
            }
            Some(_) | None => Err(ValuesError(text.to_owned())),
        }
    }
}

impl FromIterator<NamedValue> for Values {
    fn from_iter<T: IntoIterator<Item = NamedValue>>(values: T) -> Self {
        Self(values.into_iter().map(|NamedValue { name, value }| (name, value)).collect())
    }
}

impl Values {
    /// The value of a name, if the user gives it.
    pub(crate) fn get(&self, name: &str) -> Option<&str> {
        self.0.get(name).map(String::as_str)
    }
}
