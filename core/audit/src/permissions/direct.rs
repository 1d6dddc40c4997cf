//! Requests that people make themselves.
//!
//! Some AWS services make requests with the permissions of their callers (IAM User Guide, "Forward
//! access sessions"): CloudFormation calls IAM. No service gives an approval that way.

use iam::Context;

/// The condition keys about services that make the request for somebody (IAM User Guide, "AWS
/// global condition context keys").
const VIA: &str = "aws:ViaAWSService";
const CALLED_VIA: [&str; 3] = ["aws:CalledVia", "aws:CalledViaFirst", "aws:CalledViaLast"];

/// Whether any of these keys is about such services.
pub(super) fn matters<'k>(keys: impl Iterator<Item = &'k String>) -> bool {
    let mut keys = keys;
    keys.any(|key| {
        let is = |named: &str| key.eq_ignore_ascii_case(named);
        is(VIA) || CALLED_VIA.iter().any(|named| is(named))
    })
}

/// The same context for a request that somebody makes directly.
pub(super) fn context(context: &Context) -> Context {
    let mut context = context.clone();
    context.set(VIA, ["false".to_owned()]);
    for key in CALLED_VIA {
        context.absent(key);
    }
    context
}
