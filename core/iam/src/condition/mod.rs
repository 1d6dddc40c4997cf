//! One condition of a statement: an operator, a key and the values wanted of it.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators", "Conditions with multiple
//! context keys or values" and "Set operators for multivalued context keys".

mod arn;
mod date;
mod network;
mod number;
mod operator;
mod wanted;

use std::fmt;

use thiserror::Error;

use self::operator::{Operator, Set};
use self::wanted::Wanted;
use crate::context::{Context, Value};
use crate::template::TemplateError;
use crate::truth::Truth;

/// One operator with one key of a `Condition` block.
///
/// Displayed for people: `Bool aws:MultiFactorAuthPresent = true`.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub struct Condition {
    operator: Operator,
    key: String,
    wanted: Wanted,
    /// The operator and the values, as written.
    written: (String, Vec<String>),
}

/// Why something is no condition.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ConditionError {
    /// Not one of the operators of the IAM User Guide, in its case.
    #[error(
        "`{0}` is not a condition operator: write one of the IAM User Guide in its case, e.g. `StringEquals`, with \
         `ForAnyValue:` or `ForAllValues:` before or `IfExists` after it where wanted (not with `Null`)"
    )]
    Operator(String),
    /// An empty key.
    #[error(
        "the condition operator `{0}` is given an empty key: name a condition key, e.g. `aws:SourceIp`"
    )]
    Key(String),
    /// A value that the operator cannot compare with.
    #[error("`{value}` of `{operator}` `{key}` is not {expected}")]
    Value {
        /// The operator, as written.
        operator: String,
        /// The key, as written.
        key: String,
        /// The value.
        value: String,
        /// What it has to be.
        expected: &'static str,
    },
    /// A malformed policy variable.
    #[error("in a value of `{operator}` `{key}`, {error}")]
    Variable {
        /// The operator, as written.
        operator: String,
        /// The key, as written.
        key: String,
        /// What is wrong with the variable.
        #[source]
        error: TemplateError,
    },
}

impl Condition {
    /// Reads one. With `variables`, that is in a policy of Version 2012-10-17, `${...}` in the
    /// values of string, ARN and `Bool` operators are policy variables.
    ///
    /// # Errors
    /// [`ConditionError`].
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
                .map_err(|error| error.of(operator, key))?,
            operator: parsed,
            key: key.to_owned(),
            written: (operator.to_owned(), values.to_vec()),
        })
    }

    /// The key, as written.
    #[must_use]
    pub fn key(&self) -> &str {
        &self.key
    }

    /// The key, and those that policy variables in the values name.
    pub fn keys(&self) -> impl Iterator<Item = &str> {
        std::iter::once(self.key.as_str()).chain(self.wanted.keys())
    }

    /// Whether it holds of one value of its key alone, that of another key: `StringEquals
    /// sts:RoleSessionName = ${aws:username}`. The key itself is taken to be in the request.
    #[must_use]
    pub fn wants_only(&self, other: &str) -> bool {
        !self.operator.negated && self.operator.set.is_none() && self.wanted.is_value_of(other)
    }

    /// Whether it holds.
    #[must_use]
    pub fn holds(&self, context: &Context) -> Truth {
        let value = context.get(&self.key);
        if let Wanted::Null(wanted) = &self.wanted {
            return is_null(value, wanted);
        }
        match value {
            Value::Absent => self.of_none(),
            Value::Known(values) => self.of_known(values, context),
            Value::Present => self.of_any(),
            Value::Unknown => self.of_none().either(self.of_any()),
        }
    }

    /// Without the key, only negated operators, `IfExists` and `ForAllValues` hold.
    fn of_none(&self) -> Truth {
        match self.operator.set {
            Some(Set::All) => Truth::Yes,
            Some(Set::Any) => self.operator.if_exists.into(),
            None => (self.operator.negated || self.operator.if_exists).into(),
        }
    }

    fn of_known(&self, values: &[String], context: &Context) -> Truth {
        let each = values.iter().map(|value| self.of_one(value, context));
        // An empty string is an empty data set: "Set operators for multivalued context keys".
        let empty = values.iter().all(String::is_empty);
        match self.operator.set {
            Some(Set::All) => Truth::from(empty).or(Truth::all(each)),
            Some(Set::Any) => Truth::from(!empty).and(Truth::any(each)),
            None if values.len() == 1 => Truth::any(each),
            // AWS requires a set operator for multivalued keys, and does not say what comes
            // without: nothing matches, or one value has to, or all.
            None => Truth::No.either(Truth::any(each)),
        }
    }

    fn of_one(&self, value: &str, context: &Context) -> Truth {
        match self.wanted.matches(value, context) {
            Some(matches) => self.negated(matches),
            // What is not of the operator's type is equal, less or greater to nothing. Whether it
            // is unequal is not documented.
            None if self.operator.negated => Truth::Unknown,
            None => Truth::No,
        }
    }

    /// With a value, or values, of which nothing is known.
    fn of_any(&self) -> Truth {
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
fn is_null(value: Value<'_>, wanted: &[bool]) -> Truth {
    let null = match value {
        Value::Absent => Truth::Yes,
        Value::Known(_) | Value::Present => Truth::No,
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
