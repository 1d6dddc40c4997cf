//! The permissions that the engine asks for.

use jiff::Timestamp;

/// The permissions of roles that the engine needs to know.
pub trait Permissions: Send {
    /// Whether a role may publish to a topic. Both are ARNs.
    fn may_publish(&self, role: &str, topic: &str, now: Timestamp) -> bool;
}
