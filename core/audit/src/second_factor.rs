//! Approvals that need a second factor, if somebody else made the credentials of the user.
//!
//! A password or an access key comes without a device. A session that began without a code has
//! `aws:MultiFactorAuthPresent` false, a request with an access key lacks that key, and neither has
//! `aws:MultiFactorAuthAge` (IAM User Guide, "AWS global condition context keys"). So what the user
//! may approve with a second factor only is out of reach, unless a device can be added: a user may
//! have up to eight (IAM User Guide, "AWS Multi-factor authentication in IAM"). To take a device
//! away or to synchronize it gives nobody a factor.

use std::rc::Rc;

use iam::Truth;
use iam::account::Actor;

use crate::account_view::AccountView;
use crate::action::{APPROVE, Action};
use crate::equivalence_class::EquivalenceClass;
use crate::permissions::As;

const PRESENT: &str = "aws:MultiFactorAuthPresent";
const AGE: &str = "aws:MultiFactorAuthAge";

/// What somebody who makes credentials of a user can do about a second factor.
pub(crate) enum Factor<'a> {
    /// The approvals of the user do not depend on one.
    NotNeeded,
    /// A device can be added: by the one who makes the credentials, or by the user with them.
    Added { by_user: bool, is_open: bool },
    /// There is none. Then the user may approve what this class may.
    Missing(Option<Rc<EquivalenceClass<'a>>>),
}

/// What `maker` can do about the second factor of a user, whose credentials it makes with an
/// action.
pub(crate) fn of<'a>(
    view: &AccountView<'a>,
    maker: &As<'a>,
    user: Actor,
    action: Action,
) -> Factor<'a> {
    let permissions = &view.reach.permissions;
    let class = permissions.class_of(user, APPROVE);
    if !class.is_some_and(|class| class.uses(PRESENT) || class.uses(AGE)) {
        return Factor::NotNeeded;
    }
    let arn = view.account().arn(user);
    let adds = |who: &As<'a>, given: &[(&str, Option<&str>)]| {
        permissions.allows_to(who, Action::EnableMfaDevice, arn, Some(user), given)
    };
    let by_maker = adds(maker, &[]);
    if by_maker != Truth::No {
        return Factor::Added { by_user: false, is_open: by_maker == Truth::Unknown };
    }
    let ways = without(action);
    let by_user =
        ways.iter().map(|present| adds(&As::Now(user), &[(PRESENT, *present), (AGE, None)]));
    let by_user = by_user.fold(Truth::No, Truth::or);
    if by_user != Truth::No {
        return Factor::Added { by_user: true, is_open: by_user == Truth::Unknown };
    }
    let classes = ways.iter().filter_map(|present| {
        let mut state = permissions.state(user);
        match present {
            Some(present) => state.context.set(PRESENT, [(*present).to_owned()]),
            None => state.context.absent(PRESENT),
        }
        state.context.absent(AGE);
        permissions.class_in(&state, APPROVE)
    });
    let serves = |class: &Rc<EquivalenceClass<'a>>| view.reach.slots_of_class(class).any();
    Factor::Missing(classes.into_iter().find(serves))
}

/// The values of `aws:MultiFactorAuthPresent` without a second factor. Somebody who has an access
/// key may also ask for a session: "No permissions are required" (STS API Reference,
/// GetSessionToken).
fn without(action: Action) -> &'static [Option<&'static str>] {
    if action == Action::CreateAccessKey { &[None, Some("false")] } else { &[Some("false")] }
}
