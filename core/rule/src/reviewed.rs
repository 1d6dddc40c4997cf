//! What reports say about the authors and reviews of an execution.

use crate::decision::Record;

/// What the reviews function said in an execution, or why it is not believed.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Reviewed<'a> {
    /// Everybody who wrote a commit of what is released, as the function names them.
    pub authors: Vec<&'a str>,
    /// Everybody who pushed one.
    pub pushers: Vec<&'a str>,
    /// Everybody whose review counted.
    pub reviewers: Vec<&'a str>,
    /// `yes`, `no: ` and why, or `unknown: ` and why.
    pub reviewed: String,
}

impl Record {
    /// The authors and reviews of what is released. `None` if the rule has no `reviews`.
    #[must_use]
    pub fn reviewed(&self) -> Option<Reviewed<'_>> {
        if let Some(why) = &self.authors_unknown {
            return Some(Reviewed {
                authors: Vec::new(),
                pushers: Vec::new(),
                reviewers: Vec::new(),
                reviewed: format!("unknown: {why}"),
            });
        }
        let known = self.authors.as_ref()?;
        Some(Reviewed {
            authors: known.authors.iter().map(String::as_str).collect(),
            pushers: known.pushers.iter().map(String::as_str).collect(),
            reviewers: known.reviewers.iter().map(String::as_str).collect(),
            reviewed: known.reviewed.clone(),
        })
    }
}
