//! Sizes of accounts.

/// The size of an account.
#[derive(Clone, Copy, Debug)]
pub struct Size {
    /// The number of users.
    pub users: usize,
    /// The number of groups.
    pub groups: usize,
    /// The number of roles.
    pub roles: usize,
    /// The number of customer managed policies.
    pub policies: usize,
    /// About the greatest number of users in scenarios.
    pub planted_users: usize,
}

/// A small company. It does not have every scenario.
pub const SMALL: Size = Size { users: 60, groups: 40, roles: 40, policies: 60, planted_users: 48 };

/// A company with every scenario.
pub const MIDDLE: Size =
    Size { users: 500, groups: 80, roles: 250, policies: 200, planted_users: 400 };

/// The largest account within IAM's default quotas.
pub const LARGE: Size =
    Size { users: 5_000, groups: 300, roles: 1_000, policies: 1_500, planted_users: 1_600 };
