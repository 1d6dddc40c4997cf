//! What Source actions say about their revisions, in their output variables (CodePipeline User
//! Guide, "Variables available for pipeline actions").

use std::collections::BTreeMap;

use facts::HistoryEntry;

use crate::port::Release;

/// The Source actions of some executions, by the revision that they delivered.
#[derive(Clone, Debug, Default, PartialEq, Eq)]
pub(crate) struct Sources(BTreeMap<String, Source>);

#[derive(Clone, Debug, PartialEq, Eq)]
struct Source {
    author: Option<String>,
    /// The object, or the image.
    name: Option<String>,
}

impl Sources {
    /// What these attempts say.
    pub(crate) fn of<'a>(entries: impl IntoIterator<Item = &'a HistoryEntry>) -> Self {
        let source = |entry: &HistoryEntry| {
            let source = Source { author: author(entry), name: name(entry) };
            Some((entry.attempt.revision.clone()?, source))
        };
        Self(entries.into_iter().filter_map(source).collect())
    }

    /// Adds what these say.
    pub(crate) fn extend(&mut self, other: Self) {
        self.0.extend(other.0);
    }

    /// Completes a release with its author, and with the name of its object or image.
    pub(crate) fn complete(&self, release: &mut Release) {
        let Some(revision) = &release.revision else {
            return;
        };
        let Some(Source { author, name }) = self.0.get(revision) else {
            return;
        };
        release.author.clone_from(author);
        let Some(name) = name else {
            return;
        };
        // Without a message, CodePipeline repeats the revision: "Amazon S3 version id: …".
        let own = release.message.take().filter(|it| !it.contains(revision) && !name.contains(it));
        release.message = Some(match own {
            Some(message) => format!("{name}: {message}"),
            None => name.clone(),
        });
    }
}

fn author(entry: &HistoryEntry) -> Option<String> {
    let name = ["AuthorDisplayName", "AuthorId", "AuthorEmail"];
    name.into_iter().find_map(|name| entry.outputs.get(name)).cloned()
}

fn name(entry: &HistoryEntry) -> Option<String> {
    let [bucket, key, repository, tag] = ["BucketName", "ObjectKey", "RepositoryName", "ImageTag"]
        .map(|name| entry.outputs.get(name));
    let object = bucket.zip(key).map(|(bucket, key)| format!("s3://{bucket}/{key}"));
    object.or_else(|| repository.zip(tag).map(|(repository, tag)| format!("{repository}:{tag}")))
}

#[cfg(test)]
mod tests {
    use facts::Ran;
    use rule::{ActionKind, Approver, Attempt, Status};

    use super::*;

    fn source(revision: &str, outputs: &[(&str, &str)]) -> HistoryEntry {
        let outputs = outputs.iter().map(|(name, value)| ((*name).to_owned(), (*value).to_owned()));
        HistoryEntry {
            execution_id: None,
            pipeline_version: None,
            outputs: outputs.collect(),
            ran: Ran::default(),
            attempt: Attempt {
                stage: None,
                action: None,
                id: None,
                kind: ActionKind::Source,
                status: Status::Succeeded,
                started: None,
                updated: None,
                answered: None,
                error: None,
                approver: Approver::default(),
                comment: None,
                revision: Some(revision.to_owned()),
                region: None,
                invoked: None,
            },
        }
    }

    fn completed(outputs: &[(&str, &str)], message: Option<&str>) -> Release {
        let mut release = Release {
            revision: Some("v1".to_owned()),
            message: message.map(str::to_owned),
            ..Release::default()
        };
        Sources::of([&source("v1", outputs), &source("v2", &[])]).complete(&mut release);
        release
    }

    #[test]
    fn an_object_and_an_image_have_their_names() {
        let s3 = [("BucketName", "builds"), ("ObjectKey", "app/app.zip"), ("VersionId", "v1")];
        let named = |message| completed(&s3, message).message.unwrap();
        assert_eq!(named(Some("Amazon S3 version id: v1")), "s3://builds/app/app.zip");
        assert_eq!(named(None), "s3://builds/app/app.zip");
        assert_eq!(named(Some("Round cents")), "s3://builds/app/app.zip: Round cents");
        let image = [("RepositoryName", "shop/app"), ("ImageTag", "7.1"), ("ImageDigest", "v1")];
        assert_eq!(completed(&image, Some("7.1")).message.unwrap(), "shop/app:7.1");
    }

    #[test]
    fn a_commit_keeps_its_message_and_has_its_author() {
        let commit = [("AuthorDisplayName", "Carol"), ("RepositoryName", "app")];
        let release = completed(&commit, Some("Round cents"));
        assert_eq!(release.message.as_deref(), Some("Round cents"));
        assert_eq!(release.author.as_deref(), Some("Carol"));
    }
}
