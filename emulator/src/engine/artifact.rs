//! The places of artifacts. Nothing is ever stored there, but AWS's replies and events name the
//! place.

use serde_json::{Value, json};

use super::declaration::{ActionKind, ArtifactName, Declaration};
use super::ids::IdSource;

/// The key has this many characters of the artifact's name, and twice as many of the pipeline's.
const CUT: usize = 10;

/// One artifact of one execution.
#[derive(Debug, Clone)]
pub struct Artifact {
    /// Its name in the pipeline.
    pub name: String,
    /// The bucket and the key. `None` if no action has made it.
    pub place: Option<(String, String)>,
    /// Its revision, if it comes from a source.
    pub revision: Option<String>,
}

impl Artifact {
    /// An artifact that an action will make.
    pub(super) fn planned(
        name: &str,
        kind: ActionKind,
        declaration: &Declaration,
        ids: &mut dyn IdSource,
    ) -> Self {
        let cut = |text: &str, length| text.chars().take(length).collect::<String>();
        let pipeline = cut(&declaration.structure.name, CUT.saturating_mul(2));
        let unique: String = ids.uuid().chars().filter(|letter| *letter != '-').take(7).collect();
        let ending = if kind == ActionKind::Source { ".zip" } else { "" };
        let key = format!("{pipeline}/{}/{unique}{ending}", cut(name, CUT));
        Self { name: name.to_owned(), place: Some((bucket(declaration), key)), revision: None }
    }

    /// An artifact that no action has made.
    pub(super) fn missing(name: &ArtifactName) -> Self {
        Self { name: name.name.clone(), place: None, revision: None }
    }

    /// Its form in the event and the details of a job. A missing revision is null.
    pub(super) fn of_job(&self) -> Value {
        let place = self.place.as_ref();
        let location =
            place.map(|(bucket, key)| json!({"type": "S3", "s3Location": {"bucketName": bucket, "objectKey": key}}));
        json!({"name": self.name, "revision": self.revision, "location": location})
    }

    /// Its form in the history.
    #[must_use]
    pub fn detail(&self) -> Value {
        let place = self.place.as_ref();
        let place = place.map(|(bucket, key)| json!({"bucket": bucket, "key": key}));
        json!({"name": self.name, "s3location": place})
    }
}

fn bucket(declaration: &Declaration) -> String {
    let one = declaration.raw.pointer("/artifactStore/location");
    let regions = declaration.raw.get("artifactStores").and_then(Value::as_object);
    let first = || regions?.values().next()?.get("location");
    let name = one.or_else(first).and_then(Value::as_str);
    name.unwrap_or("emulator-artifacts").to_owned()
}
