//! Checks documents against the size quotas of AWS, and splits those that are too large.

use iam::{Document, Resources, Statement};

/// The maximum length of a document.
#[derive(Clone, Copy, Debug)]
pub(crate) struct Limit {
    pub(crate) characters: usize,
    /// The kind of document, in words.
    pub(crate) of: &'static str,
}

impl Limit {
    /// IAM User Guide, "IAM and AWS STS quotas". White space does not count.
    pub(crate) const MANAGED_POLICY: Self = Self::new(6144, "a managed policy");
    /// IAM User Guide, "IAM and AWS STS quotas": the default, which can be raised.
    pub(crate) const TRUST_POLICY: Self = Self::new(2048, "a trust policy");
    /// IAM Identity Center User Guide, "Quotas": the inline policy of a permission set.
    pub(crate) const PERMISSION_SET: Self =
        Self::new(10_240, "the inline policy of a permission set");
    /// AWS Organizations User Guide, "Quotas". White space counts, so these documents are written
    /// without it.
    pub(crate) const SCP: Self = Self::new(5120, "a service control policy");

    const fn new(characters: usize, of: &'static str) -> Self {
        Self { characters, of }
    }
}

/// The default limit of managed policies per group or role (IAM User Guide, "IAM and AWS STS
/// quotas").
const ATTACHED: usize = 10;

/// Why documents do not fit within the quotas.
#[derive(Debug, thiserror::Error)]
pub enum QuotaError {
    /// A document is too long and cannot be split.
    #[error(
        "`{name}` is longer than the {most} characters that AWS allows for {of}, and cannot be \
         split; name fewer accounts, regions or pipelines, or use patterns"
    )]
    TooLarge {
        /// The name of the policy.
        name: String,
        /// The limit.
        most: usize,
        /// The kind of document.
        of: &'static str,
    },
    /// A group or role would have too many policies.
    #[error(
        "`{name}` would need {count} managed policies, and AWS attaches at most {ATTACHED}; name \
         fewer accounts, regions or pipelines, or use patterns"
    )]
    TooMany {
        /// The name of the group or role.
        name: String,
        /// The number of policies.
        count: usize,
    },
    /// JSON failed.
    #[error("a document could not be written as JSON")]
    Unwritable(#[from] serde_json::Error),
}

pub(crate) fn attachments(name: &str, count: usize) -> Result<(), QuotaError> {
    if count > ATTACHED {
        return Err(QuotaError::TooMany { name: name.to_owned(), count });
    }
    Ok(())
}

pub(crate) fn within(name: &str, document: &Document, limit: Limit) -> Result<(), QuotaError> {
    if size(document)? > limit.characters {
        return Err(too_large(name, limit));
    }
    Ok(())
}

/// Splits a document into several with the same meaning, each within the limit.
///
/// A policy is the union of its statements, and a statement is the union of its resources. So each
/// of them can move into another policy of the same principal.
pub(crate) fn split(
    name: &str,
    document: Document,
    limit: Limit,
) -> Result<Vec<Document>, QuotaError> {
    let mut parts: Vec<Document> = Vec::new();
    // A stack: the next statement is the last one.
    let mut waiting: Vec<Statement> = document.statements.into_iter().rev().collect();
    while let Some(statement) = waiting.pop() {
        let alone = Document { statements: vec![statement.clone()] };
        if size(&alone)? > limit.characters {
            let (first, rest) = cut(&statement, limit).ok_or_else(|| too_large(name, limit))?;
            waiting.extend([rest, first]);
            continue;
        }
        if let Some(last) = parts.last_mut() {
            // A Sid must be unique in a policy, and the parts of one statement share theirs.
            let is_new = last.statements.iter().all(|other| other.sid != statement.sid);
            last.statements.push(statement);
            if is_new && size(last)? <= limit.characters {
                continue;
            }
            last.statements.pop();
        }
        parts.push(alone);
    }
    Ok(parts)
}

