//! IAM Identity Center: the people behind its roles, from the lists that AWS prints.

mod assigned;
mod lists;
mod read;
mod words;

pub(crate) use assigned::{Assigned, Gap, Held};
pub use lists::{
    Assignment, Group, IdentityCenter, MemberId, Membership, PermissionSet, PrincipalType, User,
};
pub use read::{ListError, Reader};

use iam::account::Identity;
use rule::RESERVED_PATH;

/// The permission set of a role: `AWSReservedSSO_NAME_SUFFIX`, with a suffix of 16 hexadecimal
/// digits (the page of [`RESERVED_PATH`]). `None` if it is not a role of IAM Identity Center.
pub(crate) fn permission_set_of(role: &Identity) -> Option<&str> {
    let named = role
        .name
        .strip_prefix("AWSReservedSSO_")
        .filter(|_| role.path().starts_with(RESERVED_PATH));
    let (set, suffix) = named?.rsplit_once('_')?;
    let is_suffix = suffix.len() == 16 && suffix.chars().all(|c| c.is_ascii_hexdigit());
    is_suffix.then_some(set)
}
