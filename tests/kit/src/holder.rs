//! Handles of what is in an account: places in its lists.

/// A user of the account, a place in its list.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User(pub(super) usize);
/// A group of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group(pub(super) usize);
/// A role of the account.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role(pub(super) usize);
/// A managed policy of the account, the customer's own or one of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy(pub(super) usize);

/// What has permissions.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) enum Holder {
    User(User),
    Group(Group),
    Role(Role),
}

impl From<User> for Holder {
    fn from(user: User) -> Self {
        Self::User(user)
    }
}

impl From<Group> for Holder {
    fn from(group: Group) -> Self {
        Self::Group(group)
    }
}

impl From<Role> for Holder {
    fn from(role: Role) -> Self {
        Self::Role(role)
    }
}
