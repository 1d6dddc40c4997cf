//! The ARN operators.
//!
//! IAM User Guide, "Amazon Resource Name (ARN) condition operators": "each of the six
//! colon-delimited components of the ARN is checked separately", with wildcards in each,
//! case-sensitive.

use crate::template::{Piece, Resolved, Template, pattern};
use crate::truth::Truth;

/// The components of an ARN: `arn`, partition, service, region, account, and the resource, which
/// may contain colons.
const COMPONENTS: usize = 6;

/// Splits an ARN into its components. Returns `None` if the text is not an ARN.
pub(super) fn parts(arn: &str) -> Option<Vec<&str>> {
    let parts: Vec<&str> = arn.splitn(COMPONENTS, ':').collect();
    (parts.len() == COMPONENTS && parts.first() == Some(&"arn")).then_some(parts)
}

/// Whether a template may match ARNs: it has six components, or a wildcard or a variable that may
/// span several.
pub(super) fn may_match(template: &Template) -> bool {
    let source = template.source();
    source.splitn(COMPONENTS, ':').count() == COMPONENTS
        || source.contains('*')
        || template.has_variables()
}

/// Whether a pattern matches the components of an ARN.
pub(super) fn matches(wanted: &Resolved, arn: &[&str]) -> Truth {
    let Resolved::Pieces(pieces) = wanted else {
        return Truth::No;
    };
    let components: Vec<&[Piece]> =
        pieces.splitn(COMPONENTS, |piece| *piece == Piece::Char(':')).collect();
    // An unknown value may contain colons, and AWS does not document the effect of a pattern with
    // fewer components, such as `*`. Neither matches an ARN that the pattern does not match as a
    // text.
    if pieces.contains(&Piece::Unknown) || components.len() != COMPONENTS {
        return Truth::No.either(pattern(pieces).matches(&arn.join(":")).into());
    }
    let matches = |(wanted, part): (&[Piece], &str)| pattern(wanted).matches(part);
    components.into_iter().zip(arn.iter().copied()).all(matches).into()
}
