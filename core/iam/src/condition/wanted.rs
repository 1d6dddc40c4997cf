//! The wanted values of a condition, in the type of its operator.

use core::net::IpAddr;
use std::cmp::Ordering;

use ipnet::IpNet;
use jiff::Timestamp;
use names::Arn;

use super::error::ConditionError;
use super::operator::{Kind, Relation, Text};
use super::{arn, date, network, number::Number};
use crate::context::Context;
use crate::template::{Piece, Resolved, Template, TemplateError};
use crate::truth::Truth;

/// The wanted values. One match is enough.
#[derive(Clone, Debug, PartialEq, Eq, Hash)]
pub(super) enum Wanted {
    Text(Text, Vec<Template>),
    Number(Relation, Vec<Number>),
    /// `None` for a text that is not understood: AWS accepts more than it documents, such as `01T`.
    Date(Relation, Vec<Option<Timestamp>>),
    Bool(Vec<Template>),
    Binary(Vec<String>),
    Ip(Vec<IpNet>),
    Arn(Vec<Template>),
    Null(Vec<bool>),
}

/// Why a value does not fit its operator.
pub(super) enum Unfit {
    /// The value is of another type.
    Value {
        value: String,
        expected: &'static str,
    },
    Variable(TemplateError),
}

impl Unfit {
    /// The same, as an error of its condition.
    pub(super) fn in_condition(self, operator: &str, key: &str) -> ConditionError {
        let (operator, key) = (operator.to_owned(), key.to_owned());
        match self {
            Self::Value { value, expected } => {
                ConditionError::Value { operator, key, value, expected }
            }
            Self::Variable(error) => ConditionError::Variable { operator, key, error },
        }
    }
}

impl Wanted {
    /// Reads the values for an operator. Only string, ARN and `Bool` operators have policy
    /// variables (IAM User Guide, each group of condition operators).
    pub(super) fn parse(kind: Kind, values: &[String], variables: bool) -> Result<Self, Unfit> {
        let templates = |expected, fits: fn(&Template) -> bool| -> Result<Vec<Template>, Unfit> {
            let parse = |value| Template::parse(value, variables).map_err(Unfit::Variable);
            let templates: Vec<Template> =
                values.iter().map(|value| parse(value)).collect::<Result<_, _>>()?;
            match templates.iter().find(|template| !fits(template)) {
                None => Ok(templates),
                Some(unfit) => Err(Unfit::Value { value: unfit.source().to_owned(), expected }),
            }
        };
        Ok(match kind {
            Kind::Text(how) => Self::Text(how, templates("a text", |_| true)?),
            Kind::Bool => {
                let fits = |template: &Template| {
                    template.has_variables() || boolean(template.source()).is_some()
                };
                Self::Bool(templates("`true` or `false`", fits)?)
            }
            Kind::Arn => Self::Arn(templates("an ARN, with wildcards or without", arn::may_match)?),
            Kind::Number(relation) => {
                Self::Number(relation, all(values, "a number", Number::parse)?)
            }
            Kind::Date(relation) => {
                let dates = values.iter().map(|value| date::instant(value));
                Self::Date(relation, dates.collect())
            }
            Kind::Binary => Self::Binary(all(values, "base64", base64)?),
            Kind::Ip => Self::Ip(all(
                values,
                "an IP address or a range as in `203.0.113.0/24`",
                network::parse,
            )?),
            Kind::Null => Self::Null(all(values, "`true` or `false`", boolean)?),
        })
    }

    /// The keys of the policy variables in the values.
    pub(super) fn keys(&self) -> impl Iterator<Item = &str> {
        let templates = match self {
            Self::Text(_, templates) | Self::Bool(templates) | Self::Arn(templates) => {
                templates.as_slice()
            }
            Self::Number(..) | Self::Date(..) | Self::Binary(_) | Self::Ip(_) | Self::Null(_) => {
                &[]
            }
        };
        templates.iter().flat_map(Template::keys)
    }

