//! The actions of statements.

use crate::pattern::Pattern;

/// `Action` or `NotAction`.
#[derive(Clone, Debug, PartialEq)]
pub struct Actions {
    /// Whether the element is `NotAction`.
    all_but: bool,
    /// In lower case, because the names of actions are not case-sensitive (IAM User Guide,
    /// "Action").
    patterns: Vec<Pattern>,
    written: Vec<String>,
}

impl Actions {
    pub(crate) fn new(all_but: bool, written: Vec<String>) -> Self {
        Self {
            all_but,
            patterns: written.iter().map(|p| Pattern::new(&p.to_lowercase())).collect(),
            written,
        }
    }

    /// The name of the element.
    #[must_use]
    pub fn element(&self) -> &'static str {
        if self.all_but { "NotAction" } else { "Action" }
    }

    /// The actions, as written.
    #[must_use]
    pub fn written(&self) -> &[String] {
        &self.written
    }

    /// The places of the actions that the statement is about. The actions are `service:Verb`, in
    /// lower case, and sorted. A place may come twice.
    pub fn among<'s>(&'s self, sorted: &'s [&str]) -> impl Iterator<Item = usize> + 's {
        let (others, patterns) =
            if self.all_but { (sorted, &[][..]) } else { (&[][..], self.patterns.as_slice()) };
        let others = others.iter().enumerate().filter(|(_, action)| self.include(action));
        let named = patterns.iter().flat_map(|pattern| pattern.among(sorted));
        others.map(|(at, _)| at).chain(named)
    }

    /// Whether the statement is about an action, which is `service:Verb` in lower case.
    #[must_use]
    pub fn include(&self, action_in_lower_case: &str) -> bool {
        self.all_but != self.patterns.iter().any(|pattern| pattern.matches(action_in_lower_case))
    }
}
