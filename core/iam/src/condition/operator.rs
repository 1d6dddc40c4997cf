//! The names of the condition operators.
//!
//! IAM User Guide, "IAM JSON policy elements: Condition operators". IAM accepts them in this case
//! only: it refuses a policy with `stringEquals` as malformed, "Invalid Condition type :
//! stringEquals" (seen in
//! <https://github.com/ministryofjustice/modernisation-platform-environments/pull/8893>).

use std::cmp::Ordering;

/// An operator, with its prefix and suffix.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) struct Operator {
    /// `ForAllValues:` or `ForAnyValue:`.
    pub(super) set: Option<Set>,
    /// The type of the values, and how to compare them.
    pub(super) kind: Kind,
    /// Whether it holds if none of the wanted values matches.
    pub(super) negated: bool,
    /// `...IfExists`.
    pub(super) if_exists: bool,
}

/// The quantifier over the values in a request.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Set {
    /// `ForAllValues:`.
    All,
    /// `ForAnyValue:`.
    Any,
}

/// The type of the values, and how to compare them.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Kind {
    Text(Text),
    Number(Relation),
    Date(Relation),
    Bool,
    Binary,
    Ip,
    Arn,
    Null,
}

/// How to compare texts.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Text {
    Equals,
    EqualsIgnoreCase,
    Like,
}

/// The relation of a value in a request to the wanted one.
#[derive(Clone, Copy, Debug, PartialEq, Eq, Hash)]
pub(super) enum Relation {
    Equals,
    LessThan,
    LessThanEquals,
    GreaterThan,
    GreaterThanEquals,
}

impl Operator {
    /// Reads a name. Returns `None` if there is no such operator.
    pub(super) fn parse(name: &str) -> Option<Self> {
        let (set, name) = match name.split_once(':') {
            Some(("ForAllValues", rest)) => (Some(Set::All), rest),
            Some(("ForAnyValue", rest)) => (Some(Set::Any), rest),
            Some(_) => return None,
            None => (None, name),
        };
        let (name, if_exists) = match name.strip_suffix("IfExists") {
            Some(name) => (name, true),
            None => (name, false),
        };
        let (kind, negated) = base(name)?;
        if kind == Kind::Null && (if_exists || set.is_some()) {
            return None;
        }
        Some(Self { set, kind, negated, if_exists })
    }
}

/// Reads an operator without prefix and suffix. Returns its kind, and whether it is negated.
fn base(name: &str) -> Option<(Kind, bool)> {
    Some(match name {
        "StringEquals" => (Kind::Text(Text::Equals), false),
        "StringNotEquals" => (Kind::Text(Text::Equals), true),
        "StringEqualsIgnoreCase" => (Kind::Text(Text::EqualsIgnoreCase), false),
        "StringNotEqualsIgnoreCase" => (Kind::Text(Text::EqualsIgnoreCase), true),
        "StringLike" => (Kind::Text(Text::Like), false),
        "StringNotLike" => (Kind::Text(Text::Like), true),
        "Bool" => (Kind::Bool, false),
        "BinaryEquals" => (Kind::Binary, false),
        "IpAddress" => (Kind::Ip, false),
        "NotIpAddress" => (Kind::Ip, true),
        // "The ArnEquals and ArnLike condition operators behave identically."
        "ArnEquals" | "ArnLike" => (Kind::Arn, false),
        "ArnNotEquals" | "ArnNotLike" => (Kind::Arn, true),
        "Null" => (Kind::Null, false),
        name => {
            if let Some(relation) = name.strip_prefix("Numeric") {
                let (relation, negated) = Relation::parse(relation)?;
                (Kind::Number(relation), negated)
            } else {
                let (relation, negated) = Relation::parse(name.strip_prefix("Date")?)?;
                (Kind::Date(relation), negated)
            }
        }
    })
}

impl Relation {
    fn parse(name: &str) -> Option<(Self, bool)> {
        Some(match name {
            "Equals" => (Self::Equals, false),
            "NotEquals" => (Self::Equals, true),
            "LessThan" => (Self::LessThan, false),
            "LessThanEquals" => (Self::LessThanEquals, false),
            "GreaterThan" => (Self::GreaterThan, false),
            "GreaterThanEquals" => (Self::GreaterThanEquals, false),
            _ => return None,
        })
    }

    /// Whether a value with this ordering to the wanted one is in this relation to it.
    pub(super) fn holds(self, ordering: Ordering) -> bool {
        match self {
            Self::Equals => ordering.is_eq(),
            Self::LessThan => ordering.is_lt(),
            Self::LessThanEquals => ordering.is_le(),
            Self::GreaterThan => ordering.is_gt(),
            Self::GreaterThanEquals => ordering.is_ge(),
        }
    }
}
