//! Resources of policies, as patterns of ARNs.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource": wildcards match characters within one
//! segment of the ARN, but "if the `*` wildcard is the last character of a resource ARN segment, it
//! can expand to match beyond the colon boundaries". AWS completes an ARN of fewer than six fields
//! with `*`.

use crate::pattern::{Class, Pattern, Token};
use crate::template::{COLONS, Piece};

/// The ARNs that a resource of a policy matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// All ARNs that it may match.
    pub(crate) pattern: Pattern,
    /// Whether it matches all of them in every request. If not, that depends on the value of a
    /// policy variable, or on a wildcard whose effect AWS does not document.
    pub(crate) certain: bool,
}

impl Resource {
    /// Reads the pieces as they are, and completed if they are an incomplete ARN. What is unknown
    /// comes after the fifth colon: policy variables before it stay as written.
    pub(crate) fn from_pieces(pieces: &[Piece]) -> Vec<Self> {
        let mut tokens = Vec::with_capacity(pieces.len());
        let mut colons = 0;
        let mut certain = true;
        let mut rest = pieces.iter().peekable();
        while let Some(piece) = rest.next() {
            let within = if colons < COLONS { Class::Segment } else { Class::Any };
            tokens.push(match piece {
                Piece::Char(c) => {
                    colons += usize::from(*c == ':');
                    Token::Exactly(*c)
                }
                Piece::AnyOne => Token::One(within),
                Piece::AnyRun if matches!(rest.peek(), None | Some(Piece::Char(':'))) => {
                    Token::Run(Class::Any)
                }
                Piece::AnyRun => Token::Run(within),
                Piece::Unknown => {
                    certain = false;
                    Token::Run(Class::Any)
                }
            });
        }
        let certain = certain && !has_any_type(pieces);
        let resource = |tokens| Self { pattern: Pattern::from_tokens(tokens), certain };
        let missing = COLONS.saturating_sub(colons);
        let completed = (missing > 0).then(|| {
            let fields = [Token::Exactly(':'), Token::Run(Class::Any)].repeat(missing);
            resource([tokens.clone(), fields].concat())
        });
        [resource(tokens)].into_iter().chain(completed).collect()
    }

    /// Whether it is `*`.
    pub(crate) fn is_everything(&self) -> bool {
        self.certain && self.pattern.is_everything()
    }

    /// May match anything, and nothing for certain.
    pub(crate) fn unknown() -> Self {
        Self { pattern: Pattern::from_tokens([Token::Run(Class::Any)]), certain: false }
    }
}

/// Whether it is an ARN of IAM with a wildcard in the type of the resource, e.g. `u*/x` or `*/x`.
/// "You cannot use a wildcard in the portion of the ARN that specifies the resource type" (AWS
/// General Reference, "Amazon Resource Names"), but AWS does not document what happens. A whole
/// resource of `*` is not meant.
fn has_any_type(pieces: &[Piece]) -> bool {
    let mut fields = pieces.splitn(COLONS + 1, |piece| *piece == Piece::Char(':'));
    let is_iam = fields.nth(2).is_some_and(|service| {
        service.iter().copied().eq(['i', 'a', 'm'].into_iter().map(Piece::Char))
    });
    let Some(resource) = fields.nth(2).filter(|_| is_iam) else { return false };
    let kind = resource.split(|piece| *piece == Piece::Char('/')).next().unwrap_or_default();
    kind.iter().any(|piece| matches!(piece, Piece::AnyOne | Piece::AnyRun))
        && resource.iter().any(|piece| *piece != Piece::AnyRun)
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::template::{Resolved, Template};

    fn matches(text: &str, arn: &str) -> bool {
        let Resolved::Pieces(pieces) =
            Template::parse(text, true).unwrap().resolve_resource(&Context::new())
        else {
            return false;
        };
        Resource::from_pieces(&pieces).iter().any(|resource| resource.pattern.matches(arn))
    }

    #[test]
    fn only_a_wildcard_at_the_end_of_a_segment_crosses_colons() {
        let arn = "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/A";
        for text in [
            "*",
            "arn:aws:codepipeline",
            "arn:aws:codepipeline:*",
            "arn:aws:codepipeline:us-*",
            "arn:aws:codepipeline:us-*-1:111122223333:payments/*",
            "arn:aws:codepipeline:us-east-?:*:pay*/A",
            "arn:aws:codepipeline:*:payments/Release/A",
            "arn:aws:codepipeline:us-east-1:111122223333:${who:Knows}/Release/A",
        ] {
            assert!(matches(text, arn), "{text}");
        }
        // The resource is the last segment, with all its colons.
        let group = "arn:aws:logs:us-east-1:111122223333:log-group:x:log-stream:y";
        assert!(matches("arn:aws:logs:us-east-1:111122223333:log-*m:?", group));
        assert!(!matches("arn:aws:logs:us-*m:?", group));
        for text in [
            "arn:aws:codepipeline:us-*3:payments/*",
            "arn:aws:codepipeline:us-east-1?111122223333:payments/*",
            "arn:aws:codepipeline:us-east-1:111122223333:payments",
            "arn:aws:code",
            "arn:aws:codepipeline:*:payments/Release/B",
            "arn:aws:codepipeline:us-east-1:${who:Knows}/Release/A",
            "arn:aws:${who:Knows}:us-east-1:111122223333:payments/Release/A",
            "${who:Knows}",
        ] {
            assert!(!matches(text, arn), "{text}");
        }
    }

    #[test]
    fn a_wildcard_in_the_type_of_a_resource_of_iam_is_not_certain() {
        let certain = |text: &str| {
            let template = Template::parse(text, true).unwrap();
            let Resolved::Pieces(pieces) = template.resolve_resource(&Context::new()) else {
                return false;
            };
            Resource::from_pieces(&pieces).iter().all(|resource| resource.certain)
        };
        for text in ["*/x", "r*le/x", "role*", "u*", "?ser/x", "*/*"] {
            assert!(!certain(&format!("arn:aws:iam::111122223333:{text}")), "{text}");
        }
        for text in ["*", "role/*", "role/x*/y"] {
            assert!(certain(&format!("arn:aws:iam::111122223333:{text}")), "{text}");
        }
        for arn in ["*", "arn:aws:iam::*", "arn:aws:codepipeline:*:111122223333:*/Release/A"] {
            assert!(certain(arn), "{arn}");
        }
    }
}
