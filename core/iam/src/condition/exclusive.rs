//! Conditions that no value of one key meets both.

use super::Condition;
use super::operator::Text;
use super::wanted::Wanted;
use crate::context::Context;
use crate::pattern::Pattern;
use crate::template::{Piece, Resolved, Template, pattern};

impl Condition {
    /// Whether no request can meet both conditions, because both want one value of the same key,
    /// and no value is wanted by both. `false` if that is not certain.
    #[must_use]
    pub fn excludes(&self, other: &Self) -> bool {
        let wants_one =
            |it: &Self| it.operator.set.is_none() && !it.operator.if_exists && !it.operator.negated;
        self.key.eq_ignore_ascii_case(&other.key)
            && wants_one(self)
            && wants_one(other)
            && match (self.wanted.patterns(), other.wanted.patterns()) {
                (Some(ours), Some(theirs)) => {
                    !ours.iter().any(|ours| theirs.iter().any(|theirs| ours.meets(theirs)))
                }
                (None, _) | (_, None) => false,
            }
    }
}

impl Wanted {
    /// Patterns of all values that match, in lower case, and perhaps of more. `None` if the values
    /// are not texts.
    fn patterns(&self) -> Option<Vec<Pattern>> {
        let (templates, has_wildcards) = match self {
            Self::Text(how, templates) => (templates, *how == Text::Like),
            Self::Arn(templates) => (templates, true),
            Self::Number(..)
            | Self::Date(..)
            | Self::Bool(_)
            | Self::Binary(_)
            | Self::Ip(_)
            | Self::Null(_) => return None,
        };
        let patterns = templates.iter().filter_map(|template| lower(template, has_wildcards));
        Some(patterns.collect())
    }
}

/// A pattern of what matches a template, in lower case: AWS does not say for all keys whether their
/// case counts. `None` if nothing matches it.
fn lower(template: &Template, has_wildcards: bool) -> Option<Pattern> {
    let Resolved::Pieces(pieces) = template.resolve(&Context::new()) else {
        return None;
    };
    let pieces = pieces.into_iter().flat_map(|piece| match piece {
        Piece::Char(c) => c.to_lowercase().map(Piece::Char).collect(),
        Piece::AnyOne if !has_wildcards => vec![Piece::Char('?')],
        Piece::AnyRun if !has_wildcards => vec![Piece::Char('*')],
        Piece::AnyOne | Piece::AnyRun => vec![piece],
        Piece::Unknown => vec![Piece::AnyRun],
    });
    Some(pattern(&pieces.collect::<Vec<Piece>>()))
}

#[cfg(test)]
mod tests {
    use super::*;

    fn condition(text: &str) -> Condition {
        let (operator, rest) = text.split_once(' ').unwrap();
        let (key, values) = rest.split_once(" = ").unwrap();
        let values: Vec<String> = values.split(", ").map(str::to_owned).collect();
        Condition::parse(operator, key, &values, true).unwrap()
    }

    #[test]
    fn only_different_values_of_one_key_exclude_each_other() {
        for (one, other, excludes) in [
            ("StringEquals saml:sub = alice", "StringEquals SAML:SUB = bob", true),
            ("StringEquals saml:sub = alice", "StringEquals saml:sub = bob, alice", false),
            ("StringEquals saml:sub = alice", "StringEquals saml:iss = bob", false),
            ("StringEquals saml:sub = alice", "StringEquals saml:sub = Alice", false),
            ("StringEquals a:sub = x:a", "StringLike a:sub = x:*", false),
            ("StringEquals a:sub = x:a", "StringLike a:sub = y:*", true),
            ("StringLike a:sub = x:*", "StringLike a:sub = *:b", false),
            ("StringEquals a:sub = x*", "StringLike a:sub = x?", false),
            ("StringEquals a:sub = x*", "StringEquals a:sub = xy", true),
            ("StringEquals a:sub = x?", "StringEquals a:sub = xy", true),
            ("StringLike a:sub = x?", "StringEquals a:sub = xy", false),
            ("StringEquals a:sub = ${aws:username}", "StringEquals a:sub = bob", false),
            ("StringEqualsIfExists a:sub = alice", "StringEquals a:sub = bob", false),
            ("ForAnyValue:StringEquals a:amr = x", "ForAnyValue:StringEquals a:amr = y", false),
            ("StringNotEquals a:sub = alice", "StringEquals a:sub = bob", false),
            (
                "ArnEquals aws:PrincipalArn = arn:aws:iam::1:role/a",
                "ArnLike aws:PrincipalArn = arn:aws:iam::1:role/b*",
                true,
            ),
            (
                "Bool aws:MultiFactorAuthPresent = true",
                "Bool aws:MultiFactorAuthPresent = false",
                false,
            ),
        ] {
            let (one, other) = (condition(one), condition(other));
            assert_eq!(one.excludes(&other), excludes, "{one} and {other}");
            assert_eq!(other.excludes(&one), excludes, "{other} and {one}");
        }
    }
}
