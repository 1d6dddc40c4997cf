//! Source actions: the revisions that a start may choose for them, and what they deliver.
//!
//! Each provider has its own kind of revision and its own output variables: CodePipeline User
//! Guide, "Start a pipeline with a source revision override", and the action reference of each.

use serde_json::json;

use super::action_run::{ActionRun, Pretence};
use super::declaration::{Action, ActionKind, Declaration};
use super::error::{ApiError, ErrorCode};
use super::start::{RevisionType, SourceOverride};
use super::{Settings, World};

/// The message of every commit. Nobody commits anything here.
const COMMIT_MESSAGE: &str = "The emulator has not read this commit";
/// The providers that a connection can lead to.
/// <https://docs.aws.amazon.com/codeconnections/latest/APIReference/API_Connection.html>
const PROVIDERS: [&str; 5] =
    ["GitHub", "GitLab", "Bitbucket", "GitHubEnterpriseServer", "GitLabSelfManaged"];

/// Checks that the sources of a pipeline can deliver these revisions.
///
/// AWS's words are not recorded. `ValidationException` is the only error of the model that fits.
pub(super) fn check(
    revisions: &[SourceOverride],
    declaration: &Declaration,
) -> Result<(), ApiError> {
    for (place, wanted) in revisions.iter().enumerate() {
        let SourceOverride { action_name: name, revision_type: kind, .. } = wanted;
        let mut actions = declaration.structure.stages.iter().flat_map(|stage| &stage.actions);
        let source =
            actions.find(|action| action.name == *name && action.kind() == ActionKind::Source);
        let same =
            |other: &SourceOverride| other.action_name == *name && other.revision_type == *kind;
        let problem = match source {
            None => format!("The pipeline has no source action '{name}'"),
            Some(action) if !types(action).contains(kind) => format!(
                "Source action '{name}' of provider {} does not accept the revision type {kind}",
                action.action_type_id.provider
            ),
            Some(action) if *kind == RevisionType::S3ObjectKey && !allows_key(action) => format!(
                "Source action '{name}' does not accept the revision type {kind}, because AllowOverrideForS3ObjectKey \
                 in its configuration is not true"
            ),
            Some(_) if revisions.iter().take(place).any(same) => {
                format!("Source action '{name}' has more than one revision of type {kind}")
            }
            Some(_) => continue,
        };
        return Err(ErrorCode::Validation.because(problem));
    }
    Ok(())
}

/// The types of revision that a source has.
fn types(action: &Action) -> &'static [RevisionType] {
    match action.action_type_id.provider.as_str() {
        "CodeCommit" | "CodeStarSourceConnection" | "GitHub" => &[RevisionType::CommitId],
        "ECR" => &[RevisionType::ImageDigest],
        "S3" => &[RevisionType::S3ObjectVersionId, RevisionType::S3ObjectKey],
        _ => &[],
    }
}

fn allows_key(action: &Action) -> bool {
    action.configuration.get("AllowOverrideForS3ObjectKey").is_some_and(|it| it == "true")
}

/// What a source delivers: the revision that the start chose, or else a synthetic one.
pub(super) fn deliver(
    run: &ActionRun,
    revisions: &[SourceOverride],
    world: &mut World,
) -> Pretence {
    let source = Source { run, revisions };
    match run.action.action_type_id.provider.as_str() {
        "S3" => source.object(world),
        "ECR" => source.image(world),
        "CodeCommit" => source.commit(world),
        "CodeStarSourceConnection" => source.connected_commit(world),
        _ => {
            let commit = source.commit_id(world);
            revision(&commit).with([("CommitId", commit)])
        }
    }
}

/// A source action that runs.
struct Source<'a> {
    run: &'a ActionRun,
    revisions: &'a [SourceOverride],
}

