//! Conditions of statements: an operator, a key and the wanted values.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple
//! context keys or values" and "Set operators for multivalued context keys".

mod arn;
mod date;
mod error;
mod exclusive;
mod network;
mod number;
mod operator;
mod wanted;

use std::fmt;

pub use self::error::ConditionError;
use self::operator::{Operator, Set};
use self::wanted::Wanted;
use crate::context::{Context, Value};
use crate::template::Piece;
use crate::truth::Truth;

/// One operator with one key of a `Condition` block.
///
/// Its display is for people: `Bool aws:MultiFactorAuthPresent = true`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    operator: Operator,
    key: String,
    wanted: Wanted,
    /// The operator and the values, as written.
    written: (String, Vec<String>),
}

impl Condition {
    /// Reads a condition. With `variables`, `${...}` in the values of string, ARN and `Bool`
    /// operators are policy variables: so it is in policies of Version 2012-10-17.
    ///
    /// # Errors
    /// [`ConditionError`] if the operator is unknown, the key empty, or a value malformed.
    pub fn parse(
        operator: &str,
        key: &str,
        values: &[String],
        variables: bool,
    ) -> Result<Self, ConditionError> {
        let parsed = Operator::parse(operator)
            .ok_or_else(|| ConditionError::Operator(operator.to_owned()))?;
        if key.trim().is_empty() {
            return Err(ConditionError::Key(operator.to_owned()));
        }
        Ok(Self {
            wanted: Wanted::parse(parsed.kind, values, variables)
                .map_err(|error| error.in_condition(operator, key))?,
            operator: parsed,
            key: key.to_owned(),
            written: (operator.to_owned(), values.to_vec()),
        })
    }

    /// The operator, as written.
    #[must_use]
    pub fn operator(&self) -> &str {
        &self.written.0
    }

    /// The key, as written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The values, as written.
    pub fn values(&self) -> impl Iterator<Item = &str> {
        let (_, values) = &self.written;
        values.iter().map(String::as_str)
    }

    /// The key, and the keys of the policy variables in the values.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str()).chain(self.wanted.keys())
    }

    /// Whether its key must have the value of another key, as in `StringEquals
    /// sts:RoleSessionName = ${aws:username}`. The request is assumed to have the key.
    #[must_use]
    pub fn wants_only(&self, other: &str) -> bool {
        !self.operator.negated && self.operator.set.is_none() && self.wanted.is_value_of(other)
    }

    /// The patterns of its values, and whether it holds for all others. Returns `None` if it does
    /// not compare one text.
    pub(crate) fn wanted_texts(&self, context: &Context) -> Option<(Vec<Vec<Piece>>, bool)> {
        let pieces = self.wanted.texts(context).filter(|_| self.operator.set.is_none())?;
        Some((pieces, self.operator.negated))
    }

    /// The values that it compares a single value with, as whole texts. A condition about a boolean
    /// or about whether there is a value has none. Returns `None` if it compares in another way.
    pub(crate) fn whole_values(&self) -> Option<impl Iterator<Item = &str>> {
        let is_whole = self.wanted.is_whole() && self.operator.set.is_none();
        let named = self.wanted.keys().next().is_none() && is_whole;
        named.then(|| {
            let values = self.values();
            values.filter(|_| matches!(self.wanted, Wanted::Text(..)))
        })
    }

    /// Whether it compares booleans.
    pub(crate) fn is_bool(&self) -> bool {
        matches!(self.wanted, Wanted::Bool(_))
    }

    /// Whether the condition holds in a context.
    #[must_use]
    pub fn holds(&self, context: &Context) -> Truth {
        let value = context.get(&self.key);
        if let Wanted::Null(wanted) = &self.wanted {
            return is_null(value, wanted);
        }
        match value {
            Value::Absent => self.without_key(),
            Value::Known(values) => self.with_values(values, context),
            Value::Beginning(beginning) => {
                self.negated(self.wanted.matches_beginning(beginning, context))
            }
            Value::Since(first) => {
                let in_seconds = self.key.eq_ignore_ascii_case("aws:EpochTime");
                self.negated(self.wanted.matches_since(*first, in_seconds))
            }
            Value::Present => self.with_unknown_values(),
            Value::Unknown => self.without_key().either(self.with_unknown_values()),
        }
    }

    /// Without the key, only negated operators, `IfExists` and `ForAllValues` hold. `ForAnyValue`
    /// never does, not even with `IfExists`: "the condition returns false" if no key matches ("Set
    /// operators for multivalued context keys").
    fn without_key(&self) -> Truth {
        match self.operator.set {
            Some(Set::All) => Truth::Yes,
            Some(Set::Any) => Truth::No,
            None => (self.operator.negated || self.operator.if_exists).into(),
        }
    }

    fn with_values(&self, values: &[String], context: &Context) -> Truth {
        let each = values.iter().map(|value| self.with_value(value, context));
        // An empty string is an empty data set: "Set operators for multivalued context keys".
        let empty = values.iter().all(String::is_empty);
        match self.operator.set {
            Some(Set::All) => Truth::from(empty).or(Truth::all(each)),
            Some(Set::Any) => Truth::from(!empty).and(Truth::any(each)),
            None if values.len() == 1 => Truth::any(each),
            // AWS requires a set operator for multivalued keys. It does not document the effect
            // without: no match, a match of any value, or a match of all.
            None => Truth::No.either(Truth::any(each)),
        }
    }

    fn with_value(&self, value: &str, context: &Context) -> Truth {
        match self.wanted.matches(value, context) {
            Some(matches) => self.negated(matches),
            // A value of another type is never equal, less or greater. AWS does not document
            // whether it is unequal.
            None if self.operator.negated => Truth::Unknown,
            None => Truth::No,
        }
    }

    fn with_unknown_values(&self) -> Truth {
        let each = self.negated(self.wanted.matches_anything());
        match self.operator.set {
            Some(Set::All) => Truth::Yes.either(each),
            Some(Set::Any) => Truth::No.either(each),
            None => each,
        }
    }

    fn negated(&self, matches: Truth) -> Truth {
        if self.operator.negated { !matches } else { matches }
    }
}

/// `Null`: "true (the key doesn't exist) or false (the key exists and its value is not null)".
fn is_null(value: &Value, wanted: &[bool]) -> Truth {
    let null = match value {
        Value::Absent => Truth::Yes,
        Value::Known(_) | Value::Beginning(_) | Value::Since(_) | Value::Present => Truth::No,
        Value::Unknown => Truth::Unknown,
    };
    let if_null = Truth::from(wanted.contains(&true));
    let if_not = Truth::from(wanted.contains(&false));
    match null {
        Truth::Yes => if_null,
        Truth::No => if_not,
        Truth::Unknown => if_null.either(if_not),
    }
}

impl fmt::Display for Condition {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        let (operator, values) = &self.written;
        write!(f, "{operator} {} = ", self.key)?;
        match values.as_slice() {
            [] => f.write_str("(no value)"),
            values => f.write_str(&values.join(", ")),
        }
    }
}
