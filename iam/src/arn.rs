//! Resources as patterns of ARNs, segment by segment.
//!
//! IAM User Guide, "IAM JSON policy elements: Resource": a wildcard stands for characters within one segment of the
//! ARN; in the last it takes all that follows. An ARN of fewer than six fields is completed with `*`.

use crate::pattern::{Class, Pattern, Token};
use crate::template::Piece;

/// `arn:partition:service:region:account:` come before the resource.
const COLONS: usize = 5;

/// What a resource of a policy matches.
#[derive(Clone, Debug, PartialEq, Eq)]
pub(crate) struct Resource {
    /// What it may match.
    pub(crate) pattern: Pattern,
    /// Whether it matches all of that, or some of it, which depends on a variable that the request gives.
    pub(crate) certain: bool,
}

impl Resource {
    pub(crate) fn new(pieces: &[Piece]) -> Self {
        let certain = !pieces.contains(&Piece::Unknown);
        if pieces == [Piece::AnyRun] {
            return Self {
                pattern: Pattern::of([Token::Run(Class::Any)]),
                certain,
            };
        }
        let mut tokens = Vec::with_capacity(pieces.len());
        let mut colons = 0;
        let class = |colons| if colons < COLONS { Class::Segment } else { Class::Any };
        for piece in pieces {
            tokens.push(match piece {
                Piece::Char(c) => {
                    colons += usize::from(*c == ':');
                    Token::Exactly(*c)
                }
                Piece::AnyOne => Token::One(class(colons)),
                Piece::AnyRun | Piece::Unknown => Token::Run(class(colons)),
            });
        }
        while colons < COLONS {
            colons += 1;
            tokens.extend([Token::Exactly(':'), Token::Run(class(colons))]);
        }
        Self {
            pattern: Pattern::of(tokens),
            certain,
        }
    }
}