impl Source<'_> {
    fn configured(&self, key: &str, default: &str) -> String {
        self.run.configuration.get(key).map_or(default, String::as_str).to_owned()
    }

    fn chosen(&self, kind: RevisionType) -> Option<String> {
        let name = &self.run.action.name;
        let mut revisions = self.revisions.iter();
        let wanted = revisions.find(|it| it.action_name == *name && it.revision_type == kind);
        wanted.map(|it| it.revision_value.clone())
    }

    fn object(&self, world: &mut World) -> Pretence {
        let bucket = self.configured("S3Bucket", "emulator-source");
        let key = self.chosen(RevisionType::S3ObjectKey);
        let key = key.unwrap_or_else(|| self.configured("S3ObjectKey", "source.zip"));
        let version = self.chosen(RevisionType::S3ObjectVersionId);
        let (version, tag) = world.object(&bucket, &key, version);
        Pretence {
            summary: Some(format!("Amazon S3 version id: {version}")),
            ..revision(&version).with([
                ("BucketName", bucket),
                ("ETag", tag),
                ("ObjectKey", key),
                ("VersionId", version),
            ])
        }
    }

    fn image(&self, world: &mut World) -> Pretence {
        let digest = self.chosen(RevisionType::ImageDigest).unwrap_or_else(|| {
            let (first, second) = (world.digits(32), world.digits(32));
            format!("sha256:{first}{second}")
        });
        let Settings { account_id, region, .. } = &world.settings;
        let repository = self.configured("RepositoryName", "emulator-source");
        let uri = format!("{account_id}.dkr.ecr.{region}.amazonaws.com/{repository}@{digest}");
        revision(&digest).with([
            ("ImageDigest", digest),
            ("ImageTag", self.configured("ImageTag", "latest")),
            ("ImageURI", uri),
            ("RegistryId", account_id.clone()),
            ("RepositoryName", repository),
        ])
    }

    fn commit(&self, world: &mut World) -> Pretence {
        let commit = self.commit_id(world);
        Pretence {
            summary: Some(COMMIT_MESSAGE.to_owned()),
            ..revision(&commit).with([
                ("AuthorDate", self.date()),
                ("BranchName", self.configured("BranchName", "main")),
                ("CommitId", commit),
                ("CommitMessage", COMMIT_MESSAGE.to_owned()),
                ("CommitterDate", self.date()),
                ("RepositoryName", self.configured("RepositoryName", "emulator-source")),
            ])
        }
    }

    fn connected_commit(&self, world: &mut World) -> Pretence {
        let commit = self.commit_id(world);
        let connection = self.configured("ConnectionArn", "");
        let repository = self.configured("FullRepositoryId", "emulator/source");
        let summary = json!({"ProviderType": behind(&connection), "CommitMessage": COMMIT_MESSAGE});
        let region = &world.settings.region;
        let url = format!(
            "https://{region}.console.aws.amazon.com/codesuite/settings/connections/redirect?connectionArn={connection}\
             &referenceType=COMMIT&FullRepositoryId={repository}&Commit={commit}"
        );
        Pretence {
            summary: Some(summary.to_string()),
            external_url: Some(url),
            ..revision(&commit).with([
                ("AuthorDate", self.date()),
                ("BranchName", self.configured("BranchName", "main")),
                ("CommitId", commit),
                ("CommitMessage", COMMIT_MESSAGE.to_owned()),
                ("ConnectionArn", connection),
                ("FullRepositoryName", repository),
            ])
        }
    }

    fn commit_id(&self, world: &mut World) -> String {
        self.chosen(RevisionType::CommitId).unwrap_or_else(|| world.digits(40))
    }

    fn date(&self) -> String {
        format!("{:.0}", self.run.started)
    }
}

/// The provider behind a connection. AWS knows it; here the end of the ARN may say it.
fn behind(connection: &str) -> &str {
    let name = connection.rsplit('/').next().unwrap_or_default();
    PROVIDERS.into_iter().find(|provider| *provider == name).unwrap_or("GitHub")
}

fn revision(id: &str) -> Pretence {
    Pretence { external_id: Some(id.to_owned()), ..Pretence::default() }
}

impl Pretence {
    fn with<const COUNT: usize>(mut self, variables: [(&str, String); COUNT]) -> Self {
        self.output_variables = variables.map(|(name, value)| (name.to_owned(), value)).into();
        self
    }
}
