//! References to pieces of an account: places in its lists.

/// A user, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct User(pub(super) usize);
/// A group, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Group(pub(super) usize);
/// A role, by its place.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Role(pub(super) usize);
/// A managed policy, by its place: a customer's or one of AWS's.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(super) struct Policy(pub(super) usize);

/// A holder of permissions.
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
