//! Why conditions are refused.

use thiserror::Error;

use crate::template::TemplateError;

/// Why a condition is not valid.
#[derive(Debug, PartialEq, Eq, Error)]
pub enum ConditionError {
    /// Not an operator of the IAM User Guide, or not in its case.
    #[error(
        "`{0}` is not a condition operator: write one of the IAM User Guide in its case, e.g. \
         `StringEquals`; `ForAnyValue:` or `ForAllValues:` may come before it and `IfExists` after \
         it (not with `Null`)"
    )]
    Operator(String),
    /// An empty key.
    #[error(
        "the condition operator `{0}` is given an empty key: name a condition key, e.g. `aws:SourceIp`"
    )]
    Key(String),
    /// A value of another type than the operator's.
    #[error("`{value}` of `{operator}` `{key}` is not {expected}")]
    Value {
        /// The operator, as written.
        operator: String,
        /// The key, as written.
        key: String,
        /// The value, as written.
        value: String,
        /// What the operator expects, e.g. `a number`.
        expected: &'static str,
    },
    /// A malformed policy variable.
    #[error("in a value of `{operator}` `{key}`, {error}")]
    Variable {
        /// The operator, as written.
        operator: String,
        /// The key, as written.
        key: String,
        /// The fault of the variable.
        #[source]
        error: TemplateError,
    },
}
