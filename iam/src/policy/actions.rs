//! The actions of a statement.

use crate::pattern::Pattern;

/// `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq)]
pub struct Actions {
    /// Whether they are the actions that the statement is *not* about.
    all_but: bool,
    /// In lower case: actions are matched without regard to case (IAM User Guide, "Action").
    patterns: Vec<Pattern>,
}

impl Actions {
    pub(crate) fn new(all_but: bool, patterns: &[String]) -> Self {
        Self {
            all_but,
            patterns: patterns.iter().map(|p| Pattern::new(&p.to_lowercase())).collect(),
        }
    }

    /// Whether the statement may be about an action of a service, e.g. `iam:`: quick to know for all of its actions.
    #[must_use]
    pub fn touch(&self, service: &str) -> bool {
        self.all_but || self.patterns.iter().any(|pattern| pattern.may_begin(service))
    }

    /// Whether the statement is about an action: `service:Verb`, in lower case.
    #[must_use]
    pub fn include(&self, action_in_lower_case: &str) -> bool {
        self.all_but
            != self
                .patterns
                .iter()
                .any(|pattern| pattern.matches(action_in_lower_case))
    }
}
