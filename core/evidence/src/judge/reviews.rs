//! The exceptions of a release about its authors and reviews.

use rule::Decision;

use super::exception::{Exception, ExceptionCode};

/// What an auditor should look at in a release, by its decision.
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
