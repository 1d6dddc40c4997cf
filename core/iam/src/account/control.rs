//! Service control policies. What cannot be read counts as the worst that it may be.

use crate::policy::Policy;

/// A service control policy.
#[derive(Clone, Debug)]
pub struct Control {
    /// Its name.
    pub name: String,
    /// The policy.
    pub policy: Policy,
    /// Why it cannot be read. Then its text is the worst that it may be: it allows at least as
    /// much.
    pub unread: Option<String>,
}

impl Control {
    /// Reads a policy. If it cannot be read, it is the worst that it may be.
    #[must_use]
    pub fn read(name: String, json: &str) -> Self {
        match Policy::identity(json) {
            Ok(policy) => Self { name, policy, unread: None },
            Err(problem) => {
                let policy = Policy::worst_of_identity(json);
                Self { name, policy, unread: Some(problem.to_string()) }
            }
        }
    }

    /// A policy that is not known, because its text is missing.
    #[must_use]
    pub fn unknown(name: String, why: &str) -> Self {
        Self { name, policy: Policy::allowing_everything(), unread: Some(why.to_owned()) }
    }

    /// A policy that allows everything.
    #[must_use]
    pub fn allowing_everything(name: String) -> Self {
        Self { name, policy: Policy::allowing_everything(), unread: None }
    }
}
