//! What resources may match.

use crate::arn::Resource;

/// A text, or a state of [`crate::reach()`], that resources may match.
pub(crate) trait Matched {
    /// Whether a resource matches it.
    fn matched(&self, resource: &Resource) -> bool;
}

/// A whole resource ARN.
pub(crate) struct Arn<'a>(pub(crate) &'a str);

impl Matched for Arn<'_> {
    fn matched(&self, resource: &Resource) -> bool {
        resource.pattern.matches(self.0)
    }
}