    /// The patterns of the wanted texts. Returns `None` if texts are not wanted, or only without
    /// regard to case.
    pub(super) fn texts(&self, context: &Context) -> Option<Vec<Vec<Piece>>> {
        let Self::Text(how, templates) = self else { return None };
        let resolved = templates.iter().map(|template| template.resolve(context));
        let resolved = resolved.filter_map(|resolved| match (how, resolved) {
            (Text::EqualsIgnoreCase, _) => Some(None),
            (_, Resolved::NoValue) => None,
            (Text::Like, Resolved::Pieces(pieces)) => Some(Some(pieces)),
            (Text::Equals, pieces) => match literal(pieces) {
                Resolved::Pieces(pieces) => Some(Some(pieces)),
                Resolved::NoValue => None,
            },
        });
        resolved.collect()
    }

    /// Whether it compares whole texts or booleans, or asks whether there is a value.
    pub(super) fn is_whole(&self) -> bool {
        match self {
            Self::Text(Text::Equals, _) | Self::Bool(_) | Self::Null(_) => true,
            Self::Text(Text::EqualsIgnoreCase | Text::Like, _)
            | Self::Number(..)
            | Self::Date(..)
            | Self::Binary(_)
            | Self::Ip(_)
            | Self::Arn(_) => false,
        }
    }

    /// Whether the only wanted value is that of a key.
    pub(super) fn is_value_of(&self, key: &str) -> bool {
        match self {
            Self::Text(_, templates) => {
                matches!(templates.as_slice(), [only] if only.is_value_of(key))
            }
            Self::Number(..)
            | Self::Date(..)
            | Self::Bool(_)
            | Self::Binary(_)
            | Self::Ip(_)
            | Self::Arn(_)
            | Self::Null(_) => false,
        }
    }

    /// Whether any wanted value matches a value of a request. Returns `None` if the latter is not
    /// of the operator's type.
    pub(super) fn matches(&self, value: &str, context: &Context) -> Option<Truth> {
        Some(match self {
            Self::Text(how, templates) => {
                any(templates, |template| text(*how, template, value, context))
            }
            Self::Number(relation, numbers) => {
                let value = Number::parse(value)?;
                any(numbers, |wanted| relation.holds(value.cmp(wanted)).into())
            }
            Self::Date(relation, dates) => {
                let value = date::instant(value)?;
                any(dates, |wanted| match wanted {
                    Some(wanted) => relation.holds(value.cmp(wanted)).into(),
                    None => Truth::Unknown,
                })
            }
            Self::Bool(templates) => {
                boolean(value)?;
                any(templates, |template| text(Text::EqualsIgnoreCase, template, value, context))
            }
            Self::Binary(wanted) => any(wanted, |wanted| (wanted == value).into()),
            Self::Ip(networks) => {
                let address: IpAddr = value.parse().ok()?;
                any(networks, |network| network.contains(&address).into())
            }
            Self::Arn(templates) => {
                let value = Arn::parse(value)?;
                any(templates, |template| arn::matches(&template.resolve(context), value))
            }
            // `Null` asks only whether there is a value.
            Self::Null(_) => return None,
        })
    }

    /// Whether any wanted value matches a value of which only the beginning is known.
    pub(super) fn matches_beginning(&self, beginning: &str, context: &Context) -> Truth {
        match self {
            Self::Text(how, templates) => any(templates, |template| {
                let resolved = template.resolve(context);
                match how {
                    Text::Like => resolved.matches_beginning(beginning),
                    Text::Equals => literal(resolved).matches_beginning(beginning),
                    Text::EqualsIgnoreCase => {
                        lowercase(literal(resolved)).matches_beginning(&beginning.to_lowercase())
                    }
                }
            }),
            Self::Number(..)
            | Self::Date(..)
            | Self::Bool(_)
            | Self::Binary(_)
            | Self::Ip(_)
            | Self::Arn(_)
            | Self::Null(_) => self.matches_anything(),
        }
    }

