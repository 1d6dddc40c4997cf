//! Resources as patterns of ARNs, segment by segment.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource": wildcards stand for characters within a
//! segment of the ARN, but "if the `*` wildcard is the last character of a resource ARN segment, it
//! can expand to match beyond the colon boundaries". An ARN of fewer than six fields is completed
//! with `*`.

use crate::pattern::{Class, Pattern, Token};
use crate::template::Piece;

/// `arn:partition:service:region:account:` come before the resource.
const COLONS: usize = 5;

/// What a resource of a policy matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// What it may match.
    pub(crate) pattern: Pattern,
    /// Whether it matches all of that, or some of it, which depends on a variable that the request
    /// gives.
    pub(crate) certain: bool,
}

impl Resource {
    /// What the pieces match: as they are, and, where they are an incomplete ARN, completed.
    pub(crate) fn of(pieces: &[Piece]) -> Vec<Self> {
        let mut tokens = Vec::with_capacity(pieces.len());
        let mut colons = 0;
        let mut certain = true;
        let mut rest = pieces.iter().peekable();
        while let Some(piece) = rest.next() {
            // An unknown value may hold colons, so that what follows may be in whichever segment.
            let within = if colons < COLONS && certain { Class::Segment } else { Class::Any };
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
        let resource = |tokens| Self { pattern: Pattern::of(tokens), certain };
        let missing = COLONS.saturating_sub(colons);
        // One field that may hold colons stands for however many are missing.
        let missing = if certain { missing } else { missing.min(1) };
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

    /// Matches who knows what.
    pub(crate) fn unknown() -> Self {
        Self { pattern: Pattern::of([Token::Run(Class::Any)]), certain: false }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::context::Context;
    use crate::template::{Resolved, Template};

    fn matches(text: &str, arn: &str) -> bool {
        let Resolved::Pieces(pieces) =
            Template::parse(text, true).unwrap().resolve(&Context::new())
        else {
            return false;
        };
        Resource::of(&pieces).iter().any(|resource| resource.pattern.matches(arn))
    }

    #[test]
    fn wildcards_stay_within_a_segment_but_at_its_end() {
        let arn = "arn:aws:codepipeline:us-east-1:111122223333:payments/Release/A";
        for text in [
            "*",
            "arn:aws:codepipeline",
            "arn:aws:codepipeline:*",
            "arn:aws:codepipeline:us-*",
            "arn:aws:codepipeline:us-*-1:111122223333:payments/*",
            "arn:aws:codepipeline:us-east-?:*:pay*/A",
            "arn:aws:codepipeline:*:payments/Release/A",
            "arn:aws:codepipeline:us-east-1:${who:Knows}/Release/A",
        ] {
            assert!(matches(text, arn), "{text}");
        }
        for text in [
            "arn:aws:codepipeline:us-*3:payments/*",
            "arn:aws:codepipeline:us-east-1?111122223333:payments/*",
            "arn:aws:codepipeline:us-east-1:111122223333:payments",
            "arn:aws:code",
            "arn:aws:codepipeline:*:payments/Release/B",
        ] {
            assert!(!matches(text, arn), "{text}");
        }
    }
}
