//! The region of a request.
//!
//! A request about a resource goes to the region of the resource, so its ARN decides a condition
//! about `aws:RequestedRegion`. IAM has no regions: "IAM calls are always made to the us-east-1
//! Region" (IAM User Guide, "AWS global condition context keys", aws:RequestedRegion).

use names::Arn;

use crate::arn::Resource;
use crate::condition::Condition;
use crate::context::{Context, Value};
use crate::matched::Matched;
use crate::pattern::{Class, Pattern, Token};
use crate::template::Piece;
use crate::truth::Truth;

const KEY: &str = "aws:RequestedRegion";

/// A condition about the region of a request.
#[derive(Clone, Debug)]
pub(crate) struct Region {
    /// The ARNs that have a region.
    any: Resource,
    /// The ARNs that have a wanted region.
    wanted: Vec<Resource>,
    /// Whether these are the ones that are not wanted.
    negated: bool,
}

/// Whether a condition holds for an action in a context.
pub(crate) fn holds(condition: &Condition, action: &str, context: &Context) -> Truth {
    let holds = condition.holds(context);
    if holds != Truth::Unknown || !condition.key().eq_ignore_ascii_case(KEY) {
        return holds;
    }
    match Some(context).filter(|_| action.starts_with("iam:")).and_then(region_of_iam) {
        None => holds,
        Some(region) => {
            let mut context = context.clone();
            context.set(KEY, [region.to_owned()]);
            condition.holds(&context)
        }
    }
}

/// The region of IAM in the principal's partition (AWS General Reference, "IAM endpoints and
/// quotas").
fn region_of_iam(context: &Context) -> Option<&'static str> {
    let Value::Known(values) = context.get("aws:PrincipalArn") else { return None };
    match Arn::parse(values.first()?)?.partition {
        "aws" => Some("us-east-1"),
        "aws-cn" => Some("cn-north-1"),
        "aws-us-gov" => Some("us-gov-west-1"),
        _ => None,
    }
}

impl Region {
    /// The regions that a condition wants. Returns `None` if it is about something else, or if
    /// that depends on the request.
    pub(crate) fn wanted_by(condition: &Condition, context: &Context) -> Option<Self> {
        if !condition.key().eq_ignore_ascii_case(KEY) {
            return None;
        }
        let (texts, negated) = condition.wanted_texts(context)?;
        let wanted = texts.iter().map(|pieces| {
            let tokens = pieces.iter().map(|piece| match piece {
                Piece::Char(c) => Some(Token::Exactly(*c)),
                Piece::AnyOne => Some(Token::One(Class::Segment)),
                Piece::AnyRun => Some(Token::Run(Class::Segment)),
                Piece::Unknown => None,
            });
            tokens.collect::<Option<Vec<Token>>>().map(|region| arns(&region))
        });
        let any = arns(&[Token::One(Class::Segment), Token::Run(Class::Segment)]);
        Some(Self { any, wanted: wanted.collect::<Option<_>>()?, negated })
    }

    /// The ARNs that it is about.
    pub(crate) fn resources(&self) -> impl Iterator<Item = &Resource> {
        self.wanted.iter().chain([&self.any])
    }

    /// Whether a resource is in a wanted region. Unknown if it has no region.
    pub(crate) fn is_of(&self, on: &impl Matched) -> Truth {
        if !on.matched(&self.any) {
            return Truth::Unknown;
        }
        let is_named = self.wanted.iter().any(|resource| on.matched(resource));
        (is_named != self.negated).into()
    }
}

/// The ARNs with this region.
fn arns(region: &[Token]) -> Resource {
    let colon = Token::Exactly(':');
    let field = [Token::Run(Class::Segment), colon];
    let tokens = "arn:".chars().map(Token::Exactly).chain(field).chain(field);
    let rest = region.iter().copied().chain([colon, Token::Run(Class::Any)]);
    Resource { pattern: Pattern::from_tokens(tokens.chain(rest)), certain: true }
}
