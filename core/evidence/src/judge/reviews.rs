//! The authors and reviews of what an execution released.

use rule::{Decision, Record};

use super::exception::{Exception, ExceptionCode};

/// What the reviews function said in an execution, or why it is not believed.
pub(crate) struct Reviews<'a> {
    /// Everybody who wrote a commit of it, as the function names them.
    pub(crate) authors: Vec<&'a str>,
    /// Everybody who pushed one.
    pub(crate) pushers: Vec<&'a str>,
    /// Everybody whose review counted.
    pub(crate) reviewers: Vec<&'a str>,
    /// `yes`, `no: ` and why, or `unknown: ` and why.
    pub(crate) reviewed: String,
}

impl<'a> Reviews<'a> {
    /// `None` if the rule has no `reviews`.
    pub(super) fn new(record: &'a Record) -> Option<Self> {
        if let Some(why) = &record.authors_unknown {
            let reviewed = format!("unknown: {why}");
            let nobody = Vec::new;
            return Some(Self {
                authors: nobody(),
                pushers: nobody(),
                reviewers: nobody(),
                reviewed,
            });
        }
        let known = record.authors.as_ref()?;
        Some(Self {
            authors: known.authors.iter().map(String::as_str).collect(),
            pushers: known.pushers.iter().map(String::as_str).collect(),
            reviewers: known.reviewers.iter().map(String::as_str).collect(),
            reviewed: known.reviewed.clone(),
        })
    }
}

/// The exceptions of a release about its authors and reviews.
pub(crate) fn exceptions(decision: &Decision) -> Vec<Exception> {
    let record = decision.record();
    let no = record.authors.as_ref().and_then(|known| known.objection());
    let unreviewed = match (&record.authors_unknown, no) {
        (Some(why), _) => Some(format!(
            "This execution was released, and nobody knows who wrote and reviewed it: {why}."
        )),
        (None, Some(why)) => Some(format!(
            "This execution was released, and not every change in it was reviewed: {why}."
        )),
        (None, None) => None,
    };
    let unreviewed =
        unreviewed.map(|message| Exception::new(ExceptionCode::UnreviewedRelease, message));
    let by_authors = record.approvals.iter().filter_map(|approval| {
        let (action, author) = (&approval.action, approval.author.as_ref()?);
        let counted = if approval.counted { ", and the approval counted" } else { "" };
        Some(Exception::new(
            ExceptionCode::AuthorApproved,
            format!(
                "{action} was approved by {author}, who wrote or pushed some of what was \
                 released{counted}."
            ),
        ))
    });
    unreviewed.into_iter().chain(by_authors).collect()
}