    /// Whether any wanted value matches a date that is not before this one. The date may be
    /// compared as a number if it is in seconds.
    pub(super) fn matches_since(&self, first: Timestamp, in_seconds: bool) -> Truth {
        let since = |relation: &Relation, ordering: Ordering| match (relation, ordering) {
            // The date may be this one, or any later one.
            (Relation::GreaterThan, Ordering::Greater)
            | (Relation::GreaterThanEquals, Ordering::Greater | Ordering::Equal) => Truth::Yes,
            (Relation::LessThan, Ordering::Greater | Ordering::Equal)
            | (Relation::LessThanEquals | Relation::Equals, Ordering::Greater) => Truth::No,
            _ => Truth::Unknown,
        };
        match self {
            Self::Date(relation, dates) => any(dates, |wanted| match wanted {
                Some(wanted) => since(relation, first.cmp(wanted)),
                None => Truth::Unknown,
            }),
            Self::Number(relation, numbers) => {
                let seconds = Number::parse(&first.as_second().to_string());
                let Some(first) = seconds.filter(|_| in_seconds) else {
                    return self.matches_anything();
                };
                any(numbers, |wanted| since(relation, first.cmp(wanted)))
            }
            Self::Text(..)
            | Self::Bool(_)
            | Self::Binary(_)
            | Self::Ip(_)
            | Self::Arn(_)
            | Self::Null(_) => self.matches_anything(),
        }
    }

    /// Whether any wanted value matches a value that is not known.
    pub(super) fn matches_anything(&self) -> Truth {
        let (any_text, nothing) = match self {
            Self::Text(Text::Like, templates) => {
                (templates.iter().any(Template::is_any_text), templates.is_empty())
            }
            Self::Text(Text::Equals | Text::EqualsIgnoreCase, templates)
            | Self::Bool(templates)
            | Self::Arn(templates) => (false, templates.is_empty()),
            Self::Number(_, numbers) => (false, numbers.is_empty()),
            Self::Date(_, dates) => (false, dates.is_empty()),
            Self::Binary(wanted) => (false, wanted.is_empty()),
            Self::Ip(networks) => (false, networks.is_empty()),
            Self::Null(wanted) => (false, wanted.is_empty()),
        };
        match (any_text, nothing) {
            (true, _) => Truth::Yes,
            (false, true) => Truth::No,
            (false, false) => Truth::Unknown,
        }
    }
}

fn all<T>(
    values: &[String],
    expected: &'static str,
    parse: impl Fn(&str) -> Option<T>,
) -> Result<Vec<T>, Unfit> {
    let parse = |value: &String| {
        parse(value).ok_or_else(|| Unfit::Value { value: value.clone(), expected })
    };
    values.iter().map(parse).collect()
}

fn any<T>(wanted: &[T], matches: impl Fn(&T) -> Truth) -> Truth {
    Truth::any(wanted.iter().map(matches))
}

fn boolean(value: &str) -> Option<bool> {
    match value.to_ascii_lowercase().as_str() {
        "true" => Some(true),
        "false" => Some(false),
        _ => None,
    }
}

/// Checks base64. Values are compared as written, since canonical base64 is unique.
fn base64(value: &str) -> Option<String> {
    let digits = value.trim_end_matches('=');
    let padding = value.len() - digits.len();
    let fits = digits.chars().all(|c| c.is_ascii_alphanumeric() || matches!(c, '+' | '/'));
    (fits && value.len().is_multiple_of(4) && padding <= 2).then(|| value.to_owned())
}

/// Only `StringLike` has wildcards.
fn text(how: Text, template: &Template, value: &str, context: &Context) -> Truth {
    let resolved = template.resolve(context);
    match how {
        Text::Like => resolved.matches(value),
        Text::Equals => literal(resolved).matches(value),
        Text::EqualsIgnoreCase => lowercase(literal(resolved))
            .matches(&value.chars().flat_map(char::to_lowercase).collect::<String>()),
    }
}

fn literal(resolved: Resolved) -> Resolved {
    resolved.map(|piece| match piece {
        Piece::AnyRun => Piece::Char('*'),
        Piece::AnyOne => Piece::Char('?'),
        Piece::Char(_) | Piece::Unknown => piece,
    })
}

fn lowercase(resolved: Resolved) -> Resolved {
    match resolved {
        Resolved::NoValue => Resolved::NoValue,
        Resolved::Pieces(pieces) => Resolved::Pieces(
            pieces
                .into_iter()
                .flat_map(|piece| match piece {
                    Piece::Char(c) => c.to_lowercase().map(Piece::Char).collect(),
                    Piece::AnyOne | Piece::AnyRun | Piece::Unknown => vec![piece],
                })
                .collect(),
        ),
    }
}
