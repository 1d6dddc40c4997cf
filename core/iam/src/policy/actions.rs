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

    /// Which of some actions the statement is about: `service:Verb`, in lower case and sorted; by
    /// their places. One may come twice.
    pub fn among<'s>(&'s self, sorted: &'s [&str]) -> impl Iterator<Item = usize> + 's {
        let (others, patterns) =
            if self.all_but { (sorted, &[][..]) } else { (&[][..], self.patterns.as_slice()) };
        let others = others.iter().enumerate().filter(|(_, action)| self.include(action));
        let named = patterns.iter().flat_map(|pattern| pattern.among(sorted));
        others.map(|(at, _)| at).chain(named)
    }

    /// Whether the statement is about an action: `service:Verb`, in lower case.
    #[must_use]
    pub fn include(&self, action_in_lower_case: &str) -> bool {
        self.all_but != self.patterns.iter().any(|pattern| pattern.matches(action_in_lower_case))
    }
}