/// Splits a statement into one with as many resources as fit, and one with the rest. Returns `None`
/// if not even one fits, and for a statement that lists its resources by exception: each of its
/// parts would deny the exceptions of the other.
fn cut(statement: &Statement, limit: Limit) -> Option<(Statement, Statement)> {
    let Some(Resources::These(arns)) = &statement.resources else {
        return None;
    };
    let part = |arns: &[String]| Statement {
        resources: Some(Resources::These(arns.to_vec())),
        ..statement.clone()
    };
    let fits = |count: &usize| {
        let statements = arns.get(..*count).map(|arns| vec![part(arns)]).unwrap_or_default();
        size(&Document { statements }).is_ok_and(|size| size <= limit.characters)
    };
    let counts: Vec<usize> = (1..arns.len()).collect();
    let (first, rest) = arns.split_at_checked(counts.partition_point(fits))?;
    (!first.is_empty()).then(|| (part(first), part(rest)))
}

fn size(document: &Document) -> Result<usize, serde_json::Error> {
    Ok(serde_json::to_string(document)?.chars().filter(|c| !c.is_whitespace()).count())
}

fn too_large(name: &str, limit: Limit) -> QuotaError {
    QuotaError::TooLarge { name: name.to_owned(), most: limit.characters, of: limit.of }
}

#[cfg(test)]
mod tests {
    use iam::{Conditions, Effect};
    use proptest::prelude::*;

    use super::*;

    fn statement(sid: usize, resources: Resources) -> Statement {
        Statement {
            sid: format!("S{sid}"),
            effect: Effect::Allow,
            principal: None,
            action: vec!["codepipeline:PutApprovalResult".to_owned()],
            resources: Some(resources),
            condition: Conditions::new(),
        }
    }

    fn pairs(documents: &[Document]) -> Vec<(String, String)> {
        let statements = documents.iter().flat_map(|document| &document.statements);
        let arns = statements.flat_map(|statement| match &statement.resources {
            Some(Resources::These(arns)) => {
                arns.iter().map(|arn| (statement.sid.clone(), arn.clone())).collect()
            }
            Some(Resources::AllBut(_)) | None => Vec::new(),
        });
        arns.collect()
    }

    #[test]
    fn resources_by_exception_are_never_split() {
        let arns = vec!["a".repeat(60), "b".repeat(60)];
        let document = Document { statements: vec![statement(0, Resources::AllBut(arns))] };
        let error = split("Name", document, Limit::new(150, "a test")).unwrap_err();
        assert!(matches!(error, QuotaError::TooLarge { .. }), "{error}");
    }

    #[test]
    fn what_has_exactly_the_greatest_size_is_accepted_whole() {
        let arns = vec!["a".repeat(60), "b".repeat(60)];
        let document = Document { statements: vec![statement(0, Resources::These(arns))] };
        let length = size(&document).unwrap();
        let [just, less] = [length, length - 1].map(|most| Limit::new(most, "a test"));
        assert!(within("Name", &document, just).is_ok());
        assert!(within("Name", &document, less).is_err());
        assert_eq!(split("Name", document.clone(), just).unwrap().len(), 1);
        assert_eq!(split("Name", document, less).unwrap().len(), 2);
        assert!(attachments("Name", 10).is_ok());
        assert!(attachments("Name", 11).is_err());
    }

    #[test]
    fn one_resource_that_is_too_long_is_refused() {
        let document =
            Document { statements: vec![statement(0, Resources::These(vec!["a".repeat(200)]))] };
        assert!(split("Name", document, Limit::new(150, "a test")).is_err());
    }

    proptest! {
        #[test]
        fn the_parts_mean_the_same_as_the_whole(lengths in prop::collection::vec(prop::collection::vec(1usize..60, 1..12), 1..6)) {
            let statements = lengths.iter().enumerate().map(|(sid, lengths)| {
                statement(sid, Resources::These(lengths.iter().map(|length| "r".repeat(*length)).collect()))
            });
            let document = Document { statements: statements.collect() };
            let limit = Limit::new(250, "a test");
            let parts = split("Name", document.clone(), limit).unwrap();
            prop_assert_eq!(pairs(&parts), pairs(&[document]));
            for part in &parts {
                prop_assert!(size(part).unwrap() <= limit.characters);
                let sids: std::collections::BTreeSet<&String> = part.statements.iter().map(|statement| &statement.sid).collect();
                prop_assert_eq!(sids.len(), part.statements.len());
                prop_assert!(!sids.is_empty());
            }
        }
    }
}
