//! ARNs against patterns of ARNs.
//!
//! IAM User Guide, "Amazon Resource Name (ARN) condition operators": "each of the six
//! colon-delimited components of the ARN is checked separately", with wildcards in each,
//! case-sensitive.

use crate::pattern::Pattern;
use crate::template::{Piece, Resolved, Template};
use crate::truth::Truth;

/// The components of an ARN: `arn`, partition, service, region, account, and the resource, which
/// may hold colons.
const COMPONENTS: usize = 6;

/// The components of an ARN; none when the text is not one.
pub(super) fn parts(arn: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = arn.splitn(COMPONENTS, ':').collect();
    (parts.len() == COMPONENTS && parts.first() == Some(&"arn")).then_some(parts)
}

/// Whether a template may stand for ARNs: it has six components, or a wildcard or a variable that
/// may be more than one.
pub(super) fn may_be_one(template: &Template) -> bool {
    let source = template.source();
    source.splitn(COMPONENTS, ':').count() == COMPONENTS
        || source.contains('*')
        || template.has_variables()
}

/// Whether a pattern matches an ARN.
pub(super) fn matches(pattern: &Resolved, arn: &[&str]) -> Truth {
    let Resolved::Pieces(pieces) = pattern else {
        return Truth::No;
    };
    let components: Vec<&[Piece]> =
        pieces.splitn(COMPONENTS, |piece| *piece == Piece::Char(':')).collect();
    // What is not known may hold colons, and what AWS makes of a pattern with fewer components,
    // such as `*`, is not documented. Neither matches an ARN that the pattern would not match as a
    // text.
    if pieces.contains(&Piece::Unknown) || components.len() != COMPONENTS {
        return Truth::No.either(Pattern::from_pieces(pieces).matches(&arn.join(":")).into());
    }
    let matches = |(pattern, part): (&[Piece], &str)| Pattern::from_pieces(pattern).matches(part);
    components.into_iter().zip(arn.iter().copied()).all(matches).into()
}
